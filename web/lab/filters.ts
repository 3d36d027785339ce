// The weights of a net's first layer as pictures: for each unit, what it looks for.
import { canvas, colours } from "../src/picture";
import { make, significant } from "./element";
import type { Lab, Loaded } from "./lab";

const most = 64; // pictures

interface First { step: number; units: number; height: number; width: number; weight(values: Float32Array, unit: number, place: number): number; name: string }

/** first finds the first layer that has weights, and how they lie. */
function first(of: Loaded): First | null {
  const { input, steps } = of.program, k = steps.findIndex((s) => s.op === "conv" || s.op === "dense");
  const step = steps[k];
  if (!step) return null;
  const name = step.name || step.op, c = input.channels;
  if (step.op === "conv") { // (units, down, across, channels)
    const [height, width] = step.size as [number, number], area = height * width;
    return { step: k, units: step.shape[0]!, height, width, name, weight: (w, unit, place) => mean(c, (ch) => w[(unit * area + place) * c + ch]!) };
  }
  const units = step.shape.reduce((a, b) => a * b, 1), area = input.height * input.width; // (height x width x channels, units)
  if (of.net.array(k, 0)!.length !== area * c * units) return null;
  return { step: k, units, height: input.height, width: input.width, name, weight: (w, unit, place) => mean(c, (ch) => w[(place * c + ch) * units + unit]!) };
}

function mean(n: number, f: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += f(i);
  return sum / n;
}

export class Filters {
  private made: Loaded | null = null;
  private at: First | null = null;
  private pictures: HTMLCanvasElement[] = [];
  private readonly title = make("b");
  private readonly scale = make("span");
  private readonly maps = make("div", { className: "maps filters" });
  readonly figure = make("figure", {}, make("figcaption", {}, this.title, this.scale), this.maps);

  constructor(private readonly lab: Lab) {}

  /** show paints the weights of the net that is asked. */
  show(): void {
    const net = this.lab.net;
    if (net !== this.made) this.make(net);
    if (!net || !this.at) return;
    const { step, height, width, weight } = this.at, values = net.net.array(step, 0)!;
    let reach = 0;
    for (const v of values) reach = Math.max(reach, Math.abs(v));
    const { paper, low, high } = colours(), area = height * width;
    this.pictures.forEach((p, unit) => {
      const to = p.getContext("2d")!, image = to.createImageData(width, height), data = image.data;
      for (let i = 0, at = 0; i < area; i++, at += 4) { // as signed of picture.ts, without an array a pixel
        const v = weight(values, unit, i), end = v < 0 ? low : high, part = Math.min(1, Math.abs(v) / (reach || 1));
        data[at] = paper[0] + (end[0] - paper[0]) * part;
        data[at + 1] = paper[1] + (end[1] - paper[1]) * part;
        data[at + 2] = paper[2] + (end[2] - paper[2]) * part;
        data[at + 3] = 255;
      }
      to.putImageData(image, 0, 0);
    });
    this.scale.textContent = `blue −${significant(reach)}, paper 0, orange +${significant(reach)}`;
  }

  private make(net: Loaded | null): void {
    this.made = net;
    this.at = net && first(net);
    this.pictures = [];
    this.title.textContent = "";
    this.scale.textContent = "";
    const f = this.at;
    if (net && f) {
      const n = Math.min(f.units, most), votes = f.units === net.classes.length && f.height === net.program.input.height;
      this.title.textContent = `Weights of ${f.name}: ${votes ? "one picture a class" : `${n === f.units ? "" : `${n} of `}${f.units} units`}`;
      const tile = f.height <= 8 ? 32 : innerWidth < 600 && n > 16 ? 28 : 56, times = Math.max(1, Math.floor(tile / f.height));
      for (let k = 0; k < n; k++) {
        const p = canvas(f.height, f.width, votes ? `weights of class ${net.classes[k]}` : `weights of unit ${k + 1}`);
        p.style.width = `${f.width * times}px`;
        this.pictures.push(p);
      }
    }
    this.maps.replaceChildren(...this.pictures);
  }
}
