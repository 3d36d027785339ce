// The weights as pictures: what each unit looks for. A unit of the first layer has a weight
// for every pixel, a filter one for every place under it.
import { latest, make } from "./element";
import { Grid } from "./grid";
import type { Lab } from "./lab";
import { Layout } from "./maps";
import type { Graph } from "./numbers";
import { called } from "./numbers";
import { where } from "./unfold";

const most = 64; // tiles of a picture

interface Shown { name: string; shape: number[]; grid: Grid; read: (values: Float32Array, i: number) => number; index: (i: number) => number }

export class Weights {
  readonly element = make("div", { className: "weights" });
  private shown: Shown[] = [];
  private of = "";

  constructor(private readonly lab: Lab, private readonly graph: () => Graph | null, private readonly choose: (node: number, index: number) => void) {}

  /** show reads the weights anew; while it does, more of the same is asked once. */
  readonly show = latest(async () => {
    const net = this.lab.net;
    if (!net) return;
    const key = `${net.subject.run ?? net.subject.model}`;
    if (this.of !== key) {
      const { parameters } = await this.lab.get<{ parameters: { name: string; shape: number[] }[] }>(`/api/parameters?${this.lab.query(net.subject)}`);
      this.make(parameters);
      this.of = key;
    }
    for (const s of this.shown) {
      const { values } = await this.lab.floats(`/api/weights?${this.lab.query(net.subject, { name: s.name })}`), read = (i: number) => s.read(values, i);
      s.grid.show(read, values, true);
    }
    await new Promise((go) => setTimeout(go, 300)); // while it learns, three times a second
  });

  private make(parameters: { name: string; shape: number[] }[]): void {
    this.shown = [];
    this.element.replaceChildren();
    const input = this.lab.net!.program.input;
    for (const { name, shape } of parameters) {
      const size = shape.reduce((a, b) => a * b, 1);
      if (shape.length < 2 || size > 200_000) continue;
      const s = this.one(name, shape, input.channels * input.height * input.width, input.width);
      const text = make("div");
      text.append(make("b", {}, name), make("p", { className: "note" }, s.text));
      const item = make("div", { className: "layer" });
      item.append(text, s.grid.element);
      this.element.append(item);
      this.shown.push({ name, shape, ...s });
    }
    if (this.shown.length === 0) this.element.append(make("p", { className: "note" }, "The weights of this net are too many to be shown."));
  }

  private one(name: string, shape: number[], pixels: number, width: number) {
    const [n, m] = shape as [number, number];
    let l: Layout, index: (i: number) => number, text: string, times = 1;
    if (shape.length === 2 && n === pixels) { // (pixels, units): a picture for each unit
      const units = Math.min(m, most);
      l = new Layout(units, pixels / width, width, Math.min(units, 8));
      index = (i) => (i % n) * m + Math.floor(i / n);
      text = `For each of ${m} units${m > units ? `, ${units} of them shown,` : ""} a picture of what it looks for: orange where ink speaks for it, blue where ink speaks against it.`;
    } else if (shape.length === 4) { // (filters, maps, down, across)
      const [o, c, h, w] = shape as [number, number, number, number], across = c === 1 ? 8 : Math.min(c, 16), tiles = Math.min(o * c, across * 16);
      l = new Layout(tiles, h, w, across);
      index = (i) => i;
      text = `${o} filters of ${h} × ${w}${c > 1 ? `, each for ${c} maps` : ""}${tiles < o * c ? `; the first ${tiles} of ${o * c} are shown` : ""}. Orange adds to what is found, blue takes away.`;
      times = 5;
    } else { // (inputs, outputs): a line for each output
      const inputs = Math.min(n, 256), rows = size(shape) / n;
      l = new Layout(1, rows, inputs, 1);
      index = (i) => (i % inputs) * rows + Math.floor(i / inputs);
      text = `A line for each of ${rows} outputs, a column for each of ${n} inputs${inputs < n ? `, ${inputs} of them shown` : ""}.`;
      times = 8;
    }
    const room = Math.max(200, Math.min(720, (this.element.clientWidth || 600) - 16));
    while (times > 1 && l.width * times > room) times--;
    if (times === 1 && l.width * 2 <= room) times = 2;
    const grid = new Grid(l, times, `Weights ${name}`, (i) => {
      const g = this.graph(), net = this.lab.net, node = g?.nodes.findIndex((x) => x.op === "parameter" && x.name === name) ?? -1;
      return g && net && node >= 0 ? called(g, net, { node, name, index: index(i), place: where(shape, index(i)) }) : `${name} ${where(shape, index(i)).join(", ")}`;
    }, (i) => {
      const node = this.graph()?.nodes.findIndex((x) => x.op === "parameter" && x.name === name) ?? -1;
      if (node >= 0) this.choose(node, index(i));
    });
    return { grid, index, text, read: (values: Float32Array, i: number) => values[index(i)]! };
  }
}

const size = (shape: number[]): number => shape.reduce((a, b) => a * b, 1);
