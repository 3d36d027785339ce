// Grey images and what is done to them, as package data/ink does it: the same
// plain arithmetic in the same order, so that the bytes agree.

/** Box is a part of an image; right and bottom lie just outside of it. */
export interface Box { left: number; top: number; right: number; bottom: number }

export const side = (b: Box): number => Math.max(b.right - b.left, b.bottom - b.top);

/** around is the box around two boxes. */
export const around = (a: Box, b: Box): Box => ({
  left: Math.min(a.left, b.left), top: Math.min(a.top, b.top),
  right: Math.max(a.right, b.right), bottom: Math.max(a.bottom, b.bottom),
});

/** round is Go's: halves away from zero. */
export const round = (v: number): number => (v < 0 ? -Math.floor(0.5 - v) : Math.floor(v + 0.5));

/** Grey is an image of height rows of width bytes. */
export class Grey {
  constructor(readonly height: number, readonly width: number, readonly pixels: Uint8Array = new Uint8Array(height * width)) {}

  get longer(): number { return Math.max(this.height, this.width); }

  inverted(): Grey { return new Grey(this.height, this.width, this.pixels.map((v) => 255 - v)); }

  /** box is the smallest box around the pixels of at least v, the whole where there are none. */
  box(v: number): Box {
    let b: Box = { left: this.width, top: this.height, right: 0, bottom: 0 };
    for (let y = 0, i = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; x++, i++) {
        if (this.pixels[i]! >= v) b = around(b, { left: x, top: y, right: x + 1, bottom: y + 1 });
      }
    }
    return b.right === 0 ? { left: 0, top: 0, right: this.width, bottom: this.height } : b;
  }

  crop(b: Box): Grey {
    const out = new Grey(b.bottom - b.top, b.right - b.left);
    for (let y = 0; y < out.height; y++) {
      const from = (b.top + y) * this.width + b.left;
      out.pixels.set(this.pixels.subarray(from, from + out.width), y * out.width);
    }
    return out;
  }

  /** resized averages areas: each pixel of the result is the mean of what it covers. */
  resized(height: number, width: number): Grey {
    const down = covers(height, this.height), across = covers(width, this.width);
    const rows = new Float64Array(height * this.width);
    for (let y = 0; y < height; y++) {
      for (const { from, part } of down[y]!) {
        for (let x = 0; x < this.width; x++) rows[y * this.width + x]! += part * this.pixels[from * this.width + x]!;
      }
    }
    const out = new Grey(height, width);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (const { from, part } of across[x]!) sum += part * rows[y * this.width + from]!;
        out.pixels[y * width + x] = Math.floor(sum + 0.5);
      }
    }
    return out;
  }

  /** reduced has a longer side of at most 480 pixels. */
  reduced(): Grey {
    const largest = 480, n = this.longer;
    if (n <= largest) return this;
    const scaled = (v: number) => Math.max(1, Math.floor((v * largest + Math.floor(n / 2)) / n));
    return this.resized(scaled(this.height), scaled(this.width));
  }

  /** centre is the centre of mass, counted from the middle of the first pixel. */
  centre(): { x: number; y: number } {
    let mass = 0, sumX = 0, sumY = 0;
    for (let y = 0, i = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; x++, i++) {
        const v = this.pixels[i]!;
        mass += v; sumX += v * x; sumY += v * y;
      }
    }
    return mass === 0 ? { x: (this.width - 1) / 2, y: (this.height - 1) / 2 } : { x: sumX / mass, y: sumY / mass };
  }

  /** stroke is the mean width of the strokes: twice the ink's area over the length
   * of its outline, the total variation of the image. */
  stroke(): number {
    const at = (y: number, x: number) => (y < 0 || x < 0 || y >= this.height || x >= this.width ? 0 : this.pixels[y * this.width + x]!);
    let area = 0, outline = 0;
    for (let y = -1; y < this.height; y++) {
      for (let x = -1; x < this.width; x++) {
        const v = at(y, x), down = at(y + 1, x) - v, right = at(y, x + 1) - v;
        area += v;
        outline += Math.sqrt(down * down + right * right);
      }
    }
    return outline === 0 ? 0 : (2 * area) / outline;
  }
}

/** covers lists for each of `to` pixels of a line which of `from` pixels it covers, and
 * the share of each. */
function covers(to: number, from: number): { from: number; part: number }[][] {
  return Array.from({ length: to }, (_, i) => {
    const start = i * from, end = (i + 1) * from, list = [];
    for (let j = Math.floor(start / to); j * to < end; j++) {
      list.push({ from: j, part: (Math.min(end, (j + 1) * to) - Math.max(start, j * to)) / from });
    }
    return list;
  });
}

/** greyOf is the luma of a picture's red, green, blue and alpha; what is transparent lies
 * on white (255) or on black (0). */
export function greyOf(height: number, width: number, rgba: ArrayLike<number>, ground: number): Grey {
  const out = new Grey(height, width), pixels = out.pixels;
  for (let i = 0, k = 0; i < pixels.length; i++, k += 4) {
    const a = rgba[k + 3]!;
    let r = rgba[k]!, g = rgba[k + 1]!, b = rgba[k + 2]!;
    if (a < 255) {
      const under = ground * (255 - a) + 127;
      r = Math.floor((r * a + under) / 255);
      g = Math.floor((g * a + under) / 255);
      b = Math.floor((b * a + under) / 255);
    }
    pixels[i] = (19595 * r + 38470 * g + 7471 * b + 32768) >>> 16;
  }
  return out;
}
