// The lab's page: the pad and what the net makes of it above, tabs below.
import { mount as draw } from "./draw";
import { Lab, newest, type Subject } from "./lab";
import { Tabs } from "./tabs";
import { mount as bugs } from "./bugs";
import { mount as experiments } from "./experiments";
import { mount as inside } from "./inside";
import { mount as mistakes } from "./mistakes";
import { mount as time } from "./time";
import { mount as train } from "./train";
import { mount as wayIn } from "./wayin";

const lab = new Lab();
const pad = draw(lab);
new Tabs(lab.address, document.getElementById("tabs")!, document.getElementById("panels")!, [
  ["way", "The way in", (e) => wayIn(e, lab, pad)],
  ["inside", "Look inside", (e) => inside(e, lab, pad)],
  ["train", "Train", (e) => train(e, lab)],
  ["time", "Time machine", (e) => time(e, lab)],
  ["mistakes", "Mistakes", (e) => mistakes(e, lab)],
  ["bugs", "Museum of bugs", (e) => bugs(e, lab)],
  ["experiments", "Experiments", (e) => experiments(e, lab)],
]);

const select = document.getElementById("subject") as HTMLSelectElement, status = document.getElementById("status")!;
const value = (s: Subject): string => (s.run ? `${s.run}/${s.step}` : `${s.model}`);

/** list offers every run and model to be asked. */
function list(): void {
  const now = lab.subject, options: [Subject, string][] = [];
  for (const r of lab.state.runs) {
    options.push([{ run: r.run, step: newest }, `run ${r.run.slice(1)}: ${r.settings.recipe.model}${r.settings.fault ? ", " + r.settings.fault : ""}`]);
    if (now?.run === r.run && now.step !== newest) options.push([now, `run ${r.run.slice(1)} after ${thousands(now.step)} steps`]);
  }
  for (const m of lab.state.models) options.push([{ model: m.model, step: newest }, m.name]);
  select.replaceChildren(...options.map(([s, name]) => new Option(name, value(s))));
  if (options.length === 0) select.add(new Option("no net yet"));
  select.disabled = options.length === 0;
  if (now) select.value = value(now);
  select.onchange = () => lab.choose(options[select.selectedIndex]![0]);
}

function say(): void {
  const s = lab.subject, run = lab.state.runs.find((r) => r.run === s?.run);
  if (lab.problem) status.textContent = lab.problem;
  else if (run && run.steps === 0) status.textContent = "It is about to learn …";
  else if (run && s!.step !== newest) status.textContent = `as it was after ${thousands(s!.step)} of ${thousands(run.steps)} steps`;
  else if (run) status.textContent = `${words[run.state]}, ${thousands(run.step)} of ${thousands(run.steps)} steps on ${run.settings.data}`;
  else if (s) status.textContent = "a model file";
  else if (lab.state.data.length) status.textContent = "Nothing has been trained yet.";
}

const words = { waiting: "waiting", running: "learning", paused: "paused", done: "trained", stopped: "stopped", diverged: "diverged", failed: "failed" };
const thousands = (n: number): string => n.toLocaleString("en-US");

for (const what of ["state", "subject"] as const) lab.on(what, () => { list(); say(); });
for (const what of ["steps", "net"] as const) lab.on(what, say);
lab.on("lost", (lost) => { if (lost) status.textContent = "The lab does not answer. Is it still running?"; });
lab.address.on(() => { lab.tell("subject", undefined); void lab.load(); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => lab.tell("theme", undefined));
lab.listen();

// What sticks below the pad has to know how much of the window the pad takes.
const above = document.getElementById("top")!;
new ResizeObserver(() => document.documentElement.style.setProperty("--top", `${above.offsetHeight}px`)).observe(above);

// For the console, and for whoever wants to look closer.
Object.assign(globalThis, { inkling: { lab, pad } });
