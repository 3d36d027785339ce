// The tab "Mistakes": which classes a net confuses, the images behind each number, and
// what becomes better and worse when it is corrected.
import { canvas, inked } from "../src/picture";
import { percent } from "../src/bars";
import { Confusion } from "./confusion";
import { button, counted, latest, make, replaced, share, thousands } from "./element";
import { over, title } from "./history";
import { type Lab, newest, type Subject, type Summary } from "./lab";
import type { Judged } from "./time";

interface Answered { index: number; name: string; label: number; answer: number; probability: number; of_label: number; before?: number }
interface Change { images: number; before: number; after: number; better: Answered[]; worse: Answered[] }
interface Correction { image: Uint8Array; label: number; what: string }

const listed = 24; // images of a list

export function mount(element: HTMLElement, lab: Lab): void {
  const problem = make("p", { className: "problem" }), head = make("h2"), matrix = new Confusion((label, answer) => { cell = [label, answer]; void list(); });
  problem.setAttribute("role", "alert");
  const what = make("h3"), cards = make("ul", { className: "cards" }), surest = button("The worst mistakes", () => { cell = null; void list(); });
  const basket = make("ul", { className: "cards" }), say = make("select", { ariaLabel: "What your drawing is" });
  const own = button("Add your drawing as a", () => addDrawing()), learn = button("Learn them", () => attempt(correct), { className: "main" });
  const outcome = make("p", { className: "said" }), better = make("ul", { className: "cards" }), worse = make("ul", { className: "cards" });
  const betterHead = make("h3"), worseHead = make("h3"), ask = make("p", { className: "orders" });
  outcome.setAttribute("role", "status");
  const result = make("div", { className: "pair", hidden: true }, make("div", { className: "stack" }, betterHead, better), make("div", { className: "stack" }, worseHead, worse));
  element.append(make("div", { className: "stack" }, problem, make("div", { className: "pair" },
    make("div", { className: "stack" }, head, make("div", { className: "across" }, matrix.table), make("p", { className: "orders" }, surest),
      make("h2", { className: "below" }, "Correct and learn"),
      make("p", {}, "Say what an image or your drawing really is. The net goes on learning from it, among images that it knows, until it reads it rightly."),
      make("p", { className: "orders" }, own, say), basket, make("p", { className: "orders" }, learn), outcome, ask),
    make("div", { className: "stack" }, what, cards)), result));

  let judged: Judged | null = null, of: Subject | null = null, cell: [number, number] | null = null;
  const corrections: Correction[] = [];

  async function attempt(f: () => Promise<void>): Promise<void> {
    try {
      replaced(problem, "");
      await f();
    } catch (e) {
      replaced(problem, (e as Error).message);
    }
  }

  /** judge asks how the net does. Of a training that goes on, at the ends of its epochs. */
  const judge = latest(async () => {
    const s = lab.net?.subject;
    if (!s || element.hidden || (of && lab.query(of) === lab.query(s))) return;
    await attempt(async () => {
      judged = await lab.get<Judged>(`/api/judge?${lab.query(s)}`);
      of = { ...s };
      const wrong = Math.round(judged.images * (1 - judged.accuracy));
      replaced(head, `${counted(wrong, "mistake")} in ${thousands(judged.images)} ${judged.on} images`);
      matrix.show(judged.confusion, judged.classes);
      if (say.options.length !== judged.classes.length) say.replaceChildren(...judged.classes.map((c, k) => new Option(c, String(k))));
      if (lab.label >= 0) say.value = String(lab.label);
    });
    await list();
  });

  const list = latest(async () => {
    const s = of, j = judged;
    if (!s || !j) return;
    matrix.choose(cell?.[0] ?? -1, cell?.[1] ?? -1);
    await attempt(async () => {
      const most = { most: listed }, q = cell ? `cell?${lab.query(s, { label: cell[0], answer: cell[1], ...most })}` : `worst?${lab.query(s, most)}`;
      const all = await lab.get<Answered[]>(`/api/${q}`);
      const n = cell ? j.confusion[cell[0]]![cell[1]]! : 0;
      replaced(what, !cell ? "The worst mistakes, the surest first" : cell[0] === cell[1] ? `${counted(n, "image")} of ${j.classes[cell[0]]} read rightly, the least sure first`
        : `${counted(n, "image")} of ${j.classes[cell[0]]} read as ${j.classes[cell[1]]}, the surest first`);
      await show(cards, all, s, true);
    });
  });

  /** show fills a list with images and what the net says of them. */
  async function show(at: HTMLElement, all: Answered[], s: Subject, mend: boolean): Promise<void> {
    const { images } = all.length ? await lab.images(all.map((a) => a.index), s) : { images: [] };
    const names = judged!.classes;
    at.replaceChildren(...all.map((a, i) => {
      const text = a.before === undefined ? `${names[a.label]} read as ${names[a.answer]}, ${percent(a.probability)}` : `${names[a.label]}: read as ${names[a.before]}, now ${names[a.answer]}`;
      const item = make("li", {}, picture(images[i]!, `image ${a.index}: ${text}`), text.replace(" %", "\u00a0%"));
      if (mend) item.append(relabel(a, images[i]!));
      return item;
    }));
    if (all.length === 0) at.append(make("li", {}, "None."));
  }

  function picture(image: Uint8Array, label: string): HTMLCanvasElement {
    const { height, width } = lab.net!.program.input, c = canvas(height, width, label);
    inked(c, image);
    return c;
  }

  /** relabel is the way to say what an image is; it is in the basket from then on. */
  function relabel(a: Answered, image: Uint8Array): HTMLElement {
    const select = make("select", { ariaLabel: `Image ${a.index} is` }, new Option("It is …", ""), ...judged!.classes.map((c, k) => new Option(c, String(k))));
    select.addEventListener("change", () => {
      if (select.value !== "") add({ image, label: Number(select.value), what: `image ${a.index}` });
      select.value = "";
    });
    return select;
  }

  function addDrawing(): void {
    if (lab.image && say.value !== "") add({ image: lab.image.slice(), label: Number(say.value), what: "your drawing" });
  }

  function add(c: Correction): void {
    const had = corrections.findIndex((o) => o.what === c.what && (c.what !== "your drawing" || o.image.every((v, i) => v === c.image[i])));
    if (had >= 0) corrections[had] = c;
    else corrections.push(c);
    fill();
  }

  function fill(): void {
    basket.replaceChildren(...corrections.map((c, i) => make("li", {}, picture(c.image, `${c.what}, taught as ${judged!.classes[c.label]}`), `${c.what}: ${judged!.classes[c.label]}`, make("br"),
      button("Remove", () => { corrections.splice(i, 1); fill(); learn.focus(); }, { ariaLabel: `Remove ${c.what}` }))));
    enable();
  }

  function enable(): void {
    learn.disabled = corrections.length === 0 || learning || !lab.subject;
    own.disabled = say.disabled = !lab.image || !judged;
  }

  let learning = false;
  async function correct(): Promise<void> {
    const s = of;
    if (!s || learning) return;
    learning = true;
    enable();
    if (lab.subject) lab.choose(lab.subject); // the pad stays with its net
    result.hidden = true;
    ask.replaceChildren();
    try {
      const examples = corrections.map(({ image, label }) => ({ image: base64(image), label }));
      const { run } = await lab.post<Summary>(`/api/correct?${lab.query(s)}`, { examples, seed: 0 });
      replaced(outcome, `${title(run)[0]!.toUpperCase()}${title(run).slice(1)} is learning ${counted(examples.length, "example")} …`);
      const ended = await done(run);
      if (ended.state !== "done") throw new Error(ended.problem ?? `The correction was ${ended.state}.`);
      const q = new URLSearchParams({ after_run: run });
      for (const [k, v] of new URLSearchParams(lab.query(s))) q.set(`before_${k}`, v);
      const c = await lab.get<Change>(`/api/change?${q}`);
      replaced(outcome, `After ${counted(ended.step, "step")} and ${ended.seconds.toFixed(1)} s ${share(c.after)} of ${thousands(c.images)} images are right; before it were ${share(c.before)}.`);
      replaced(betterHead, `Better: ${counted(c.better.length, "image")}`);
      replaced(worseHead, `Worse: ${counted(c.worse.length, "image")}`);
      const after = { run, step: newest };
      await Promise.all([show(better, c.better.slice(0, listed), after, false), show(worse, c.worse.slice(0, listed), after, false)]);
      result.hidden = false;
      ask.append(button(`Ask ${title(run)} from now on`, () => { ask.replaceChildren(); cell = null; lab.choose(after); }));
    } finally {
      learning = false;
      enable();
    }
  }

  const done = (id: string): Promise<Summary> => new Promise((found, lost) => {
    const look = (): void => {
      const r = lab.state.runs.find((o) => o.run === id);
      if (r && !over(r)) return;
      if (!r && !seen) return; // the event of its beginning is on its way
      off();
      if (r) found(r);
      else lost(new Error("The run was deleted."));
    };
    let seen = false;
    const off = lab.on("state", () => { seen ||= lab.state.runs.some((r) => r.run === id); look(); });
    seen = lab.state.runs.some((r) => r.run === id);
    look();
  });

  const running = (): boolean => { const r = lab.state.runs.find((o) => o.run === lab.subject?.run); return r !== undefined && !over(r) && lab.subject?.step === newest; };
  lab.on("net", () => { enable(); if (!running() || !judged) void judge(); if (lab.problem) replaced(problem, lab.problem); });
  lab.on("epoch", () => void judge());
  lab.on("image", enable);
  lab.on("label", () => { if (lab.label >= 0) say.value = String(lab.label); });
  lab.on("theme", () => { fill(); void list(); });
  element.addEventListener("show", () => { enable(); void judge(); });
  enable();
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (const b of bytes) text += String.fromCharCode(b);
  return btoa(text);
}
