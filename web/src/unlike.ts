// In what a picture is unlike the training images, as package classifier says it.
import { Grey } from "./grey";
import { inkUnlike, type Ink, type Range } from "./measure";

/** Typical is what the model file says of its training images; ink is null where they are
 * no handwriting. */
export interface Typical {
  images: number;
  ink?: Ink | null;
  mean: Range;
  contrast: Range;
  colour: Range;
  energy: Range;
}

export interface Size { channels: number; height: number; width: number }

/** unlike returns a sentence for each measure of the bytes (channels, height, width), and
 * of the logits that the net answers with, which lies beyond the training images' range. */
export function unlike(t: Typical, size: Size, bytes: Uint8Array, logits: ArrayLike<number>): string[] {
  const said = t.ink ? inkUnlike(t.ink, new Grey(size.height, size.width, bytes)) : lookUnlike(t, size, bytes);
  const e = energy(logits);
  if (beyond(e, t.energy, 0.25) < 0) {
    said.push(`the model finds less in it than in any of its training images (${e.toFixed(1)}; they have ${t.energy.low.toFixed(1)} to ${t.energy.high.toFixed(1)}): perhaps it shows something else`);
  }
  return said.map((s) => s[0]!.toUpperCase() + s.slice(1) + ".");
}

/** energy is log Σ exp logit (Liu et al., Energy-based Out-of-distribution Detection, 2020). */
function energy(logits: ArrayLike<number>): number {
  const all = Array.from(logits), most = Math.max(...all);
  return most + Math.log(all.reduce((sum, z) => sum + Math.exp(z - most), 0));
}

/** beyond says on which side of a range a value lies, with some room beyond its ends. */
function beyond(v: number, r: Range, room: number): number {
  const more = room * (r.high - r.low);
  return v < r.low - more ? -1 : v > r.high + more ? 1 : 0;
}

function lookUnlike(t: Typical, size: Size, bytes: Uint8Array): string[] {
  const { mean, contrast, colour } = look(size, bytes), said: string[] = [];
  for (const [v, r, what, below, above] of [
    [mean, t.mean, "its brightness is", "take it in more light", "take it in less light"],
    [contrast, t.contrast, "its contrast is", "it is blank, or blurred, or in fog", "take it in softer light"],
    [colour, t.colour, "its colourfulness is", "the training images have more colour", "the training images have less colour"],
  ] as const) {
    const side = beyond(v, r, 0.05);
    if (side) said.push(`${what} ${(100 * v).toFixed(0)} %; in the training images it is ${(100 * r.low).toFixed(0)} to ${(100 * r.high).toFixed(0)} %: ${side < 0 ? below : above}`);
  }
  return said;
}

/** look is an image's mean, its standard deviation and its colourfulness (Hasler and
 * Süsstrunk, Measuring Colourfulness in Natural Images, 2003), from 0 to 1. */
function look({ channels }: Size, bytes: Uint8Array): { mean: number; contrast: number; colour: number } {
  const moments = (n: number, of: (i: number) => number): [number, number] => {
    let sum = 0, squares = 0;
    for (let i = 0; i < n; i++) { const v = of(i); sum += v; squares += v * v; }
    return [sum / n, Math.max(0, squares / n - (sum / n) * (sum / n))];
  };
  const [mean, variance] = moments(bytes.length, (i) => bytes[i]! / 255);
  if (channels !== 3) return { mean, contrast: Math.sqrt(variance), colour: 0 };
  const n = bytes.length / 3, at = (c: number, i: number) => bytes[c * n + i]! / 255;
  const [redGreen, v1] = moments(n, (i) => at(0, i) - at(1, i));
  const [yellowBlue, v2] = moments(n, (i) => (at(0, i) + at(1, i)) / 2 - at(2, i));
  return { mean, contrast: Math.sqrt(variance), colour: Math.sqrt(v1 + v2) + 0.3 * Math.hypot(redGreen, yellowBlue) };
}
