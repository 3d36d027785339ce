// From a grey picture to its ink: which is darker, ink or paper, what light falls
// on the paper, and where the strokes are. Steps 2 to 4 of package data/ink.
import { Grey } from "./grey";

/** faintest is how much darker than paper ink must be, of 255. */
export const faintest = 20;

const reach = (m: Grey): number => Math.max(2, Math.floor(m.longer / 8));

/** evenPaper is the standard deviation up to which a part is taken for paper and its grain. */
const evenPaper = 8;

/** lightInk reports whether the ink is lighter than its ground. */
export function lightInk(m: Grey): boolean {
  const plain = ground(m);
  if (plain !== null) return m.pixels.reduce((sum, v) => sum + v - plain, 0) > 0;
  const r = 2 * reach(m), w = m.width + 1;
  const sums = integral(m, (v) => v), squares = integral(m, (v) => v * v);
  let third = 0;
  for (let y = 0; y < m.height; y++) {
    const top = Math.max(0, y - r) * w, bottom = Math.min(m.height, y + r + 1) * w;
    for (let x = 0; x < m.width; x++) {
      const left = Math.max(0, x - r), right = Math.min(m.width, x + r + 1), n = ((bottom - top) / w) * (right - left);
      const within = (s: Float64Array) => (s[bottom + right]! - s[top + right]! - s[bottom + left]! + s[top + left]!) / n;
      const mean = within(sums);
      const d = (m.pixels[y * m.width + x]! - mean) / Math.sqrt(Math.max(evenPaper * evenPaper, within(squares) - mean * mean));
      third += d * d * d;
    }
  }
  return third > 0;
}

/** integral is, at y*(width+1)+x, the sum of f of all pixels above and left of (y, x). */
function integral(m: Grey, f: (v: number) => number): Float64Array {
  const w = m.width + 1, sums = new Float64Array((m.height + 1) * w);
  for (let y = 0; y < m.height; y++) {
    let line = 0;
    for (let x = 0; x < m.width; x++) {
      line += f(m.pixels[y * m.width + x]!);
      sums[(y + 1) * w + x + 1] = sums[y * w + x + 1]! + line;
    }
  }
  return sums;
}

/** ground is the first pixel where the whole border is that to within 2 levels, as on a
 * drawing; else null. */
function ground(m: Grey): number | null { return frameOf(m, 1, 2) ? m.pixels[0]! : null; }

/** frameOf reports whether all pixels within so many of the border are the first one, to
 * within some levels. */
function frameOf(m: Grey, deep: number, room: number): boolean {
  const level = m.pixels[0]!, { height, width, pixels } = m;
  for (let y = 0; y < height; y++) {
    const all = y < deep || y >= height - deep;
    for (let x = 0; x < width; x += all || x < deep - 1 || x >= width - deep ? 1 : Math.max(width - deep - x, 1)) {
      if (Math.abs(pixels[y * width + x]! - level) > room) return false;
    }
  }
  return true;
}

/** paper is the light on the paper under dark ink: a maximum over a window, then a
 * minimum; of a drawing at least its ground. */
function paper(m: Grey): Grey {
  const out = extreme(extreme(m, false), true), plain = ground(m) ?? 0;
  out.pixels.forEach((v, i) => { out.pixels[i] = Math.max(v, plain); });
  return out;
}

/** lightOn is `paper`, for what is drawn on a sheet without being worked out: nothing is
 * lighter than the sheet, of which there is some on all sides, so that it is the light. */
function lightOn(m: Grey): Grey {
  const plain = m.pixels[0]!;
  if (frameOf(m, 2, 0) && m.pixels.every((v) => v <= plain)) return new Grey(m.height, m.width, new Uint8Array(m.pixels.length).fill(plain));
  return paper(m.longer >= 100 ? smoothed(m) : m);
}

function extreme(m: Grey, smallest: boolean): Grey {
  const r = reach(m);
  return along(along(m, r, smallest, 1, m.width, m.width, m.height), r, smallest, m.width, m.height, 1, m.width);
}

