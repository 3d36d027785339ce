// Pictures that are no ink, brought to the model's size: the whole picture scaled so
// that it just fits, in the middle of a ground of its own border's median. It is what
// package data/picture does, which has the reasons.

/** Planes is a picture as three planes of bytes: red, green, blue. */
export interface Planes { height: number; width: number; planes: Uint8Array[] }

/** planesOf lays a picture's red, green, blue and alpha on white. */
export function planesOf(height: number, width: number, rgba: ArrayLike<number>): Planes {
  const planes = [0, 1, 2].map((c) => Uint8Array.from({ length: height * width }, (_, i) => {
    const a = rgba[4 * i + 3]!;
    return a === 255 ? rgba[4 * i + c]! : Math.floor((rgba[4 * i + c]! * a + 255 * (255 - a) + 127) / 255);
  }));
  return { height, width, planes };
}

/** fitted returns bytes (channels, height, width); of one channel it is the luma. */
export function fitted(input: { channels: number; height: number; width: number }, p: Planes): Uint8Array {
  const { channels, height, width } = input, n = height * width, out = new Uint8Array(channels * n);
  const [r, g, b] = fit(p, height, width) as [Uint8Array, Uint8Array, Uint8Array];
  if (channels === 1) {
    for (let i = 0; i < n; i++) out[i] = (19595 * r[i]! + 38470 * g[i]! + 7471 * b[i]! + 32768) >>> 16;
    return out;
  }
  [r, g, b].forEach((plane, c) => out.set(plane, c * n));
  return out;
}

function fit(p: Planes, height: number, width: number): Uint8Array[] {
  if (p.height === height && p.width === width) return p.planes;
  let h = height, w = width;
  if (p.height * width > p.width * height) w = Math.max(Math.floor((p.width * height + (p.height >> 1)) / p.height), 1);
  else h = Math.max(Math.floor((p.height * width + (p.width >> 1)) / p.width), 1);
  const top = (height - h) >> 1, left = (width - w) >> 1;
  const boxHeight = Math.max(Math.floor(Math.floor(p.height / h) / 2), 1), boxWidth = Math.max(Math.floor(Math.floor(p.width / w) / 2), 1);
  return p.planes.map((plane) => {
    const small = boxes(plane, p, boxHeight, boxWidth);
    const scaled = scale(small, Math.floor(p.height / boxHeight), Math.floor(p.width / boxWidth), h, w);
    const out = new Uint8Array(height * width);
    if (h < height || w < width) out.fill(border(plane, p));
    for (let y = 0; y < h; y++) out.set(scaled.subarray(y * w, (y + 1) * w), (top + y) * width + left);
    return out;
  });
}

/** boxes averages boxes of so many pixels. */
function boxes(plane: Uint8Array, { height, width }: Planes, bh: number, bw: number): Uint8Array {
  const h = Math.floor(height / bh), w = Math.floor(width / bw), top = (height % bh) >> 1, left = (width % bw) >> 1;
  const out = new Uint8Array(h * w), area = bh * bw;
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      let sum = 0;
      for (let i = 0; i < bh; i++) {
        const row = (top + y * bh + i) * width + left + x * bw;
        for (let j = 0; j < bw; j++) sum += plane[row + j]!;
      }
      out[y * w + x] = Math.floor((sum + (area >> 1)) / area);
    }
  }
  return out;
}

/** border is the median along the picture's edge. */
function border(plane: Uint8Array, { height, width }: Planes): number {
  const edge: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x += y > 0 && y < height - 1 ? Math.max(width - 1, 1) : 1) edge.push(plane[y * width + x]!);
  }
  return edge.sort((a, b) => a - b)[(edge.length - 1) >> 1]!;
}

/** catmullRom is the kernel of the spline (Catmull and Rom, 1974), 2 wide on each side. */
function catmullRom(t: number): number {
  return t < 1 ? (1.5 * t - 2.5) * t * t + 1 : ((-0.5 * t + 2.5) * t - 4) * t + 2;
}

interface Taps { from: number; weights: number[]; inverse: number }

/** taps lists for each of `to` pixels of a line which of `from` pixels it is made of; the
 * kernel widens where the line gets shorter. */
function taps(from: number, to: number): Taps[] {
  const ratio = from / to, wide = Math.max(ratio, 1);
  return Array.from({ length: to }, (_, x) => {
    const centre = (x + 0.5) * ratio - 0.5;
    const first = Math.max(Math.floor(centre - 2 * wide), 0), last = Math.max(Math.min(Math.ceil(centre + 2 * wide), from), first);
    const weights: number[] = [];
    for (let i = first; i < last; i++) {
      const t = Math.abs((centre - i) / wide);
      weights.push(t < 2 ? catmullRom(t) : 0);
    }
    return { from: first, weights, inverse: 1 / weights.reduce((a, b) => a + b, 0) };
  });
}

function scale(plane: Uint8Array, height: number, width: number, h: number, w: number): Uint8Array {
  const across = taps(width, w), down = taps(height, h);
  const rows = new Float64Array(height * w), out = new Uint8Array(h * w);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < w; x++) {
      const { from, weights, inverse } = across[x]!;
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += plane[y * width + from + i]! * weights[i]!;
      rows[y * w + x] = (sum * inverse) / 255;
    }
  }
  for (let y = 0; y < h; y++) {
    const { from, weights, inverse } = down[y]!;
    for (let x = 0; x < w; x++) {
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += rows[(from + i) * w + x]! * weights[i]!;
      // Sixteen bits, of which the high byte is kept.
      out[y * w + x] = Math.min(Math.max(Math.floor(65535 * sum * inverse + 0.5), 0), 65535) >> 8;
    }
  }
  return out;
}
