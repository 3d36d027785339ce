// The way of a drawing into the net, with each step switchable: what happens to the
// answer without it.
import { Grey, round } from "../src/grey";
import type { Ink } from "../src/measure";
import { frame, laid, type Prepared } from "../src/prepare";

/** Switch is a step that can be left out. */
export type Switch = "ink" | "box" | "scaled" | "strokes" | "centred";
export const switches: Switch[] = ["ink", "box", "scaled", "strokes", "centred"];

/** Station is an image on the way; ink is 255. */
export interface Station { name: "ink" | "box" | "scaled" | "centred" | "seen"; title: string; text: string; picture: Grey }

export interface Way { result: Grey; stations: Station[] }

/** follow goes the way of a drawing, without the steps that are off. With none off it is
 * what `prepare` did. */
export function follow(t: Ink, p: Prepared, off: ReadonlySet<Switch>): Way {
  const stations: Station[] = [], n = t.height, onPaper = (m: Grey) => (t.light_ground ? m.inverted() : m);
  const add = (name: Station["name"], title: string, text: string, picture: Grey) => { stations.push({ name, title, text, picture }); return picture; };
  if (!p.steps) {
    add("seen", `${p.result.height} × ${p.result.width}`, "It is framed like the training images, and goes in as it is.", onPaper(p.result));
    return { result: p.result, stations };
  }
  const { ink, box, place } = p.steps;
  add("ink", "Ink", "What is darker than the paper around it.", ink);
  const whole = off.has("box"), cut = add("box", "Box", whole ? "Left out: the whole sheet goes on." : `Cropped to its ink: ${place.bottom - place.top} × ${place.right - place.left} pixels.`, whole ? ink : box);
  const side = off.has("scaled") ? Math.min(n, t.width) : undefined, mend = !off.has("strokes") && !whole;
  const { width, change, scaled } = off.size === 0 ? p.steps : frame(t, cut, side, mend);
  const bent = change === 0 ? "" : ` The strokes were ${width.toFixed(1)} pixels wide, and are made ${change > 0 ? "thicker" : "thinner"}.`;
  add("scaled", "Scaled", off.has("scaled") ? `Left out: it fills the image, ${scaled.longer} pixels.` : `The longer side becomes ${scaled.longer} pixels.${bent}`, scaled);
  let result = off.size === 0 ? p.result : off.has("centred") ? boxed(t, scaled) : laid(t, scaled);
  const { x, y } = onPaper(result).centre();
  add("centred", "Centred", `${off.has("centred") ? "Left out: the box is in the middle, and the" : "The"} ink’s centre of mass lies at ${x.toFixed(1)}, ${y.toFixed(1)}.`, onPaper(result));
  if (off.has("ink")) result = result.inverted();
  add("seen", `${n} × ${t.width}`, off.has("ink") ? "What the net sees: dark on light, as it was drawn." : "What the net sees.", onPaper(result));
  return { result, stations };
}

/** boxed lays the ink with its box in the middle. */
function boxed(t: Ink, m: Grey): Grey {
  const out = new Grey(t.height, t.width), top = round((t.height - m.height) / 2), left = round((t.width - m.width) / 2);
  for (let y = 0; y < m.height; y++) out.pixels.set(m.pixels.subarray(y * m.width, (y + 1) * m.width), (top + y) * t.width + left);
  return t.light_ground ? out.inverted() : out;
}
