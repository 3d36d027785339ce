// Numbers as pictures: one canvas pixel each, enlarged by the style sheet, crisp.
import type { Grey } from "./grey";

type Colour = [number, number, number];

interface Colours { paper: Colour; ink: Colour; low: Colour; high: Colour }

const dark = matchMedia("(prefers-color-scheme: dark)"), known = new Map<boolean, Colours>();

/** colours are those of the page's style sheet, by day or by night; they are read once, as
 * reading makes the browser lay out the page. */
export function colours(): Colours {
  let all = known.get(dark.matches);
  if (!all) {
    const style = getComputedStyle(document.documentElement);
    const read = (name: string): Colour => {
      const hex = style.getPropertyValue(name).trim();
      return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)) as Colour;
    };
    known.set(dark.matches, all = { paper: read("--paper"), ink: read("--ink"), low: read("--low"), high: read("--high") });
  }
  return all;
}

/** canvas returns a canvas of so many pixels with the size on the screen that CSS gives it. */
export function canvas(height: number, width: number, label: string): HTMLCanvasElement {
  const c = document.createElement("canvas");
  c.width = width;
  c.height = height;
  c.setAttribute("role", "img");
  c.setAttribute("aria-label", label);
  return c;
}

/** paint colours each pixel. */
export function paint(c: HTMLCanvasElement, colour: (i: number) => Colour): void {
  const to = c.getContext("2d")!, image = to.createImageData(c.width, c.height), data = image.data;
  for (let i = 0, k = 0; k < data.length; i++, k += 4) {
    const [r, g, b] = colour(i);
    data[k] = r;
    data[k + 1] = g;
    data[k + 2] = b;
    data[k + 3] = 255;
  }
  to.putImageData(image, 0, 0);
}

/** mix is a colour between two: part 0 is the first, 1 the second. */
export function mix(a: Colour, b: Colour, part: number): Colour {
  const p = Math.min(Math.max(part, 0), 1);
  return [Math.round(a[0] + (b[0] - a[0]) * p), Math.round(a[1] + (b[1] - a[1]) * p), Math.round(a[2] + (b[2] - a[2]) * p)];
}

/** inked paints bytes as ink on paper: 255 is ink. The page does it while the pen moves,
 * so that the colours of all bytes are mixed first. */
export function inked(c: HTMLCanvasElement, bytes: ArrayLike<number>): void {
  const { paper, ink } = colours(), to = c.getContext("2d")!, image = to.createImageData(c.width, c.height), data = image.data;
  const colour = Array.from({ length: 256 }, (_, v) => mix(paper, ink, v / 255));
  for (let i = 0, k = 0; k < data.length; i++, k += 4) {
    const [r, g, b] = colour[bytes[i]!]!;
    data[k] = r;
    data[k + 1] = g;
    data[k + 2] = b;
    data[k + 3] = 255;
  }
  to.putImageData(image, 0, 0);
}

/** asIs paints a grey picture with its own light. */
export function asIs(c: HTMLCanvasElement, m: Grey): void {
  paint(c, (i) => [m.pixels[i]!, m.pixels[i]!, m.pixels[i]!]);
}

/** signed paints numbers on a scale from blue over paper to orange; ±most is full colour. */
export function signed(c: HTMLCanvasElement, values: ArrayLike<number>, most: number): void {
  const { paper, low, high } = colours();
  paint(c, (i) => mix(paper, values[i]! < 0 ? low : high, Math.abs(values[i]!) / (most || 1)));
}
