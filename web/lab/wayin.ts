// The tab "The way in": every step from the pad to the net with its effect on the answer,
// and where the drawing lies among the training images.
import { percent } from "../src/bars";
import { Grey } from "../src/grey";
import { measure, type Ink, type Measures, type Range } from "../src/measure";
import { type Drawing, tile } from "./draw";
import { make } from "./element";
import type { Lab } from "./lab";
import { type Station, type Switch, switches } from "./way";

const says: Record<Switch, string> = { ink: "Turn dark ink light", box: "Crop to the ink", scaled: "Scale to the training’s size", strokes: "Mend the strokes’ width", centred: "Centre by its mass" };
const under: Record<Station["name"], Switch[]> = { ink: ["ink"], box: ["box"], scaled: ["scaled", "strokes"], centred: ["centred"], seen: [] };

const measures: [keyof Measures, string, number, number][] = [ // with the scale's ends where they are fixed
  ["side", "longer side of the ink, pixels", 0, 28], ["x", "centre of mass from the left, pixels", 0, 27], ["y", "centre of mass from the top, pixels", 0, 27],
  ["stroke", "width of the strokes, pixels", 0, 0], ["peak", "darkest ink, of 255", 0, 255], ["grey", "share of the ink that is grey, %", 0, 1], ["amount", "share of the image that is ink, %", 0, 0],
];

export function mount(element: HTMLElement, lab: Lab, drawing: Drawing): void {
  const row = make("ul", { className: "stations" }), empty = make("p", { className: "note" }, "Draw something, and each step of its way into the net stands here.");
  const compare = make("div", { className: "compare" }), head = make("h3", {}, "Among the training images");
  const effect = new Map<Switch, HTMLElement>();
  element.append(
    make("h2", {}, "The way into the net"),
    make("p", {}, "The net has learned from images that are all framed alike. A drawing is brought into that frame first; most demos that misread digits leave out one of these steps. Leave one out, and see what the net says then."),
    empty, row, head, compare);

  function show(): void {
    if (element.hidden) return;
    const { way } = drawing, t = lab.net?.typical?.ink ?? null;
    empty.hidden = way !== null;
    if (lab.image && !way) empty.textContent = "This net has learned from pictures that are no handwriting: a picture is scaled to its size, and nothing else is done to it.";
    head.hidden = compare.hidden = !t || !lab.image;
    row.hidden = !way;
    const focus = document.activeElement?.id;
    row.replaceChildren(...(way?.stations ?? []).map((s) => {
      const item = make("li"), picture = make("div", { className: "tile" });
      picture.append(tile(s.picture, Math.floor(room()), s.title));
      item.append(picture, make("b", {}, s.title), make("p", { className: "note" }, s.text));
      if (drawing.prepared?.steps) for (const w of under[s.name]) item.append(toggle(w));
      return item;
    }));
    if (focus?.startsWith("switch-")) document.getElementById(focus)?.focus();
    if (t && lab.image) among(compare, t, measure(t, new Grey(t.height, t.width, lab.image)));
    rest();
  }

  const room = (): number => Number.parseInt(getComputedStyle(row).getPropertyValue("--tile")) || 140;

  function toggle(w: Switch): HTMLElement {
    const label = make("label", { className: "switch" }), box = make("input", { type: "checkbox", id: `switch-${w}` }), text = make("span", {}, says[w]), what = make("span", { className: "note" });
    box.checked = !drawing.off.has(w);
    box.addEventListener("change", () => {
      if (box.checked) drawing.off.delete(w);
      else drawing.off.add(w);
      drawing.again();
    });
    label.append(box, text);
    effect.set(w, what);
    const both = make("div");
    both.append(label, what);
    return both;
  }

  /** rest says, when the pen rests, what the net would answer without each step. */
  let resting = 0;
  function rest(): void {
    clearTimeout(resting);
    resting = window.setTimeout(() => {
      const net = lab.net;
      if (!net || !drawing.answer) return;
      for (const w of switches) {
        const less = new Set(drawing.off), off = less.has(w);
        if (off) less.delete(w);
        else less.add(w);
        const a = drawing.without(less), at = effect.get(w);
        if (a && at) at.textContent = `${off ? "With" : "Without"} it: ${net.classes[a.best]} at ${percent(a.probabilities[a.best]!)}`;
      }
      if (lab.image) lab.answer(lab.image, net); // the layers show the drawing again
    }, 150);
  }

  let moving = 0; // while the pen moves the steps beside the pad show it, and the bars come first
  lab.on("image", () => {
    clearTimeout(moving);
    moving = window.setTimeout(show, 60);
  });
  lab.on("net", () => rest());
  element.addEventListener("show", show);
  for (const width of ["600px", "1000px"]) matchMedia(`(min-width: ${width})`).addEventListener("change", show);
}

/** among draws each measure on a line: the training images' range, and the drawing. */
function among(at: HTMLElement, t: Ink, m: Measures): void {
  at.replaceChildren(...measures.map(([key, name, least, most]) => {
    const r: Range = t[key], v = m[key], top = most || Math.max(v, r.high) * 1.25, part = (x: number) => `${(100 * Math.min(Math.max((x - least) / (top - least || 1), 0), 1)).toFixed(2)}%`;
    const room = (r.high - r.low) / 20, off = v < r.low - room || v > r.high + room;
    const digits = key === "peak" ? 0 : key === "grey" || key === "amount" ? 0 : 1, scale = key === "grey" || key === "amount" ? 100 : 1;
    const text = (x: number) => (scale * x).toFixed(digits);
    const line = make("div", { className: off ? "measure off" : "measure" }), track = make("div", { className: "track", ariaHidden: "true" }), band = make("i"), dot = make("b");
    band.style.left = part(r.low);
    band.style.right = `${100 - Number.parseFloat(part(r.high))}%`;
    dot.style.left = part(v);
    track.append(band, dot);
    line.append(make("span", {}, name), track, make("output", {}, text(v)), make("span", { className: "note" }, `${off ? (v < r.low ? "less than " : "more than ") : "within "}${text(r.low)} to ${text(r.high)}`));
    return line;
  }));
}
