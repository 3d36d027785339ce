// Brings a drawing or a photograph of handwriting into the form of the training
// images: steps 5 to 8 of package data/ink, which has the reasons.
import { around, type Box, Grey, round, side } from "./grey";
import { fits, type Ink } from "./measure";
import { faintest, lightInk, strokes, type Strokes } from "./paper";

/** Prepared is a picture's way into the net, the image after each step. */
export interface Prepared {
  unchanged: boolean;
  grey: Grey;
  light: boolean;
  result: Grey;
  steps?: { ink: Grey; place: Box; box: Grey; width: number; change: number; scaled: Grey };
}

/** prepare returns one result for each digit, from left to right, or says why there is none. */
export function prepare(t: Ink, picture: Grey): Prepared[] | string {
  if (fits(t, picture)) return [{ unchanged: true, grey: picture, light: !t.light_ground, result: picture }];
  if (Math.min(picture.height, picture.width) < 3) return `A picture of ${picture.height} × ${picture.width} pixels is too small to hold a drawing.`;
  const grey = picture.reduced(), light = lightInk(grey);
  const found = strokes(light ? grey.inverted() : grey);
  if (!found) return noInk;
  const all = digits(found);
  if (all.length > maxDigits) return `${all.length} separate marks stand on it, more than the ${maxDigits} digits that are read from one picture.`;
  return all.map((d) => {
    const ink = only(found, d), place = ink.box(faintest), box = ink.crop(place);
    const { width, change, scaled } = frame(t, box);
    return { unchanged: false, grey, light, result: laid(t, scaled), steps: { ink, place, box, width, change, scaled } };
  });
}

export const noInk = "No ink stands out from the paper.";
const maxDigits = 40;

/** Part is a set of strokes that touch; border counts its pixels on the picture's border. */
interface Part { box: Box; pixels: number[]; border: number }

function parts({ ink: { height, width }, stroke }: Strokes): Part[] {
  const seen = new Uint8Array(stroke.length), all: Part[] = [];
  for (let first = 0; first < stroke.length; first++) {
    if (!stroke[first] || seen[first]) continue;
    const p: Part = { box: { left: width, top: height, right: 0, bottom: 0 }, pixels: [first], border: 0 };
    seen[first] = 1;
    for (let k = 0; k < p.pixels.length; k++) {
      const x = p.pixels[k]! % width, y = Math.floor(p.pixels[k]! / width);
      p.box = around(p.box, { left: x, top: y, right: x + 1, bottom: y + 1 });
      if (x === 0 || y === 0 || x === width - 1 || y === height - 1) p.border++;
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          const i = v * width + u;
          if (stroke[i] && !seen[i]) { seen[i] = 1; p.pixels.push(i); }
        }
      }
    }
    all.push(p);
  }
  return all;
}

const gap = (a: Box, b: Box): number =>
  Math.max(0, a.left - b.right, b.left - a.right, a.top - b.bottom, b.top - a.bottom);

/** digits are the parts that belong together, from left to right. */
function digits(s: Strokes): Part[] {
  let list = parts(s).sort((a, b) => b.pixels.length - a.pixels.length);
  const uncut = list.findIndex((p) => p.border === 0);
  if (uncut >= 0) {
    const whole = side(list[uncut]!.box);
    list = list.filter((p) => !(p.border > 0 && (side(p.box) <= 2 * whole || 8 * p.border > 2 * (s.ink.width + s.ink.height))));
  }
  let found: Part[] = [];
  for (const p of list) {
    if (50 * p.pixels.length < list[0]!.pixels.length) break; // specks
    const near = found.find((d) => {
      const reach = Math.floor(side(d.box) / (2 * side(p.box) < side(d.box) ? 4 : 8));
      return gap(d.box, p.box) <= reach;
    });
    if (near) {
      near.box = around(near.box, p.box);
      near.pixels.push(...p.pixels);
    } else {
      found.push({ box: p.box, pixels: [...p.pixels], border: p.border });
    }
  }
  const most = Math.max(0, ...found.map((d) => side(d.box)));
  found = found.filter((d) => 3 * side(d.box) >= most);
  return found.sort((a, b) => a.box.left - b.box.left);
}

/** only is the ink of one digit: its strokes and their edges, a square around each pixel,
 * found along the rows first and then along the columns. */
