// A drawing in the address, so that it is there again after the page is loaded anew, and
// in a link. A stroke is its width, how many points it has, the first one, and the steps
// from each to the next, all in whole places of the sheet: bytes, in base64 for addresses.
import { type Pad, sheet, type Stroke } from "../src/pad";
import type { Address } from "./address";

const longest = 4000; // characters; a longer drawing is not kept

function encode(strokes: readonly Stroke[]): string {
  const bytes: number[] = [], place = (v: number) => Math.min(Math.max(Math.round(v), 0), sheet);
  for (const { width, points } of strokes) {
    let x = place(points[0]![0]), y = place(points[0]![1]);
    const steps: number[] = [];
    for (const [u, v] of points.slice(1)) {
      while (x !== place(u) || y !== place(v)) { // a step is at most 127 places long
        const step = (to: number) => Math.min(Math.max(to, -127), 127);
        const dx = step(place(u) - x), dy = step(place(v) - y);
        steps.push(dx + 128, dy + 128);
        x += dx;
        y += dy;
      }
    }
    const n = steps.length / 2;
    bytes.push(width, n >> 8, n & 255, place(points[0]![0]) >> 1, place(points[0]![1]) >> 1, ...steps);
  }
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=*$/, "");
}

/** decode is null where the text is no drawing. */
function decode(text: string): Stroke[] | null {
  try {
    const bytes = Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0)), strokes: Stroke[] = [];
    for (let at = 0; at < bytes.length;) {
      const [width, high, low, x, y] = bytes.slice(at, at + 5) as [number, number, number, number, number], n = 256 * high + low;
      if (at + 5 + 2 * n > bytes.length || width < 1) return null;
      const points: [number, number][] = [[2 * x, 2 * y]];
      for (let k = at + 5; k < at + 5 + 2 * n; k += 2) {
        const [u, v] = points.at(-1)!;
        points.push([u + bytes[k]! - 128, v + bytes[k + 1]! - 128]);
      }
      strokes.push({ width, points });
      at += 5 + 2 * n;
    }
    return strokes;
  } catch {
    return null;
  }
}

let later = 0;

/** keep writes the drawing into the address when the pen rests. */
export function keep(address: Address, pad: Pad): void {
  clearTimeout(later);
  later = window.setTimeout(() => {
    const text = pad.drawn.length ? encode(pad.drawn) : "";
    address.set({ drawing: text.length > longest ? null : text });
  }, 400);
}

export function restore(address: Address, pad: Pad): void {
  const strokes = decode(address.get("drawing") ?? "");
  if (strokes?.length) pad.drawn = strokes;
}
