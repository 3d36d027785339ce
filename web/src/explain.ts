// What in the picture spoke for an answer: occlusion (Zeiler and Fergus,
// Visualizing and Understanding Convolutional Networks, 2013). A patch of the
// picture is made paper, the net is asked again, and the class's logit falls by
// what the patch had said for it. A pixel gets the mean of all patches over it.
import { numbers, type Net } from "./net";

export interface Occlusion {
  patch: number; // pixels a side
  step: number; // from one patch to the next
  falls: Float64Array; // (height, width): by how much the logit falls
}

/** occlude works in slices of some milliseconds so that the pen stays free, and
 * gives up, returning null, when stale says so. blank is the byte of paper. */
export async function occlude(net: Net, bytes: Uint8Array, blank: number, of: number, stale: () => boolean): Promise<Occlusion | null> {
  const { channels, height, width } = net.program.input, shorter = Math.min(height, width);
  const patch = Math.max(1, Math.round(shorter / 7));
  const ask = (image: Uint8Array) => net.logits(numbers(net.program.input, image))[of]!;
  let before = 0, cost = Infinity; // of one answer, in milliseconds
  for (let i = 0; i < 3; i++) {
    const from = performance.now();
    before = ask(bytes);
    cost = Math.min(cost, performance.now() - from);
  }
  // A patch at every pixel where that takes half a second at most, else in larger steps.
  let step = 1;
  while ((height / step) * (width / step) * cost > 500 && step < patch) step++;
  const sum = new Float64Array(height * width), n = new Float64Array(height * width);
  let since = performance.now();
  for (let top = 1 - patch; top < height; top += step) {
    for (let left = 1 - patch; left < width; left += step) {
      const without = bytes.slice(), places: number[] = [];
      let differs = false;
      for (let y = Math.max(top, 0); y < Math.min(top + patch, height); y++) {
        for (let x = Math.max(left, 0); x < Math.min(left + patch, width); x++) {
          places.push(y * width + x);
          for (let c = 0; c < channels; c++) {
            const i = (c * height + y) * width + x;
            differs ||= without[i] !== blank;
            without[i] = blank;
          }
        }
      }
      const fall = differs ? before - ask(without) : 0;
      for (const i of places) { sum[i]! += fall; n[i]!++; }
      if (performance.now() - since > 12) {
        await new Promise((go) => setTimeout(go));
        if (stale()) return null;
        since = performance.now();
      }
    }
  }
  return { patch, step, falls: sum.map((v, i) => (n[i] ? v / n[i]! : 0)) };
}
