// The layers of a net as a page names them: which of its values are worth a look.
import type { Loaded } from "./lab";

export interface Layer {
  value: number; // of the browser's net
  node: number; // of the server's graph
  shape: number[]; // (channels, height, width), or a vector's length
  name: string; // "conv1", or what it does
  what: string; // "a convolution, cut off below zero"
  last: boolean; // of its block: what the next layer sees
}

const titles: Record<string, string> = {
  conv: "a convolution", dense: "every input weighed", channels: "batch norm", add: "a sum with what skipped", "max-pool": "the greatest of each window",
  "avg-pool": "the mean of each window", relu: "cut off below zero", sigmoid: "squeezed between 0 and 1", tanh: "squeezed between −1 and 1",
  concat: "one after the other", softmax: "made probabilities", "sum-places": "the sum of each map", offset: "a sum", square: "squared", abs: "without its sign",
};
const gates = ["relu", "sigmoid", "tanh", "channels"];

/** layers lists what can be seen of a net; the logits are the last. */
export function layers(of: Loaded): Layer[] {
  const steps = of.program.steps, list: Layer[] = [];
  let name = "";
  steps.forEach((step, i) => {
    name = step.name || name;
    if (!(step.op in titles)) return;
    const next = steps[i + 1], logits = i === steps.length - 1, flat = step.shape.length < 3 || step.shape[1]! * step.shape[2]! === 1;
    list.push({
      value: i + 1, node: of.nodes[i + 1]!, shape: flat ? [step.shape.reduce((a, b) => a * b, 1)] : step.shape,
      name: logits ? "logits" : name || step.op, what: titles[step.op]! + (step.relu ? ", cut off below zero" : ""),
      last: !(next && gates.includes(next.op) && next.from[0] === i + 1),
    });
  });
  return list;
}

/** reader gives a layer's numbers by their row-major place. Maps lie place by place in
 * the browser's net. */
export function reader(of: Loaded, layer: Layer): (i: number) => number {
  const values = of.net.values[layer.value]!;
  if (layer.shape.length < 3) return (i) => values[i]!;
  const c = layer.shape[0]!, places = values.length / c;
  return (i) => values[(i % places) * c + Math.floor(i / places)]!;
}