/** along takes the largest or smallest pixel of a window along one axis. */
function along(m: Grey, r: number, smallest: boolean, step: number, length: number, next: number, count: number): Grey {
  const out = new Grey(m.height, m.width), queue = new Int32Array(length);
  for (let l = 0; l < count; l++) {
    const line = l * next;
    let head = 0, tail = 0;
    for (let i = 0; i < length + r; i++) {
      if (i < length) {
        const v = m.pixels[line + i * step]!;
        while (tail > head) {
          const last = m.pixels[line + queue[tail - 1]! * step]!;
          if (smallest ? last < v : last > v) break;
          tail--;
        }
        queue[tail++] = i;
      }
      const at = i - r;
      if (at >= 0) {
        if (queue[head]! < at - r) head++;
        out.pixels[line + at * step] = m.pixels[line + queue[head]! * step]!;
      }
    }
  }
  return out;
}

function smoothed(m: Grey): Grey {
  const out = new Grey(m.height, m.width);
  for (let y = 0; y < m.height; y++) {
    for (let x = 0; x < m.width; x++) {
      let sum = 0, n = 0;
      for (let v = Math.max(0, y - 1); v <= Math.min(m.height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(m.width - 1, x + 1); u++) {
          sum += m.pixels[v * m.width + u]!;
          n++;
        }
      }
      out.pixels[y * m.width + x] = Math.floor((sum + Math.floor(n / 2)) / n);
    }
  }
  return out;
}

/** Strokes are a picture's ink, 255 where it is full, and which pixels lie in a stroke
 * and not at its edge. */
export interface Strokes { ink: Grey; stroke: Uint8Array }

/** strokes finds dark ink; null where none stands out from the paper. */
export function strokes(m: Grey): Strokes | null {
  const dark = new Grey(m.height, m.width), light = lightOn(m);
  const counts = new Array<number>(256).fill(0);
  for (let i = 0; i < dark.pixels.length; i++) {
    const p = light.pixels[i]!, v = m.pixels[i]!;
    if (v < p) dark.pixels[i] = Math.floor((255 * (p - v) + Math.floor(p / 2)) / p);
    counts[dark.pixels[i]!]!++;
  }
  const ground = quantile(counts, 1, 2);
  const away = new Array<number>(256).fill(0);
  counts.forEach((n, v) => { away[Math.abs(v - ground)]! += n; });
  const floor = ground + 6 * quantile(away, 1, 2);
  const above = counts.map((n, v) => (v > floor ? n : 0));
  const threshold = otsu(above);
  const full = quantile(above.map((n, v) => (v >= threshold ? n : 0)), 3, 4);
  if (full - ground < faintest) return null;
  const ink = new Grey(m.height, m.width);
  const stroke = new Uint8Array(dark.pixels.length); // 1 in a stroke
  for (let i = 0; i < stroke.length; i++) {
    const v = dark.pixels[i]!;
    if (v <= floor) continue;
    ink.pixels[i] = Math.min(255, Math.floor((255 * (v - ground) + Math.floor((full - ground) / 2)) / (full - ground)));
    if (v >= threshold) stroke[i] = 1;
  }
  return { ink, stroke };
}

/** quantile is the smallest value with at least num/den of all counts at or below it. */
function quantile(counts: number[], num: number, den: number): number {
  const total = counts.reduce((a, b) => a + b, 0);
  let below = 0;
  return Math.max(0, counts.findIndex((n) => (below += n, n > 0 && below * den >= total * num)));
}

/** otsu is the smallest value of the upper of two classes, chosen such that the variance
 * between them is the largest. */
function otsu(counts: number[]): number {
  let all = 0, total = 0;
  counts.forEach((n, v) => { all += n; total += v * n; });
  let best = Math.max(0, counts.findIndex((n) => n > 0)), most = 0, n0 = 0, sum0 = 0;
  counts.forEach((n, v) => {
    if (n0 > 0 && n0 < all) {
      const d = sum0 / n0 - (total - sum0) / (all - n0), between = n0 * (all - n0) * d * d;
      if (between > most) { most = between; best = v; }
    }
    n0 += n;
    sum0 += v * n;
  });
  return best;
}
