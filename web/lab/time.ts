// The tab "Time machine": a training that can be scrubbed through. The step stands in the
// address; the net of that step is asked, so the pad above answers as it did then.
import { Confusion } from "./confusion";
import { Curves, type Look, losses as lossAxis } from "./curves";
import { button, field, latest, make, replaced, share, thousands } from "./element";
import { Filters } from "./filters";
import { Losses, lossLine, over, title } from "./history";
import { type Lab, newest, type Summary } from "./lab";
import { type Moment, Ribbon } from "./ribbon";

export interface Judged { images: number; on: string; accuracy: number; per_class: number[]; confusion: number[][]; classes: string[] }

const look: Look = { colour: "--accent", width: 2 };
const frame = 160; // milliseconds of each moment when it plays

export function mount(element: HTMLElement, lab: Lab): void {
  const slider = make("input", { type: "range", min: "0", max: "0", step: "1", value: "0", id: "moment", disabled: true });
  const exact = make("input", { type: "number", min: "0", step: "1", name: "step", disabled: true });
  const play = button("Play", () => (playing ? halt() : begin())), back = button("◂", () => go(at() - 1), { ariaLabel: "One moment back" }), on = button("▸", () => go(at() + 1), { ariaLabel: "One moment on" });
  const now = button("Newest", () => { halt(); const r = run(); if (r) lab.choose({ run: r.run, step: newest }); });
  const said = make("p", { className: "said" }), problem = make("p", { className: "problem" });
  problem.setAttribute("role", "alert");
  slider.setAttribute("aria-label", "Step of the training");
  const charts = make("div"), loss = new Curves(charts, lossAxis), filters = new Filters(lab), ribbon = new Ribbon(), matrix = new Confusion();
  const judged = make("b");
  const confusion = make("figure", {}, make("figcaption", {}, judged), make("div", { className: "across" }, matrix.table));
  const history = new Losses(lab, () => show());
  const scrub = make("div", { className: "scrub" }, back, play, on, slider, field("Step", exact), now), pictures = make("div", { className: "pair" }, charts, ribbon.figure, filters.figure, confusion);
  const train = make("p", { className: "orders" }, button("Start a training", () => document.getElementById("tab-train")!.click()));
  train.hidden = true;
  element.append(scrub, said, train, problem, pictures);

  let steps: number[] = [], of = "", moments: Moment[] = [], image: Uint8Array | null = null, playing = 0;
  const run = (): Summary | undefined => lab.state.runs.find((r) => r.run === lab.subject?.run);
  const step = (): number => { const s = lab.subject?.step ?? newest; return s >= 0 ? s : (lab.net?.subject.step ?? 0); };
  /** at is the place of the last kept step that is not after the one that is shown. */
  const at = (): number => Math.max(0, before(steps, step()));

  function go(k: number): void {
    const r = run(), s = steps[Math.min(Math.max(k, 0), steps.length - 1)];
    if (r && s !== undefined) lab.choose({ run: r.run, step: s });
  }

  function begin(): void {
    if (at() >= steps.length - 1) go(0);
    playing = window.setInterval(() => { if (at() >= steps.length - 1 || element.hidden) halt(); else go(at() + 1); }, frame);
    replaced(play, "Pause");
  }

  function halt(): void {
    clearInterval(playing);
    playing = 0;
    replaced(play, "Play");
  }

  /** kept asks which steps can be shown, and what the net said at each of them. */
  const kept = latest(async () => {
    const r = run();
    if (!r || element.hidden || r.steps === 0) return;
    try {
      const drawn = lab.image, all = await lab.get<number[]>(`/api/runs/${r.run}/steps`);
      if (run()?.run !== r.run) return;
      steps = all;
      of = r.run;
      if (drawn && lab.net && (over(r) || drawn !== image)) moments = await lab.post<Moment[]>(`/api/runs/${r.run}/answers`, drawn);
      if (!drawn) moments = [];
      image = drawn;
      replaced(problem, "");
    } catch (e) {
      replaced(problem, (e as Error).message);
    }
    show();
  });

  let known = "";
  /** judge asks how the net of this step does; while the visitor scrubs, only for where they rest. */
  const judge = latest(async () => {
    const s = lab.net?.subject, key = `${s?.run}/${s?.step}`;
    if (!s?.run || element.hidden || key === known) return;
    try {
      const j = await lab.get<Judged>(`/api/judge?${lab.query(s)}`);
      known = key;
      matrix.show(j.confusion, j.classes);
      replaced(judged, `Confusion on ${thousands(j.images)} ${j.on} images: ${share(j.accuracy)} right`);
      replaced(problem, "");
    } catch (e) {
      replaced(problem, (e as Error).message);
    }
  });

  function show(): void {
    if (element.hidden) return;
    const r = run(), ready = r !== undefined && steps.length > 0 && of === r.run;
    for (const c of [slider, exact, play, back, on, now]) c.disabled = !ready;
    const none = !r && lab.state.data.length > 0; // the lab has said so
    scrub.hidden = pictures.hidden = none;
    train.hidden = !none;
    if (!r || !ready) {
      replaced(said, !r && !none ? "" : r ? "It has not learned anything yet." : lab.subject ? "A model file has no past: what is trained here has one, and can be scrubbed through." : "No run yet: what is trained here can be scrubbed through, step by step.");
      return;
    }
    slider.max = String(steps.length - 1);
    slider.value = String(at());
    slider.setAttribute("aria-valuetext", `step ${thousands(step())}`);
    exact.max = String(r.step);
    if (document.activeElement !== exact) exact.value = String(step());
    const epoch = r.batches ? ` That is ${(step() / r.batches).toFixed(1)} of ${Math.round(r.steps / r.batches)} epochs.` : "";
    replaced(said, `${title(r.run)[0]!.toUpperCase()}${title(r.run).slice(1)} after ${thousands(step())} of ${thousands(r.steps)} steps.${epoch} The pad answers as it did then.`);
    loss.show([lossLine(title(r.run), history.all(r), Math.max(r.steps, 1), look)], Math.max(r.steps, 1), step());
    filters.show();
    ribbon.show(moments, lab.net?.classes ?? [], lab.drawn, before(moments.map((m) => m.step), step()));
  }

  let waiting = 0;
  const soon = (): void => { if (!waiting && !element.hidden) waiting = window.setTimeout(() => { waiting = 0; show(); void kept(); }, 500); };
  slider.addEventListener("input", () => { halt(); go(Number(slider.value)); });
  exact.addEventListener("change", () => { halt(); const r = run(); if (r && exact.checkValidity() && exact.value !== "") lab.choose({ run: r.run, step: Number(exact.value) }); });
  lab.on("state", soon);
  lab.on("epoch", soon);
  lab.on("subject", () => { if (run()?.run !== of) { halt(); steps = []; moments = []; void kept(); } show(); });
  let resting = 0;
  lab.on("net", () => {
    show();
    clearTimeout(resting);
    const r = run();
    if (lab.problem) replaced(problem, lab.problem);
    // A training that goes on is judged at its epochs' ends, not at each of its steps.
    if (r && (over(r) || lab.subject?.step !== newest)) resting = window.setTimeout(judge, 40);
  });
  lab.on("epoch", () => void judge());
  lab.on("image", () => void kept());
  lab.on("theme", () => { loss.renew(); show(); });
  element.addEventListener("show", () => { show(); void kept(); void judge(); });
}

/** before is the place of the last of some steps that is not after one; -1 without one. */
function before(steps: number[], step: number): number {
  let k = steps.length - 1;
  while (k >= 0 && steps[k]! > step) k--;
  return k;
}
