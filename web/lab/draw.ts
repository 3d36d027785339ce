// The pad, the way of what is on it into the net, and the answer, while the pen moves.
import { Bars, percent } from "../src/bars";
import { Grey } from "../src/grey";
import { Pad } from "../src/pad";
import { noInk, prepare, type Prepared } from "../src/prepare";
import { fitted, planesOf } from "../src/size";
import { canvas, inked, paint } from "../src/picture";
import { dock } from "./dock";
import { Flow, roomy } from "./flow";
import { gallery } from "./gallery";
import { type Answer, type Lab, type Loaded, sentence } from "./lab";
import { Remarks } from "./remarks";
import { keep, restore } from "./strokes";
import { follow, type Station, type Switch, switches, type Way } from "./way";

/** Drawing is what is on the pad and what the net makes of it. */
export interface Drawing {
  readonly pad: Pad;
  readonly way: Way | null; // of ink; null where nothing is on the pad, or it is no ink
  readonly prepared: Prepared | null;
  readonly off: Set<Switch>; // steps that are left out; call again after a change
  readonly answer: Answer | null;
  readonly times: number[]; // milliseconds from each change to its bars
  again(): void;
  /** without is the answer if the way were gone with these steps left out. */
  without(off: ReadonlySet<Switch>): Answer | null;
  /** picture paints an image as the net sees it. */
  picture(image: Uint8Array, label: string): HTMLCanvasElement;
}

const find = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;

