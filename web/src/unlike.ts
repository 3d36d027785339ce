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
  texture?: Range; // absent in files of before it was measured
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

/** Below these an image is of one colour, or grey, as it looks. */
const blank = 0.004, colourless = 0.005;

function lookUnlike(t: Typical, size: Size, bytes: Uint8Array): string[] {
  const { mean, contrast, colour, texture } = looks(size, bytes), said: string[] = [];
  if (contrast < blank && t.contrast.low > blank) return ["it is blank: one colour everywhere, or transparent"];
  for (const [v, r, what, below, above] of [
    [mean, t.mean, "its brightness is", "of a photograph, take it in more light", "of a photograph, take it in less light; of a drawing or a screenshot, is the ground another one?"],
    [contrast, t.contrast, "its contrast is", "it is blank, or blurred, or in fog", "take it in softer light"],
    [colour, t.colour, "its colourfulness is", "the training images have more colour", "the training images have less colour"],
    [texture, t.texture, "neighbouring pixels differ by", "it is blurred, or enlarged, or nearly blank", "it is noisy, or full of small things"],
  ] as const) {
    if (!r || r === t.texture && r.low === 0 && r.high === 0) continue; // not measured
    const side = r === t.colour && v < colourless && r.low > colourless ? -1 : beyond(v, r, r === t.texture ? 0.5 : 0.1), digits = r.high < 0.1 ? 1 : 0;
    if (side) said.push(`${what} ${(100 * v).toFixed(digits)} %; in the training images it is ${(100 * r.low).toFixed(digits)} to ${(100 * r.high).toFixed(digits)} %: ${side < 0 ? below : above}`);
  }
  return said;
}

/** shape says what a picture's size and proportions have against it; "" where nothing. */
export function shape(size: Size, height: number, width: number): string {
  const times = Math.min(size.height / height, size.width / width), fills = height * width * times * times / size.height / size.width;
  if (times > 8) return `It has ${height} × ${width} pixels, which are enlarged ${times.toFixed(0)} times for the model: take a larger picture.`;
  if (fills < 0.2) return `It has ${height} × ${width} pixels, and fills ${Number((100 * fills).toPrecision(2))} % of what the model looks at: cut out what is to be told.`;
  return "";
}

/** looks are an image's mean, its standard deviation, its colourfulness (Hasler and
 * Süsstrunk, Measuring Colourfulness in Natural Images, 2003) and its texture, the mean
 * distance between neighbouring values, all from 0 to 1. */
function looks({ channels, height, width }: Size, bytes: Uint8Array): { mean: number; contrast: number; colour: number; texture: number } {
  const moments = (n: number, of: (i: number) => number): [number, number] => {
    let sum = 0, squares = 0;
    for (let i = 0; i < n; i++) { const v = of(i); sum += v; squares += v * v; }
    return [sum / n, Math.max(0, squares / n - (sum / n) * (sum / n))];
  };
  let apart = 0, pairs = 0;
  bytes.forEach((v, i) => {
    if (i % width > 0) { apart += Math.abs(v - bytes[i - 1]!); pairs++; }
    if (Math.floor(i / width) % height > 0) { apart += Math.abs(v - bytes[i - width]!); pairs++; }
  });
  const [mean, variance] = moments(bytes.length, (i) => bytes[i]! / 255), texture = apart / 255 / Math.max(pairs, 1);
  if (channels !== 3) return { mean, contrast: Math.sqrt(variance), colour: 0, texture };
  const n = bytes.length / 3, at = (c: number, i: number) => bytes[c * n + i]! / 255;
  const [redGreen, v1] = moments(n, (i) => at(0, i) - at(1, i));
  const [yellowBlue, v2] = moments(n, (i) => (at(0, i) + at(1, i)) / 2 - at(2, i));
  return { mean, contrast: Math.sqrt(variance), colour: Math.sqrt(v1 + v2) + 0.3 * Math.hypot(redGreen, yellowBlue), texture };
}
