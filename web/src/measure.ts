// What the ink of the training images looks like, and in what an image is unlike
// it: the measures of package data/ink.
import { Grey, side } from "./grey";

export interface Range { low: number; median: number; high: number }

/** Ink is what the model file says of the ink on its training images. */
export interface Ink {
  height: number;
  width: number;
  light_ground: boolean;
  faint: number;
  images: number;
  side: Range;
  x: Range;
  y: Range;
  peak: Range;
  stroke: Range;
  grey: Range;
  amount: Range;
  tall?: Range; // absent in files of before it was measured
}

export interface Measures { side: number; x: number; y: number; peak: number; stroke: number; grey: number; amount: number; tall: number }

export function measure(t: Ink, image: Grey): Measures {
  const m = t.light_ground ? image.inverted() : image, clean = new Grey(m.height, m.width);
  let inked = 0, grey = 0, sum = 0, peak = 0;
  m.pixels.forEach((v, i) => {
    if (v < t.faint) return;
    clean.pixels[i] = v;
    inked++;
    sum += v;
    peak = Math.max(peak, v);
    if (v < 250) grey++;
  });
  if (inked === 0) return { side: 0, x: 0, y: 0, peak: 0, stroke: 0, grey: 0, amount: 0, tall: 0 };
  const box = clean.box(t.faint);
  return {
    ...clean.centre(), side: side(box), tall: box.bottom - box.top, peak, stroke: clean.stroke(),
    grey: grey / inked, amount: sum / 255 / m.pixels.length,
  };
}

/** fits reports whether an image has the size, the ground and the frame of the training images. */
export function fits(t: Ink, m: Grey): boolean {
  if (m.height !== t.height || m.width !== t.width) return false;
  const got = measure(t, m);
  const within = (v: number, r: Range, room: number) => v >= r.low - room && v <= r.high + room;
  return got.peak >= t.peak.low / 2 && within(got.side, t.side, 1) && within(got.x, t.x, 0.5) && within(got.y, t.y, 0.5) &&
    got.stroke <= 2 * t.stroke.high && got.amount <= 2 * t.amount.high;
}

const between = (r: Range, digits: number, factor = 1): string => {
  const low = (r.low * factor).toFixed(digits), high = (r.high * factor).toFixed(digits);
  return low === high ? low : `${low} to ${high}`;
};

/** inkUnlike says in what an image differs from the training images, and how to mend it. */
export function inkUnlike(t: Ink, image: Grey): string[] {
  const got = measure(t, image);
  if (got.peak === 0) return ["there is no ink on it"];
  const sentences: [keyof Measures, (v: number, r: Range) => string][] = [
    ["side", (v, r) => `the ink’s longer side has ${v.toFixed(0)} pixels; the training images have ${between(r, 1)}: draw one digit, with paper around it`],
    ["x", (v, r) => `the ink’s centre of mass lies ${v.toFixed(1)} pixels from the left; the training images have ${between(r, 1)}: move the ink to the middle`],
    ["y", (v, r) => `the ink’s centre of mass lies ${v.toFixed(1)} pixels from the top; the training images have ${between(r, 1)}: move the ink to the middle`],
    ["peak", (v, r) => `the darkest ink is ${v.toFixed(0)} of 255; in the training images it is ${between(r, 0)}: use a stronger pen, or more light`],
    ["stroke", (v, r) => `the ink is ${v.toFixed(1)} pixels wide; the training images have ${between(r, 1)}: use a ${v > r.high ? "thinner" : "thicker"} pen`],
    ["grey", (v, r) => `${(100 * v).toFixed(0)} % of the ink is grey; in the training images it is ${between(r, 0, 100)} %: keep soft edges, and the picture sharp`],
    ["amount", (v, r) => `ink covers ${(100 * v).toFixed(0)} % of the image; in the training images it is ${between(r, 0, 100)} %: draw one digit with an ordinary pen`],
    ["tall", (v, r) => `the ink is ${v.toFixed(0)} pixels high where its longer side has a digit’s; the training images have ${between(r, 1)}: is it a word, a line or a dash? Draw one digit, upright`],
  ];
  return sentences.flatMap(([k, say]) => {
    const r = t[k];
    if (!r || r.low === 0 && r.high === 0) return []; // not measured
    const room = (r.high - r.low) / 20;
    return got[k] < r.low - room || got[k] > r.high + room ? [say(got[k], r)] : [];
  });
}
