// The numbers of a layer as one picture: each map a tile, one pixel a number, a gap of one
// pixel between tiles; vectors in rows. Signed numbers on blue - paper - orange, others as ink.
import { canvas, colours, mix } from "../src/picture";

/** Layout says where the numbers of (channels, height, width), or of a vector, stand. */
export class Layout {
  readonly height: number;
  readonly width: number;
  private readonly pitch: [number, number];

  constructor(readonly channels: number, readonly down: number, readonly right: number, readonly across: number) {
    const gap = down * right > 1 ? 1 : 0, rows = Math.ceil(channels / across);
    this.pitch = [down + gap, right + gap];
    this.height = rows * this.pitch[0] - gap;
    this.width = across * this.pitch[1] - gap;
  }

  /** at is the number at a pixel, row-major of its shape; -1 in a gap. */
  at(x: number, y: number): number {
    const k = Math.floor(y / this.pitch[0]) * this.across + Math.floor(x / this.pitch[1]), v = y % this.pitch[0], u = x % this.pitch[1];
    if (x < 0 || y < 0 || x >= this.width || k >= this.channels || v >= this.down || u >= this.right) return -1;
    return (k * this.down + v) * this.right + u;
  }

  /** place is the pixel of a number. */
  place(i: number): [x: number, y: number] {
    const u = i % this.right, v = Math.floor(i / this.right) % this.down, k = Math.floor(i / (this.down * this.right));
    return [(k % this.across) * this.pitch[1] + u, Math.floor(k / this.across) * this.pitch[0] + v];
  }
}

/** layout chooses how many tiles stand beside each other. */
export function layout(shape: number[], across: number, most = Infinity): Layout {
  const [c, h, w] = shape.length === 3 ? (shape as [number, number, number]) : [shape.reduce((a, b) => a * b, 1), 1, 1];
  const n = Math.min(c, most);
  return new Layout(n, h, w, Math.min(across, n));
}

/** picture makes a canvas for a layout, each number `times` pixels wide. */
export function picture(l: Layout, times: number, label: string): HTMLCanvasElement {
  const c = canvas(l.height, l.width, label);
  c.style.width = `${l.width * times}px`;
  return c;
}

/** shade paints numbers that are given by their row-major place; returns the largest size. */
export function shade(c: HTMLCanvasElement, l: Layout, value: (i: number) => number, negative: boolean, reach: number): void {
  const { paper, ink, low, high } = colours(), to = c.getContext("2d")!, image = to.createImageData(c.width, c.height), all = reach || 1;
  for (let y = 0, p = 0; y < c.height; y++) {
    for (let x = 0; x < c.width; x++, p += 4) {
      const i = l.at(x, y);
      if (i < 0) continue;
      const v = value(i), [r, g, b] = mix(paper, !negative ? ink : v < 0 ? low : high, Math.abs(v) / all);
      image.data[p] = r;
      image.data[p + 1] = g;
      image.data[p + 2] = b;
      image.data[p + 3] = 255;
    }
  }
  to.putImageData(image, 0, 0);
}

/** extent is the largest size of numbers, and whether any is negative. */
export function extent(values: ArrayLike<number>): { reach: number; negative: boolean } {
  let reach = 0, negative = false;
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!;
    if (Math.abs(v) > reach) reach = Math.abs(v);
    negative ||= v < 0;
  }
  return { reach, negative };
}
