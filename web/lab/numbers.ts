// Names of numbers in words, and how they are written.
import type { Loaded } from "./lab";

/** Number_ is a place in the server's graph. */
export interface Number_ { node: number; name: string; index: number; place: number[] }
export interface Node_ { op: string; name: string; shape: number[]; from: number[] }
export interface Graph { nodes: Node_[]; image: number; logits: number; probabilities: number; loss: number }

const gates = ["relu", "sigmoid", "tanh"];

/** called names a number: "hidden 12 before sigmoid", "pixel in row 5, column 7". */
export function called(g: Graph, of: Loaded, n: Number_): string {
  const node = g.nodes[n.node], classes = of.classes, at = n.place;
  if (!node) return n.name;
  const numbers = node.shape.reduce((a, b) => a * b, 1);
  if (n.node === g.loss || g.loss >= 0 && n.node > g.logits && numbers === 1 && node.op !== "constant") return "the loss";
  if (n.node === g.logits) return `logit of ${classes[at.at(-1)!] ?? n.index}`;
  if (n.node === g.probabilities) return `probability of ${classes[at.at(-1)!] ?? n.index}`;
  if (n.node === g.image) return `pixel ${place(at.length === 3 && node.shape[0] === 1 ? at.slice(1) : at)}`;
  if (g.loss >= 0 && n.node > g.logits && node.op !== "constant") return `${node.op} ${at.join(", ")} in the loss`;
  if (node.op === "constant") return at.length ? `a constant ${place(at)}` : "a constant";
  if (node.op === "parameter") return `${node.name} ${at.join(", ")}`;
  if (node.name === "image") { // the pixels, in a row
    const shape = g.nodes[g.image]!.shape, width = shape.at(-1)!, height = shape.at(-2)!;
    return `pixel ${place([...(shape[0] === 1 ? [] : [Math.floor(n.index / (width * height))]), Math.floor(n.index / width) % height, n.index % width])}`;
  }
  const gate = g.nodes.find((x) => gates.includes(x.op) && x.from[0] === n.node);
  const same = node.op === "reshape" ? ", in a row" : node.op === "max-pool" || node.op === "avg-pool" ? ", pooled" : "";
  return `${node.name}${same} ${place(at)}${gate ? ` before ${gate.op}` : ""}`;
}

/** place is where in a shape, counted from 0. */
function place(at: number[]): string {
  switch (at.length) {
    case 2: return `in row ${at[0]}, column ${at[1]}`;
    case 3: return `of map ${at[0]}, row ${at[1]}, column ${at[2]}`;
    case 4: return `of filter ${at[0]}, map ${at[1]}, row ${at[2]}, column ${at[3]}`;
  }
  return at.join(", ");
}

/** written is a number in three digits, with a minus and not a hyphen. */
export function written(v: number): string {
  if (v === 0) return "0";
  const size = Math.abs(v), text = size >= 0.001 && size < 1000 ? size.toPrecision(3) : size < 1e6 && size >= 1000 ? size.toFixed(0) : size.toExponential(2);
  return v < 0 ? `−${text}` : text;
}
