// The exported page: a pad or a drop zone, the net, and what it makes of what is there.
import { Bars, percent } from "./bars";
import { occlude } from "./explain";
import { Grey } from "./grey";
import { Layers } from "./layers";
import { float32s, Net, numbers, softmax, type Program } from "./net";
import { Pad } from "./pad";
import { canvas, asIs, inked, paint, signed } from "./picture";
import { noInk, prepare, type Prepared } from "./prepare";
import { fitted, planesOf } from "./size";
import { shape, unlike, type Typical } from "./unlike";

/** Model is what Go wrote into the page (web/page.go). */
interface Model {
  program: Program;
  classes: string[];
  temperature: number;
  typical: Typical | null; // null where the model file does not know
  examples: string[]; // base64 of bytes (channels, height, width)
}

const find = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const model: Model = JSON.parse(find("model").textContent!);
const net = new Net(model.program, float32s(find("weights").textContent!.trim()));
const { channels, height, width } = model.program.input;
const typical = model.typical?.ink ?? null; // of handwriting; null where the images are of anything else

/** Seen is what the net gets, and how it came about. */
interface Seen { bytes: Uint8Array; way: Prepared | null; remarks: string[] }

/** see turns what is on the pad into the bytes that the net wants. */
function see(): Seen | null {
  if (pad.empty) return null;
  const shown = pad.shown;
  if (!typical) return shown && { bytes: fitted(model.program.input, planesOf(shown.bitmap.height, shown.bitmap.width, shown.rgba)), way: null, remarks: [shape(model.program.input, shown.bitmap.height, shown.bitmap.width)].filter(Boolean) };
  let all = prepare(typical, pad.grey(255));
  if (all === noInk && shown) {
    const onBlack = prepare(typical, pad.grey(0));
    if (typeof onBlack !== "string") all = onBlack;
  }
  if (typeof all === "string") return { bytes: new Uint8Array(0), way: null, remarks: [all] };
  const size = (p: Prepared) => p.steps?.box.longer ?? 0;
  const way = all.reduce((a, b) => (size(b) > size(a) ? b : a));
  const remarks: string[] = [];
  if (all.length > 1) {
    const read = all.map((p) => model.classes[best(net.logits(numbers(model.program.input, p.result.pixels)))]);
    remarks.push(`${all.length} drawings stand on it, and this is the largest. From left to right the net reads ${read.join(", ")}.`);
  }
  return { bytes: way.result.pixels, way, remarks };
}

/** best is the place of the greatest number. */
const best = (values: ArrayLike<number>): number => {
  let k = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[k]!) k = i;
  return k;
};

const bars = new Bars(find("bars"), model.classes);
const layers = new Layers(find("layers"), net);
find("inside").hidden = layers.none;
const pad = new Pad(find<HTMLCanvasElement>("pad"), () => ask(), typical !== null);
let seen: Seen | null = null;
let turn = 0; // counts changes, so that what is slow can tell that it is stale
let asked = false;

/** ask answers once a frame, however fast the pen moves. */
function ask(): void {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => { asked = false; answer(); });
}

function answer(): void {
  turn++;
  seen = see();
  const has = seen !== null && seen.bytes.length > 0;
  find("invite").hidden = !pad.empty;
  for (const id of ["undo", "clear"]) { const b = document.getElementById(id); if (b) (b as HTMLButtonElement).disabled = pad.empty; }
  for (const id of ["way", "why"]) find(id).hidden = !has;
  find("inside").hidden = !has || layers.none;
  if (!has) {
    remark(seen?.remarks ?? []);
    bars.show(null);
    verdict("", pad.empty ? "" : "no answer");
    return;
  }
  const start = performance.now();
  const logits = net.logits(numbers(model.program.input, seen!.bytes)), p = softmax(logits, model.temperature);
  const took = performance.now() - start;
  remark([...seen!.remarks, ...(model.typical ? unlike(model.typical, model.program.input, seen!.bytes, logits) : [])]);
  bars.show(p);
  const first = best(p);
  verdict(model.classes[first]!, percent(p[first]!));
  find("took").textContent = took < 1 ? "under a millisecond" : `${took.toFixed(0)} ms`;
  showWay(seen!);
  layers.show();
  later(first);
}

/** remark lists sentences under the bars. */
function remark(sentences: string[]): void {
  find("remarks").replaceChildren(...sentences.map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  }));
}

