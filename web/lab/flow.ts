// The layers beside the pad, in small, while the pen moves.
import type { Lab, Loaded } from "./lab";
import { type Layer, layers, reader } from "./layers";
import { extent, Layout, layout, picture, shade } from "./maps";

/** room is how many pixels of height the numbers of a layer have. */
const room = (): number => (roomy.matches ? 240 : 232);

/** roomy is a window in which the pictures beside the pad are larger; see frame.css. */
export const roomy = matchMedia("(min-width: 1440px) and (min-height: 880px)");

export class Flow {
  private made: Loaded | null = null;
  private shown: { layer: Layer; picture: HTMLCanvasElement; layout: Layout; what: HTMLElement }[] = [];
  private filters: Filters | null = null; // of the first layer, shown while nothing is drawn

  constructor(private readonly at: HTMLElement, private readonly lab: Lab) {}

  show(has: boolean): void {
    const net = this.lab.net;
    if (net !== this.made) this.make(net);
    this.at.classList.toggle("blank", !has);
    if (!net) return;
    this.shown.forEach(({ layer, picture, layout, what }, k) => {
      const f = k === 0 ? this.filters : null;
      if (f) {
        f.picture.hidden = has;
        picture.hidden = !has;
        what.textContent = has ? layer.shape.join("×") : f.text;
        if (!has) shade(f.picture, f.layout, f.read, true, extent(f.values()).reach);
      }
      const read = reader(net, layer), { reach, negative } = extent(net.net.values[layer.value]!);
      shade(picture, layout, has ? read : () => 0, negative, reach);
    });
  }

  private make(net: Loaded | null): void {
    this.made = net;
    this.shown = [];
    this.filters = net && filters(net);
    if (!net) return this.at.replaceChildren();
    const seen = layers(net).filter((l) => l.last), items: HTMLElement[] = [];
    for (const layer of seen) {
      const maps = layer.shape.length === 3, tall = maps ? layer.shape[1]! : 1;
      const n = maps ? Math.min(layer.shape[0]!, 16) : layer.shape[0]!;
      const across = maps ? (n > 4 ? 4 : 2) : n <= 10 ? 1 : n > 128 ? 16 : 8, l = layout(layer.shape, across, maps ? 16 : Infinity);
      const times = Math.max(1, Math.min(Math.floor(room() / l.height), maps ? Math.ceil(40 / tall) : 30));
      const p = picture(l, times, `${layer.name}: ${layer.what}`), b = document.createElement("button"), name = document.createElement("span");
      b.type = "button";
      b.title = `Look inside ${layer.name}`;
      b.addEventListener("click", () => { this.lab.address.set({ layer: String(layer.value) }); document.getElementById("tab-inside")!.click(); });
      name.textContent = layer.name;
      const size = document.createElement("code");
      size.textContent = layer.shape.join("×");
      b.append(...(items.length === 0 && this.filters ? [this.filters.picture] : []), p, name, size);
      items.push(b);
      this.shown.push({ layer, picture: p, layout: l, what: size });
    }
    if (items.length < 2) {
      const p = document.createElement("p");
      p.className = "note";
      p.textContent = "No layer lies between: every pixel votes for every class.";
      items.unshift(p);
    }
    this.at.replaceChildren(...items);
  }
}

/** Filters are what the units of the first layer look for: their weights as pictures. */
interface Filters { picture: HTMLCanvasElement; layout: Layout; text: string; values: () => Float32Array; read: (i: number) => number }

/** filters is null where the first layer has too many weights to be seen, or no picture. */
function filters(net: Loaded): Filters | null {
  const at = net.program.steps.findIndex((s) => s.weights?.length), step = net.program.steps[at], { channels, height, width } = net.program.input;
  if (!step || channels !== 1) return null;
  const [from, length] = step.weights![0]!, values = () => net.net.weights.subarray(from, from + length), pixels = height * width;
  let l: Layout, read: (i: number) => number;
  if (step.op === "dense" && length % pixels === 0 && length / pixels <= 64) {
    const units = length / pixels;
    l = new Layout(units, height, width, units > 16 ? 8 : 4);
    read = (i) => values()[(i % pixels) * units + Math.floor(i / pixels)]!;
  } else if (step.op === "conv" && length <= 64 * 49) {
    const [h, w] = step.size as [number, number];
    l = new Layout(length / (h * w), h, w, 4);
    read = (i) => values()[i]!;
  } else return null;
  const times = Math.max(1, Math.floor(room() / l.height));
  return { picture: picture(l, times, "What each unit of the first layer looks for"), layout: l, text: "what each looks for", values, read };
}
