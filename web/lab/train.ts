// The tab "Train": choose, start, pause, step, stop and fork trainings, and watch them.
import { Curves, type Look, losses as lossAxis, percents } from "./curves";
import { button, make, replaced, share, significant, thousands } from "./element";
import { Filters } from "./filters";
import { Fork } from "./fork";
import { accuracyLine, Losses, lossLine, over, title } from "./history";
import { type Lab, newest, type Summary, type Task } from "./lab";
import { type Moment, Ribbon } from "./ribbon";
import { type Choices, choices, Form, inShort } from "./settings";

const chosenLook: Look = { colour: "--accent", width: 2.5 }, chosenDots: Look = { ...chosenLook, dots: true };
const others: Look[] = [[], [7, 4], [2, 3], [9, 3, 2, 3]].map((dash) => ({ colour: "--mute", dash, width: 1.5 }));
const mostShown = 6, every = 250; // milliseconds between two drawings: the training has the cores, too

const stateWords: Record<Summary["state"], string> = {
  waiting: "waiting", running: "learning", paused: "paused", done: "trained", stopped: "stopped", diverged: "diverged", failed: "failed",
};

export function mount(element: HTMLElement, lab: Lab): void {
  let c: Choices | null = null, form: Form | null = null;
  const hidden = new Set<string>(), met = new Set<string>(), problem = make("p", { className: "problem" });
  problem.setAttribute("role", "alert");
  const task = make("p", { className: "task", hidden: true }), settings = make("div", { className: "choose" }), start = make("p", { className: "orders" }), list = make("tbody");
  const runs = make("table", { className: "runs" }, make("thead", {}, make("tr", {}, ...["Plot", "Run", "Settings", "State", "Steps", "Loss", "Accuracy", ""].map((t) => make("th", { scope: "col" }, t)))), list);
  const charts = make("div", { className: "charts" }), loss = new Curves(charts, lossAxis), accuracy = new Curves(charts, percents);
  const filters = new Filters(lab), ribbon = new Ribbon(), pictures = make("div", { className: "pair" }, filters.figure, ribbon.figure);
  const orders = make("p", { className: "orders" }), which = make("b"), note = make("span", { className: "note" });
  const history = new Losses(lab, () => soon());
  const order = (what: string) => () => attempt(async () => { await lab.post(`/api/runs/${chosen()!.run}/${what}`); });
  const go = button("Pause", () => order(chosen()?.state === "paused" ? "resume" : "pause")()), step = button("One step", order("step?n=1")), stop = button("Stop", order("stop"));
  const fork = new Fork(lab, attempt);
  orders.append(which, go, step, stop, fork.open, note);
  element.classList.add("train");
  element.append(make("div", { className: "side" }, make("h2", {}, "A training"), make("p", {}, "Choose what learns, and from what, and start it: the pad above asks it while it learns."), task, settings, start, problem), make("div", { className: "main" }, orders, fork.element, charts, pictures, make("div", { className: "across" }, runs)));

  const chosen = (): Summary | undefined => lab.state.runs.find((r) => r.run === lab.subject?.run);

  async function attempt(f: () => Promise<void>): Promise<void> {
    try {
      replaced(problem, "");
      await f();
    } catch (e) {
      replaced(problem, (e as Error).message);
    }
  }

  /** setUp fills in what a question begins with, and says so until a run is started. */
  let taken: Task | null = null;
  function setUp(): void {
    const now = lab.task;
    task.hidden = now === null;
    if (!now || !form || taken === now) return;
    taken = now;
    form.begin(now.settings);
    const changed = form.named(now.settings);
    task.replaceChildren(make("b", {}, now.question), ` ${now.do} ${changed ? `Set for a beginning: ${changed}; the rest is as usual.` : "The settings are the usual ones."} Press Start.`);
  }

  /** begin starts a training with the form's settings. */
  const begin = (paused: boolean) => attempt(async () => {
    const wrong = form!.problem;
    if (wrong) throw new Error(wrong);
    form!.toAddress();
    lab.task = null;
    setUp();
    const run = await lab.post<Summary>("/api/runs", { settings: form!.value, paused });
    lab.choose({ run: run.run, step: newest });
  });

  void attempt(async () => {
    c = await choices(lab);
    form = new Form(c, ["data", "model", "loss", "optimizer", "lr", "schedule", "batch", "epochs", "images", "seed"], lab.address, "t.");
    settings.append(form.element);
    start.append(button("Start", () => begin(false), { className: "main" }), button("Start paused", () => begin(true)));
    start.after(make("p", { className: "note" }, "The address has these settings: who opens the link can start the same training, bit for bit."));
    setUp();
    table();
  });

  // A picture of the answers: live, as the weights come; of a run that has ended, from what is kept.
  let moments: Moment[] = [], of = "", image: Uint8Array | null = null;
  function moment(): void {
    const net = lab.net, run = chosen(), key = `${run?.run}`;
    if (key !== of || image !== lab.image) { moments = []; of = key; image = lab.image; }
    if (!net || !run || !image || lab.subject?.step !== newest || net.subject.run !== run.run || image.length !== pixels()) return;
    if (over(run)) {
      if (moments.length < 2) void kept(run.run, image);
      return;
    }
    if (moments.at(-1)?.step === net.subject.step) return;
    moments.push({ step: net.subject.step, probabilities: lab.answer(image, net).probabilities });
    if (moments.length > 256) moments = moments.filter((_, i) => i % 2 === 0);
  }
  let asking = "";
  async function kept(run: string, of: Uint8Array): Promise<void> {
    if (asking === run && image === of && moments.length) return;
    asking = run;
    try {
      const all = await lab.post<Moment[]>(`/api/runs/${run}/answers`, of);
      if (image === of && chosen()?.run === run) moments = all;
      soon();
    } catch { /* the run was deleted meanwhile */ }
  }
  const pixels = (): number => { const i = lab.net!.program.input; return i.channels * i.height * i.width; };

  let timer = 0, last = 0;
  /** soon draws what has changed, if it can be seen. */
  function soon(): void {
    if (timer || element.hidden) return;
    timer = window.setTimeout(() => requestAnimationFrame(() => { timer = 0; last = performance.now(); draw(); }), Math.max(0, last + every - performance.now()));
  }

  function shown(): Summary[] {
    const all = lab.state.runs.filter((r) => !hidden.has(r.run)), now = chosen();
    const few = all.slice(-mostShown);
    if (now && !hidden.has(now.run) && !few.includes(now)) few[0] = now;
    return few;
  }

  function draw(): void {
    const now = chosen(), all = shown(), longest = Math.max(1, ...all.map((r) => r.steps));
    const look = (r: Summary, i: number, dots: boolean): Look => (r === now ? (dots ? chosenDots : chosenLook) : others[i % others.length]!);
    loss.show(all.map((r, i) => lossLine(title(r.run), history.all(r), longest, look(r, i, false))), longest);
    accuracy.show(all.map((r, i) => accuracyLine(`${title(r.run)}, ${share(r.epochs.at(-1)?.accuracy)}`, r, look(r, i, true))), longest);
    filters.show();
    ribbon.show(moments, lab.net?.classes ?? [], lab.drawn);
    command(now);
    cells();
  }

  function command(now: Summary | undefined): void {
    const ended = !now || over(now);
    replaced(which, now ? title(now.run)[0]!.toUpperCase() + title(now.run).slice(1) : "No run yet");
    replaced(go, now?.state === "paused" ? "Resume" : "Pause");
    for (const b of [go, step, stop]) b.disabled = ended;
    fork.show(now, c);
    const said = now?.problem ?? (now && ended && now.steps ? `${stateWords[now.state]} in ${now.seconds.toFixed(1)} s` : "");
    replaced(note, said);
  }

  const rows = new Map<string, HTMLTableRowElement>();
  /** table makes a row for each run. */
  function table(): void {
    rows.clear();
    for (const r of lab.state.runs) { // the museum has plots of its own
      if (!met.has(r.run) && r.settings.fault) hidden.add(r.run);
      met.add(r.run);
    }
    list.replaceChildren(...[...lab.state.runs].reverse().map((r) => {
      const tick = make("input", { type: "checkbox", checked: !hidden.has(r.run), ariaLabel: `${title(r.run)} on the plots` });
      tick.addEventListener("change", () => { tick.checked ? hidden.delete(r.run) : hidden.add(r.run); soon(); });
      const of = r.parent ? `, ${r.fork ? `from ${title(r.parent)} at step ${thousands(r.fork)}` : `after ${title(r.parent)}`}` : "";
      const gone = button("Delete", () => attempt(async () => { await lab.post(`/api/runs/${r.run}`, undefined, "DELETE"); }), { ariaLabel: `Delete ${title(r.run)}` });
      const row = make("tr", {}, make("td", {}, tick), make("td", {}, button(title(r.run), () => lab.choose({ run: r.run, step: newest }))), make("td", {}, inShort(r.settings, c?.usual ?? null) + of),
        ...[0, 1, 2, 3].map(() => make("td")), make("td", {}, gone));
      rows.set(r.run, row);
      return row;
    }));
    cells();
  }

  function cells(): void {
    for (const r of lab.state.runs) {
      const row = rows.get(r.run);
      if (!row) continue;
      row.classList.toggle("chosen", r.run === lab.subject?.run);
      const td = row.children;
      replaced(td[3]!, stateWords[r.state]);
      replaced(td[4]!, r.steps ? `${thousands(r.step)} of ${thousands(r.steps)}` : "–");
      replaced(td[5]!, r.loss === undefined ? "–" : significant(r.loss));
      replaced(td[6]!, share(r.epochs.at(-1)?.accuracy));
    }
  }

  lab.on("state", () => { if (lab.state.runs.length !== rows.size || lab.state.runs.some((r) => !rows.has(r.run))) table(); moment(); soon(); });
  lab.on("steps", soon);
  lab.on("epoch", soon);
  lab.on("subject", () => { moment(); soon(); });
  lab.on("net", () => { moment(); soon(); });
  lab.on("image", () => { moment(); soon(); });
  lab.on("theme", () => { loss.renew(); accuracy.renew(); soon(); });
  lab.address.on(() => form?.fromAddress());
  element.addEventListener("show", () => { form?.fromAddress(); setUp(); soon(); });
  table();
}
