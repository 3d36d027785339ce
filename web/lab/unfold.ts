// One number, and the sum that made it: its terms, those that matter most first, adding up.
import { button, make } from "./element";
import { Grid } from "./grid";
import { type Lab, type Loaded, sentence } from "./lab";
import { layout } from "./maps";
import { called, type Graph, type Number_, written } from "./numbers";

interface Term { a?: Number_; gradient?: boolean; a_value: number; b?: Number_; factor: number; value: number }
interface Unfolding { of: Number_; value: number; formula: string; terms: Term[]; rest: { terms: number; sum: number }; sum: number; then: string; result: number }

const listed = 12, all = 1024;

const then: Record<string, (x: string) => string> = {
  relu: (x) => `max(0, ${x})`, sigmoid: (x) => `sigmoid(${x})`, tanh: (x) => `tanh(${x})`, exp: (x) => `exp(${x})`, log: (x) => `log ${x}`, "-log": (x) => `−log ${x}`,
  sqrt: (x) => `√${x}`, abs: (x) => `|${x}|`, reciprocal: (x) => `1 / ${x}`,
};

/** Place is a number to unfold, forward or backward. */
export interface Place { node: number; index: number; gradient: boolean }

export class Unfold {
  readonly element = make("section", { className: "unfold" });
  private path: Place[] = [];
  private asked = 0;

  constructor(private readonly lab: Lab, private readonly graph: () => Graph | null) {
    this.element.setAttribute("aria-label", "A number, unfolded");
    this.element.setAttribute("aria-live", "polite");
    const said = lab.address.get("unfold")?.split(".").map(Number);
    if (said?.length === 3 && said.every(Number.isInteger)) this.path = [{ node: said[0]!, index: said[1]!, gradient: said[2] === 1 }];
  }

  /** open unfolds a number; from another one, with the way back. */
  open(place: Place, further = false): void {
    this.path = further ? [...this.path, place] : [place];
    this.lab.address.set({ unfold: `${place.node}.${place.index}.${place.gradient ? 1 : 0}` });
    void this.show();
  }

  get place(): Place | null { return this.path.at(-1) ?? null; }

  /** show asks for the number again: the drawing or the net has changed. */
  async show(): Promise<void> {
    const { lab } = this, g = this.graph(), net = lab.net, at = this.path.at(-1), turn = ++this.asked;
    if (!lab.drawn) return this.say("Draw something first: a number comes from an image.");
    if (!net || !g || !lab.image) return this.say("The numbers are on their way …");
    if (!at) return this.say("Choose any number: a pixel, a unit, a weight, a logit, the loss. The sum that made it stands here then.");
    if (at.gradient && lab.label < 0) return this.say("Say what the drawing is: without a label there is no loss, and no gradient.");
    if (at.node === g.loss && lab.label < 0) at.node = g.probabilities;
    try {
      const q: Record<string, string | number> = { node: at.node, index: at.index, terms: all };
      if (lab.label >= 0) q["label"] = lab.label;
      if (at.gradient) q["gradient"] = 1;
      const ask = () => lab.post<Unfolding>(`/api/unfold?${lab.query(net.subject, q)}`, lab.image!);
      let u = await ask();
      const of = u.of;
      for (let k = 0; k < 4 && same(u); k++) { // the same number in another shape says nothing
        q["node"] = u.terms[0]!.a!.node;
        q["index"] = u.terms[0]!.a!.index;
        u = await ask();
      }
      if (!at.gradient && bent(u)) { // the sum that is bent says more than that it is bent
        q["node"] = u.terms[0]!.a!.node;
        q["index"] = u.terms[0]!.a!.index;
        const sum = await ask();
        if (sum.then === "") u = { ...sum, formula: `${sum.formula}, and then ${u.then}`, then: u.then, result: u.result, value: u.value };
      }
      if (turn === this.asked) this.draw(g, net, { ...u, of }, at);
    } catch (e) {
      if (turn === this.asked) this.say(sentence((e as Error).message));
    }
  }

  private say(text: string): void { this.element.replaceChildren(make("p", { className: "note" }, text)); }

  private draw(g: Graph, net: Loaded, u: Unfolding, at: Place): void {
    const { lab } = this, back = this.path.length > 1, name = called(g, net, u.of), focus = (document.activeElement as HTMLElement | null)?.dataset["key"];
    const head = make("h3", {}, at.gradient ? `Loss by ${name}` : name[0]!.toUpperCase() + name.slice(1));
    const value = make("p", { className: "number" }, written(u.value));
    const parts: HTMLElement[] = [];
    const ways = make("p", { className: "ways" });
    if (back) ways.append(this.button("back", "← Back", () => { this.path.pop(); const p = this.path.pop()!; this.open(p, this.path.length > 0); }));
    ways.append(this.button("turn", at.gradient ? "Where it comes from" : "What it does to the loss", () => this.open({ ...at, gradient: !at.gradient }, true), !at.gradient && lab.label < 0));
    parts.push(head, value, ways);
    const leaf = u.terms.length === 0;
    parts.push(make("p", { className: "formula" }, leaf && at.gradient ? "Nothing comes back: the loss does not change with it." : u.formula));
    if (!leaf) parts.push(this.table(g, net, u), ...this.picture(g, net, u));
    this.element.replaceChildren(...parts);
    if (focus) this.element.querySelector<HTMLElement>(`[data-key="${focus}"]`)?.focus();
  }