function verdict(name: string, share: string): void {
  const box = find("verdict");
  box.classList.toggle("long", name.length > 3);
  box.querySelector("b")!.textContent = name;
  box.querySelector("span")!.textContent = share;
}

const figure = (picture: HTMLCanvasElement, title: string, text: string): HTMLElement => {
  const f = document.createElement("figure"), caption = document.createElement("figcaption"), b = document.createElement("b");
  b.textContent = title;
  caption.append(b, text);
  const tile = document.createElement("div");
  tile.className = "tile";
  tile.append(tiled(picture));
  f.append(tile, caption);
  const item = document.createElement("li");
  item.append(f);
  return item;
};

const ink = (m: Grey, label: string): HTMLCanvasElement => {
  const c = canvas(m.height, m.width, label);
  inked(c, m.pixels);
  return c;
};

/** tiled gives a picture the size of a tile: a whole multiple of its pixels, or less than
 * one where it is larger, smoothly. */
function tiled(c: HTMLCanvasElement): HTMLCanvasElement {
  const room = parseInt(getComputedStyle(find("steps")).getPropertyValue("--tile")), longer = Math.max(c.width, c.height);
  const factor = longer > room ? room / longer : Math.floor(room / longer);
  c.style.width = `${c.width * factor}px`;
  c.classList.toggle("smooth", longer > room);
  return c;
}

/** netSees is a picture of the bytes that the net gets. */
function netSees(bytes: Uint8Array): HTMLCanvasElement {
  const c = canvas(height, width, "what the net sees");
  const plane = height * width;
  if (typical) inked(c, typical.light_ground ? bytes.map((v) => 255 - v) : bytes);
  else paint(c, (i) => (channels === 3 ? [bytes[i]!, bytes[plane + i]!, bytes[2 * plane + i]!] : [bytes[i]!, bytes[i]!, bytes[i]!]));
  return c;
}

function showWay({ bytes, way }: Seen): void {
  const list: HTMLElement[] = [], size = `${height} × ${width}`;
  if (way) {
    const grey = canvas(way.grey.height, way.grey.width, "the picture in grey");
    asIs(grey, way.grey);
    list.push(figure(grey, way.unchanged ? "The picture" : "In grey", way.unchanged ? "It is framed like the training images, and goes in as it is." : `${way.grey.height} × ${way.grey.width} pixels${way.light ? "; the ink is lighter than its ground" : ""}.`));
  }
  if (way?.steps) {
    const { ink: found, box, width: pen, change, scaled, place } = way.steps;
    const bent = change === 0 ? "" : ` The strokes were ${pen.toFixed(1)} pixels wide there, and are made ${change > 0 ? "thicker" : "thinner"}.`;
    list.push(
      figure(ink(found, "the ink"), "Its ink", "What is darker than the paper around it."),
      figure(ink(box, "the ink’s box"), "Its box", `Cropped to ${place.bottom - place.top} × ${place.right - place.left} pixels.`),
      figure(ink(scaled, "scaled"), "Scaled", `The longer side becomes ${scaled.longer}, as in the training images.${bent}`),
    );
  }
  list.push(figure(netSees(bytes), "What the net sees", way?.steps ? `${size}, the ink’s centre of mass where the training images have it.` : `${size} pixels${channels === 3 ? ", three numbers each" : ""}.`));
  find("steps").replaceChildren(...list);
}

/** later finds out, when the pen rests, what spoke for a class. */
let resting = 0;
function later(first: number): void {
  const select = find<HTMLSelectElement>("class");
  if (!select.dataset["chosen"]) select.value = String(first);
  clearTimeout(resting);
  resting = window.setTimeout(() => void explain(Number(select.value)), 150);
}