function only({ ink }: Strokes, d: Part): Grey {
  const { height, width } = ink, edge = Math.max(1, Math.floor(side(d.box) / 20));
  const across = new Uint8Array(ink.pixels.length), out = new Grey(height, width);
  for (const i of d.pixels) {
    const x = i % width, row = i - x;
    across.fill(1, row + Math.max(0, x - edge), row + Math.min(width - 1, x + edge) + 1);
  }
  for (let x = 0; x < width; x++) {
    let left = 0; // rows down to which what has been met reaches
    for (let y = 0; y < Math.min(edge, height); y++) if (across[y * width + x]) left = y + edge + 1;
    for (let y = 0; y < height; y++) {
      if (y + edge < height && across[(y + edge) * width + x]) left = y + 2 * edge + 1;
      if (y < left) out.pixels[y * width + x] = ink.pixels[y * width + x]!;
    }
  }
  return out;
}

/** wantedSide is how long the longer side of the ink becomes. */
export const wantedSide = (t: Ink): number => Math.min(round(t.side.median), t.height, t.width);

const fine = 4; // how many times finer the frame is in which strokes are thickened
const farthest = 12; // the largest reach of the disc that does it

/** frame scales a digit's box to the training's side, with strokes of the training's width
 * where they are mended. */
export function frame(t: Ink, box: Grey, wanted = wantedSide(t), mend = true): { width: number; change: number; scaled: Grey } {
  let small = framed(box, fine * wanted, fine), change = 0;
  const width = framed(small, wanted, 1).stroke();
  if (mend && (width < t.stroke.low || width > t.stroke.high)) {
    const pen = fine * t.stroke.median, s = fine * wanted;
    const reach = Math.min(Math.max(round((s * (pen - small.stroke())) / (s - pen) / 2), -farthest), farthest);
    const changed = thickened(small, reach);
    if (changed) {
      change = (2 * reach) / fine;
      small = changed;
    }
  }
  const scaled = framed(small, wanted, 1);
  darken(scaled, t.peak);
  return { width, change, scaled };
}

function framed(m: Grey, to: number, unit: number): Grey {
  const shorter = (n: number) => Math.max(unit, round((n * to) / (unit * m.longer)) * unit);
  return m.height >= m.width ? m.resized(to, shorter(m.width)) : m.resized(shorter(m.height), to);
}

/** thickened adds a disc of reach r to the strokes, or takes it away where r is negative. */
function thickened(m: Grey, r: number): Grey | null {
  if (r === 0) return null;
  const n = Math.abs(r), out = new Grey(m.height + 2 * n, m.width + 2 * n);
  const at = (y: number, x: number) => (y < 0 || x < 0 || y >= m.height || x >= m.width ? 0 : m.pixels[y * m.width + x]!);
  let any = false;
  for (let y = 0; y < out.height; y++) {
    for (let x = 0; x < out.width; x++) {
      let best = at(y - n, x - n);
      for (let dy = -n; dy <= n; dy++) {
        for (let dx = -n; dx <= n; dx++) {
          if (dx * dx + dy * dy > n * n) continue;
          const v = at(y - n + dy, x - n + dx);
          best = r > 0 ? Math.max(best, v) : Math.min(best, v);
        }
      }
      out.pixels[y * out.width + x] = best;
      any ||= best >= 128;
    }
  }
  return any ? out.crop(out.box(faintest)) : null;
}

/** darken scales ink that is paler than the training's to its usual peak. */
function darken(m: Grey, usual: { low: number; median: number }): void {
  const peak = m.pixels.reduce((a, b) => Math.max(a, b), 0);
  if (peak === 0 || peak >= usual.low) return;
  m.pixels.forEach((v, i) => { m.pixels[i] = Math.min(255, round((v * usual.median) / peak)); });
}

/** laid puts the ink on an empty image so that its centre of mass lies where the training's does. */
export function laid(t: Ink, m: Grey): Grey {
  const { x, y } = m.centre();
  const left = Math.min(Math.max(0, round(t.x.median - x)), t.width - m.width);
  const top = Math.min(Math.max(0, round(t.y.median - y)), t.height - m.height);
  const out = new Grey(t.height, t.width);
  for (let row = 0; row < m.height; row++) {
    out.pixels.set(m.pixels.subarray(row * m.width, (row + 1) * m.width), (top + row) * t.width + left);
  }
  return t.light_ground ? out.inverted() : out;
}