  private button(key: string, text: string, press: () => void, disabled = false): HTMLButtonElement {
    const b = button(text, press, { disabled });
    b.dataset["key"] = key;
    if (disabled) b.title = "Say first what the drawing is";
    return b;
  }

  private table(g: Graph, net: Loaded, u: Unfolding): HTMLElement {
    const table = make("table", { className: "terms" }), body = make("tbody"), shown = u.terms.slice(0, listed), greatest = u.then === "max";
    const most = shown.reduce((a, t) => Math.max(a, Math.abs(t.value)), 0);
    const number = (n: Number_ | undefined, gradient: boolean, key: string): Node | string => (n
      ? this.button(key, (gradient ? "loss by " : "") + called(g, net, n), () => this.open({ node: n.node, index: n.index, gradient }, true)) : "");
    const exp = u.terms.some((t) => t.b === undefined && Math.abs(t.a_value * t.factor - t.value) > 1e-6 * Math.abs(t.value) + 1e-12);
    shown.forEach((t, i) => {
      const bar = make("i", { className: t.value < 0 ? "less" : "more" }), b = make("td", { className: "by" }), a = make("td");
      bar.style.width = `${(100 * Math.abs(t.value)) / (most || 1)}%`;
      const of = (v: number) => make("span", { className: "of" }, written(v));
      a.append(t.a ? number(t.a, t.gradient ?? false, `a${i}`) : "1", t.a ? of(t.a_value) : "");
      if (t.b) b.append("× ", number(t.b, false, `b${i}`), of(t.factor));
      else if (exp) b.append("exp of its lead");
      else if (t.factor !== 1 || !t.a) b.append(`× ${written(t.factor)}`);
      const row = make("tr");
      row.append(a, b, make("td", { className: "value" }, written(t.value)), make("td", { className: "bar", ariaHidden: "true" }, bar));
      body.append(row);
    });
    const total = (label: string, v: string, kind = "") => {
      const row = make("tr", { className: kind }), cell = make("td", { colSpan: 2 }, label);
      row.append(cell, make("td", { className: "value" }, v), make("td"));
      body.append(row);
    };
    const more = u.terms.length - shown.length + u.rest.terms;
    if (more > 0 && !greatest) total(`${more.toLocaleString("en-US")} more terms together`, written(u.sum - shown.reduce((a, t) => a + t.value, 0)), "rest");
    if (more > 0 && greatest) total(`${more} smaller ones`, "", "rest");
    total(greatest ? "the greatest" : "sum", written(u.sum), "sum");
    if (then[u.then]) total(then[u.then]!(written(u.sum)), written(u.result), "sum");
    table.append(make("caption", {}, "Its terms, those that matter most first"), body);
    const frame = make("div", { className: "scrolls", tabIndex: 0 });
    frame.setAttribute("role", "region");
    frame.setAttribute("aria-label", "Terms");
    frame.append(table);
    return frame;
  }

  /** picture shows all terms where they come from, if that is a layer that can be seen. */
  private picture(g: Graph, net: Loaded, u: Unfolding): HTMLElement[] {
    const node = u.terms[0]?.a?.node;
    if (node === undefined || u.terms.length <= listed || u.rest.terms > 0) return [];
    let at = node; // a change of shape is looked through: the pixels are the image's
    while (g.nodes[at]!.op === "reshape") at = g.nodes[at]!.from[0]!;
    const shape = g.nodes[at]!.shape, size = shape.reduce((a, b) => a * b, 1);
    if (shape.length !== 1 && shape.length !== 3 || size > 4096) return [];
    const values = new Float32Array(size);
    for (const t of u.terms) if (t.a?.node === node) values[t.a.index]! += t.value;
    const l = layout(shape, shape.length === 3 ? 4 : 16), times = Math.max(1, Math.floor(Math.min(280, this.element.clientWidth - 32) / l.width));
    const grid = new Grid(l, Math.min(times, 16), "All terms, each where it comes from", (i) => `${called(g, net, { node: at, name: "", index: i, place: where(shape, i) })} adds`,
      (i) => this.open({ node: at, index: i, gradient: u.terms[0]!.gradient ?? false }, true), "All of its terms where they come from: orange adds, blue takes away.");
    grid.show((i) => values[i]!, values, true);
    return [grid.element];
  }
}

/** same reports whether a number is another one, and no more. */
function same(u: Unfolding): boolean {
  const [t] = u.terms;
  return u.terms.length === 1 && u.rest.terms === 0 && u.then === "" && t!.a !== undefined && t!.b === undefined && t!.factor === 1;
}

/** bent reports whether a number is a function of one other. */
function bent(u: Unfolding): boolean {
  return u.terms.length === 1 && ["relu", "sigmoid", "tanh"].includes(u.then) && u.terms[0]!.a !== undefined && u.terms[0]!.b === undefined;
}

/** where is the place in a shape of a number, row-major. */
export function where(shape: number[], i: number): number[] {
  const at: number[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    at.unshift(i % shape[axis]!);
    i = Math.floor(i / shape[axis]!);
  }
  return at;
}
