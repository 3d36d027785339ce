// The layers beside the pad, in small, while the pen moves.
import type { Lab, Loaded } from "./lab";
import { type Layer, layers, reader } from "./layers";
import { extent, layout, type Layout, picture, shade } from "./maps";

const room = 184; // pixels of height for the numbers of a layer

export class Flow {
  private made: Loaded | null = null;
  private shown: { layer: Layer; picture: HTMLCanvasElement; layout: Layout }[] = [];

  constructor(private readonly at: HTMLElement, private readonly lab: Lab) {}

  show(has: boolean): void {
    const net = this.lab.net;
    if (net !== this.made) this.make(net);
    this.at.classList.toggle("blank", !has);
    if (!net) return;
    for (const { layer, picture, layout } of this.shown) {
      const read = reader(net, layer), { reach, negative } = extent(net.net.values[layer.value]!);
      shade(picture, layout, has ? read : () => 0, negative, reach);
    }
  }

  private make(net: Loaded | null): void {
    this.made = net;
    this.shown = [];
    if (!net) return this.at.replaceChildren();
    const hidden = layers(net).filter((l) => l.last && l.name !== "logits"), items: HTMLElement[] = [];
    for (const layer of hidden) {
      const maps = layer.shape.length === 3, tall = maps ? layer.shape[1]! : 1;
      const n = maps ? Math.min(layer.shape[0]!, 16) : layer.shape[0]!;
      const across = maps ? (n > 4 ? 4 : 2) : Math.min(n, n > 128 ? 16 : 8), l = layout(layer.shape, across, maps ? 16 : Infinity);
      const times = Math.max(1, Math.min(Math.floor(room / l.height), maps ? Math.floor(44 / tall) : 24));
      const p = picture(l, times, `${layer.name}: ${layer.what}`), b = document.createElement("button"), name = document.createElement("span");
      b.type = "button";
      b.title = `Look inside ${layer.name}`;
      b.addEventListener("click", () => { this.lab.address.set({ layer: String(layer.value) }); document.getElementById("tab-inside")!.click(); });
      name.textContent = layer.name;
      const size = document.createElement("code");
      size.textContent = layer.shape.join("×");
      b.append(p, name, size);
      items.push(b);
      this.shown.push({ layer, picture: p, layout: l });
    }
    if (items.length === 0) {
      const p = document.createElement("p");
      p.className = "note";
      p.textContent = "No layer lies between: every pixel votes for every class.";
      items.push(p);
    }
    this.at.replaceChildren(...items);
  }
}