export function mount(lab: Lab): Drawing {
  let prepared: Prepared | null = null, way: Way | null = null, answer: Answer | null = null, others = 0;
  let bars: Bars | null = null, classes = "", asked = 0, changed = true, fromTest = false, station: Station["name"] = "seen", named = "";
  const off = new Set<Switch>(), times: number[] = [];
  for (const s of lab.address.get("off")?.split(",") ?? []) if (switches.includes(s as Switch)) off.add(s as Switch);
  const pad = new Pad(find<HTMLCanvasElement>("pad"), () => ask(true), true);
  const flow = new Flow(find("flow"), lab), remarks = new Remarks(find("remarks"));

  /** ask answers once a frame, however fast the pen moves. */
  function ask(drawn: boolean): void {
    changed ||= drawn;
    if (asked) return;
    asked = performance.now();
    requestAnimationFrame(() => {
      const since = asked, had = changed;
      asked = 0;
      show();
      if (had) times.push(performance.now() - since);
    });
  }

  function show(): void {
    const net = lab.net;
    if (changed) read(net);
    changed = false;
    find("invite").hidden = !pad.empty;
    for (const id of ["undo", "clear"]) find<HTMLButtonElement>(id).disabled = pad.empty;
    if (net && net.classes.join() !== classes) {
      classes = net.classes.join();
      find("bars").replaceChildren();
      bars = new Bars(find("bars"), net.classes);
    }
    answer = net && lab.image ? lab.answer(lab.image, net) : null;
    bars?.show(answer?.probabilities ?? null);
    say(answer && net ? net.classes[answer.best]! : "", answer ? percent(answer.probabilities[answer.best]!) : "");
    flow.show(answer !== null);
    remarks.show(lab, drawing, others);
  }

  /** read turns what is on the pad into the image that the net wants. */
  function read(net: Loaded | null): void {
    prepared = way = null;
    others = 0;
    let image: Uint8Array | null = null;
    const t = net?.typical?.ink;
    if (net && !pad.empty && !t) {
      const shown = pad.shown, { width, height, pixels } = pad.grey(255);
      const rgba = shown ? shown.rgba : Uint8ClampedArray.from({ length: 4 * pixels.length }, (_, i) => (i % 4 === 3 ? 255 : pixels[i >> 2]!));
      image = fitted(net.program.input, planesOf(shown?.bitmap.height ?? height, shown?.bitmap.width ?? width, rgba));
    } else if (net && t && !pad.empty) {
      let all = prepare(t, pad.grey(255));
      if (all === noInk && pad.shown) all = prepare(t, pad.grey(0));
      if (typeof all === "string") remarks.problem = all;
      else {
        const size = (p: Prepared) => p.steps?.box.longer ?? 0;
        prepared = all.reduce((a, b) => (size(b) > size(a) ? b : a));
        others = all.length - 1;
        way = follow(t, prepared, off);
        image = way.result.pixels;
      }
    }
    if (image || pad.empty) remarks.problem = "";
    if (fromTest && !pad.shown) {
      fromTest = false;
      lab.label = -1;
    }
    stations();
    keep(lab.address, pad);
    lab.show(image, !pad.empty);
  }

  /** stations shows the steps in small, and one of them in large. */
  function stations(): void {
    const all: Station[] = way?.stations ?? [], list = find("thumbs");
    if (!all.some((s) => s.name === station)) station = "seen";
    const at = all.find((s) => s.name === station), had = list.contains(document.activeElement);
    const net = lab.net, size = net?.program.input;
    const shown = find("seen").firstElementChild as HTMLCanvasElement | null, text = at ? at.text : "What the net sees.";
    if (at && shown) {
      repaint(shown, at.picture, room());
      shown.setAttribute("aria-label", at.title);
    } else {
      find("seen").replaceChildren(at ? tile(at.picture, room(), at.title) : lab.image && net ? sees(lab.image, "what the net sees") : blank(size?.height ?? 28, size?.width ?? 28));
    }
    if (find("step").textContent !== text) find("step").textContent = text;
    if (all.map((s) => s.name).join() !== named) {
      named = all.map((s) => s.name).join();
      list.replaceChildren(...all.map((s) => {
        const b = document.createElement("button"), c = canvas(1, 1, "");
        b.type = "button";
        b.setAttribute("role", "radio");
        b.setAttribute("aria-label", s.title);
        b.title = s.title;
        c.setAttribute("aria-hidden", "true");
        b.append(c);
        b.addEventListener("click", () => { station = s.name; stations(); });
        b.addEventListener("keydown", (e) => {
          const names = named.split(","), to = names.indexOf(s.name) + ({ ArrowRight: 1, ArrowLeft: -1 }[e.key] ?? 0);
          if (names[to] && names[to] !== s.name) { e.preventDefault(); station = names[to] as Station["name"]; stations(); }
        });
        return b;
      }));
    }
    all.forEach((s, i) => {
      const b = list.children[i] as HTMLElement;
      b.setAttribute("aria-checked", String(s.name === station));
      b.tabIndex = s.name === station ? 0 : -1;
      repaint(b.firstElementChild as HTMLCanvasElement, s.picture, 28);
    });
    if (had) list.querySelector<HTMLElement>("[aria-checked=true]")?.focus();
  }

  function sees(image: Uint8Array, label: string): HTMLCanvasElement {
    const { channels, height, width } = lab.net!.program.input, c = canvas(height, width, label), plane = height * width, t = lab.net!.typical?.ink;
    if (t) inked(c, t.light_ground ? image.map((v) => 255 - v) : image);
    else paint(c, (i) => (channels === 3 ? [image[i]!, image[plane + i]!, image[2 * plane + i]!] : [image[i]!, image[i]!, image[i]!]));
    return sized(c, room());
  }

  function say(name: string, share: string): void {
    for (const id of ["verdict", "docked"]) {
      const box = find(id);
      box.classList.toggle("long", name.length > 3);
      box.querySelector("b")!.textContent = name;
      box.querySelector("span")!.textContent = share;
    }
  }

  const drawing: Drawing = {
    pad, off, times,
    get way() { return way; },
    get prepared() { return prepared; },
    get answer() { return answer; },
    again() {
      lab.address.set({ off: [...off].join(",") || null });
      ask(true);
    },
    without(less) {
      const t = lab.net?.typical?.ink;
      return t && prepared ? lab.answer(follow(t, prepared, less).result.pixels, lab.net!) : null;
    },
    picture: sees,
  };

  /** open takes a picture, or a model file. */
  async function open(file: Blob): Promise<void> {
    const name = file instanceof File ? file.name : "What was pasted";
    try {
      if (name.endsWith(".safetensors")) {
        const { model } = await lab.post<{ model: string }>(`/api/models?name=${encodeURIComponent(name)}`, new Blob([file]));
        lab.choose({ model, step: -1 });
        return;
      }
      const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none" }).catch(() => { throw new Error(`${name} is no picture that this browser can show`); });
      if (bitmap.width * bitmap.height > 50e6) throw new Error(`${name} has more than 50 million pixels`);
      pad.show(bitmap);
    } catch (e) {
      remarks.problem = sentence((e as Error).message);
      ask(false);
    }
  }

  controls(pad, open);
  gallery(lab, drawing, async (image, label) => {
    const { channels, height, width } = lab.net!.program.input, data = new ImageData(width, height), plane = height * width;
    for (let i = 0; i < plane; i++) {
      const at = (k: number) => image[(channels === 3 ? k * plane : 0) + i]!;
      data.data.set([at(0), at(1), at(2), 255], 4 * i);
    }
    pad.show(await createImageBitmap(data));
    lab.label = label;
    fromTest = true;
  });
  dock(find("sheet"));
  lab.on("net", () => {
    find<HTMLButtonElement>("test").disabled = lab.net === null;
    changed ||= lab.image === null || lab.image.length !== pixels(lab.net);
    ask(false);
  });
  lab.on("theme", () => ask(true));
  roomy.addEventListener("change", () => ask(true));
  restore(lab.address, pad);
  ask(true);
  return drawing;
}

