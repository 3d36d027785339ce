// What the layers make of the picture: the values of the net's last run, as
// pictures. Signed values on blue - paper - orange, others as ink.
import type { Net } from "./net";
import { canvas, colours, mix, paint, signed } from "./picture";

const titles: Record<string, string> = {
  conv: "convolution", dense: "every input weighed", channels: "batch norm", add: "sum with what skipped", "max-pool": "the greatest of each window",
  "avg-pool": "the mean of each window", relu: "cut off below zero", sigmoid: "squeezed between 0 and 1", tanh: "squeezed between −1 and 1",
  concat: "one after the other",
};
const mostMaps = 32;

interface Layer { from: number; to: number; title: string; item: HTMLLIElement; maps: HTMLElement; pictures: HTMLCanvasElement[] }

export class Layers {
  private readonly layers: Layer[] = [];

  /** A list item for every step that computes something to look at; an activation
   * belongs to the step before it. */
  constructor(list: HTMLElement, private readonly net: Net) {
    const steps = net.program.steps;
    steps.forEach((step, i) => {
      const next = steps[i + 1], last = i === steps.length - 1;
      const joined = next && ["relu", "sigmoid", "tanh"].includes(next.op) && next.from[0] === i + 1;
      if (!(step.op in titles) || last) return;
      if (joined && !["relu", "sigmoid", "tanh"].includes(step.op)) return;
      const before = steps[i - 1], named = ["relu", "sigmoid", "tanh"].includes(step.op) && before ? before : step;
      const what = named === step ? titles[step.op]! : `${titles[named.op] ?? named.op}, ${titles[step.op]}`;
      const item = document.createElement("li"), text = document.createElement("div"), maps = document.createElement("div");
      const head = document.createElement("b"), note = document.createElement("p");
      head.textContent = named.name || what[0]!.toUpperCase() + what.slice(1);
      note.className = "note";
      const shape = step.shape.length === 3 && step.shape[1]! * step.shape[2]! > 1 ? step.shape : [step.shape.reduce((a, b) => a * b, 1)];
      note.textContent = (named.name ? what + ". " : "") + (shape.length === 3
        ? `${shape[0]} maps of ${shape[1]} × ${shape[2]}${shape[0]! > mostMaps ? `, ${mostMaps} shown` : ""}` : `${shape[0]} numbers`);
      maps.className = "maps";
      text.append(head, note);
      item.append(text, maps);
      list.append(item);
      this.layers.push({ from: i + 1, to: i + 1, title: head.textContent, item, maps, pictures: [] });
    });
  }

  get none(): boolean { return this.layers.length === 0; }

  show(): void {
    for (const layer of this.layers) this.one(layer);
  }

  private one(layer: Layer): void {
    const values = this.net.values[layer.to]!, shape = this.net.shape(layer.to);
    const reach = values.reduce((a, v) => Math.max(a, Math.abs(v)), 0), negative = values.some((v) => v < 0);
    const [c, h, w] = shape.length === 3 ? (shape as [number, number, number]) : [values.length, 1, 1];
    if (h * w > 1) {
      const n = Math.min(c, mostMaps), times = Math.max(1, Math.round(56 / w));
      for (let k = 0; k < n; k++) {
        const p = this.picture(layer, k, h, w, times);
        const map = Float32Array.from({ length: h * w }, (_, i) => values[i * c + k]!);
        shade(p, map, reach, negative);
      }
      return;
    }
    // A vector as rows of 32, or 16 where it is short.
    const across = values.length > 64 ? 32 : Math.min(16, values.length), rows = Math.ceil(values.length / across);
    const room = Math.floor((layer.maps.clientWidth || 14 * across) / across);
    shade(this.picture(layer, 0, rows, across, Math.max(1, Math.min(14, room))), values, reach, negative, values.length);
  }

  private picture(layer: Layer, k: number, h: number, w: number, times: number): HTMLCanvasElement {
    let p = layer.pictures[k];
    if (!p) {
      p = canvas(h, w, `${layer.title}${k || h > 1 ? ` ${k + 1}` : ""}`);
      layer.pictures[k] = p;
      layer.maps.append(p);
    }
    p.style.width = `${w * times}px`;
    return p;
  }
}

function shade(c: HTMLCanvasElement, values: ArrayLike<number>, reach: number, negative: boolean, n = values.length): void {
  if (negative) return signed(c, Float32Array.from({ length: c.width * c.height }, (_, i) => (i < n ? values[i]! : 0)), reach);
  const { paper, ink } = colours();
  paint(c, (i) => mix(paper, ink, i < n ? values[i]! / (reach || 1) : 0));
}