async function explain(of: number): Promise<void> {
  if (!seen?.bytes.length) return;
  const now = turn, bytes = seen.bytes;
  const blank = typical ? (typical.light_ground ? 255 : 0) : Math.round(bytes.reduce((a, b) => a + b, 0) / bytes.length);
  find("because").textContent = "The net is being asked again and again …";
  const got = await occlude(net, bytes, blank, of, () => now !== turn);
  if (!got) return;
  layersAgain(bytes);
  const most = got.falls.reduce((a, v) => Math.max(a, Math.abs(v)), 0);
  const map = canvas(height, width, "what spoke for it and against it");
  map.style.width = `${times(width)}px`;
  signed(map, got.falls, most);
  const scale = find<HTMLCanvasElement>("scale");
  signed(scale, Array.from({ length: scale.width }, (_, i) => i - (scale.width - 1) / 2), (scale.width - 1) / 2);
  const sees = netSees(bytes);
  sees.style.width = `${times(width)}px`;
  find("map").replaceChildren(sees, map);
  for (const [id, sign] of [["least", "−"], ["most", "+"]] as const) find(id).textContent = sign + most.toFixed(most < 1 ? 2 : 1);
  const name = model.classes[of]!;
  find("because").textContent = `Each pixel shows what the ${typical ? "ink" : "picture"} around it, a patch of ${got.patch} × ${got.patch}, said about ${name}: by how much the logit of ${name} falls when the patch is ${typical ? "wiped to paper" : "painted over with the picture’s mean"}. Orange speaks for ${name}, blue against it.`;
}

/** layersAgain brings back the values of the whole picture after others were asked about. */
function layersAgain(bytes: Uint8Array): void {
  net.logits(numbers(model.program.input, bytes));
}

/** times is how wide so many pixels are shown: a whole multiple, such that two pictures
 * stand side by side. */
function times(pixels: number): number {
  const room = Math.min(224, (find("why").clientWidth - 8) / 2);
  return pixels * Math.max(1, Math.floor(room / pixels));
}

// The controls.
const press = (id: string, f: () => void): void => { document.getElementById(id)?.addEventListener("click", f); };
press("undo", () => pad.undo());
press("clear", () => pad.clear());
const pen = document.getElementById("pen") as HTMLInputElement | null;
pen?.addEventListener("input", () => { pad.width = Number(pen.value); });

const select = find<HTMLSelectElement>("class");
model.classes.forEach((name, i) => select.add(new Option(name, String(i))));
select.addEventListener("change", () => {
  select.dataset["chosen"] = "1";
  if (seen?.bytes.length) answer();
});

async function open(file: Blob): Promise<void> {
  try {
    const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none" });
    if (bitmap.width * bitmap.height > 50e6) throw new Error("too large");
    delete select.dataset["chosen"];
    pad.show(bitmap);
  } catch {
    remark([`${file instanceof File ? file.name : "What was pasted"} is no picture that this browser can show, or has more than 50 million pixels.`]);
  }
}

const picker = find<HTMLInputElement>("open");
picker.addEventListener("change", () => { if (picker.files?.[0]) void open(picker.files[0]); picker.value = ""; });
const box = find("sheet");
for (const kind of ["dragenter", "dragover"]) {
  addEventListener(kind, (e) => { e.preventDefault(); box.classList.add("drop"); });
}
addEventListener("dragleave", (e) => { if (!(e as DragEvent).relatedTarget) box.classList.remove("drop"); });
addEventListener("drop", (e) => {
  e.preventDefault();
  box.classList.remove("drop");
  const file = [...((e as DragEvent).dataTransfer?.files ?? [])][0];
  if (file) void open(file);
});
addEventListener("paste", (e) => {
  const file = [...((e as ClipboardEvent).clipboardData?.files ?? [])][0];
  if (file) void open(file);
});

for (const text of model.examples) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-label", "Show this training image to the net");
  const c = netSees(bytes);
  c.setAttribute("aria-hidden", "true");
  button.append(c);
  button.addEventListener("click", async () => {
    const image = new ImageData(width, height), plane = height * width;
    for (let i = 0; i < plane; i++) {
      const at = (k: number) => bytes[(channels === 3 ? k * plane : 0) + i]!;
      image.data.set([at(0), at(1), at(2), 255], 4 * i);
    }
    delete select.dataset["chosen"];
    pad.show(await createImageBitmap(image));
  });
  find("examples").append(button);
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => ask());
for (const breakpoint of ["720px", "1000px"]) matchMedia(`(min-width: ${breakpoint})`).addEventListener("change", () => ask());
answer();

// For the console, and for whoever wants to look closer: what the net saw last, its
// values, and the functions that made them.
Object.assign(globalThis, { inkling: { net, pad, model, Grey, prepare, numbers, softmax, fitted, planesOf, shape, unlike, seen: () => seen } });