const pixels = (net: Loaded | null): number => (net ? net.program.input.channels * net.program.input.height * net.program.input.width : 0);

/** tile is a picture of ink at a whole multiple of its pixels, or smaller and smooth. */
export function tile(m: Grey, room: number, label: string): HTMLCanvasElement {
  const c = canvas(m.height, m.width, label);
  inked(c, m.pixels);
  return sized(c, room);
}

/** repaint shows another picture on a canvas that stands on the page. */
function repaint(c: HTMLCanvasElement, m: Grey, room: number): void {
  if (c.width !== m.width) c.width = m.width;
  if (c.height !== m.height) c.height = m.height;
  inked(c, m.pixels);
  sized(c, room);
}

export function sized(c: HTMLCanvasElement, room: number): HTMLCanvasElement {
  const longer = Math.max(c.width, c.height), factor = longer > room ? room / longer : Math.floor(room / longer);
  c.style.width = `${c.width * factor}px`;
  c.classList.toggle("smooth", longer > room);
  return c;
}

/** room is how wide the image that the net sees may be. */
const room = (): number => (roomy.matches ? 224 : 168);

const blank = (height: number, width: number): HTMLCanvasElement => tile(new Grey(height, width), room(), "nothing yet");

/** controls are the buttons at the pad, and pictures that are dropped or pasted. */
function controls(pad: Pad, open: (file: Blob) => Promise<void>): void {
  find("undo").addEventListener("click", () => pad.undo());
  find("clear").addEventListener("click", () => pad.clear());
  const pen = find<HTMLInputElement>("pen"), picker = find<HTMLInputElement>("open"), sheet = find("sheet");
  pen.addEventListener("input", () => { pad.width = Number(pen.value); });
  picker.addEventListener("change", () => { if (picker.files?.[0]) void open(picker.files[0]); picker.value = ""; });
  for (const kind of ["dragenter", "dragover"]) addEventListener(kind, (e) => { e.preventDefault(); sheet.classList.add("drop"); });
  addEventListener("dragleave", (e) => { if (!(e as DragEvent).relatedTarget) sheet.classList.remove("drop"); });
  addEventListener("drop", (e) => {
    e.preventDefault();
    sheet.classList.remove("drop");
    const file = (e as DragEvent).dataTransfer?.files[0];
    if (file) void open(file);
  });
  addEventListener("paste", (e) => {
    const file = (e as ClipboardEvent).clipboardData?.files[0];
    if (file) void open(file);
  });
  addEventListener("keydown", (e) => {
    if ((e.ctrlKey || e.metaKey) && e.key === "z" && !pad.empty && !(e.target instanceof HTMLInputElement)) { e.preventDefault(); pad.undo(); }
  });
}

