// The tab "Museum of bugs": a fault is switched on in a real training, beside its sound
// twin; the curves show the symptom, the doctor names it.
import { Curves, type Look, losses as lossAxis, percents } from "./curves";
import { button, make, replaced, share } from "./element";
import { accuracyLine, Losses, lossLine, over, title } from "./history";
import type { Lab, Summary } from "./lab";

interface Fault { fault: string; title: string; mistake: string; symptom: string; check: string; cure: string }
interface Finding { check: string; fine: boolean; sentence: string }

const faultyLook: Look = { colour: "--high", width: 2.5 }, soundLook: Look = { colour: "--mute", width: 1.5, dash: [7, 4] };
const faultyDots: Look = { ...faultyLook, dots: true }, soundDots: Look = { ...soundLook, dots: true };

export function mount(element: HTMLElement, lab: Lab): void {
  const problem = make("p", { className: "problem" }), shelf = make("div", { className: "exhibits" }), head = make("h2"), on = button("Switch it on", () => attempt(begin), { className: "main" });
  problem.setAttribute("role", "alert");
  shelf.setAttribute("role", "group");
  shelf.ariaLabel = "Faults";
  const mistake = make("dd"), symptom = make("dd"), doctor = make("dd"), cure = make("dd"), text = make("dl", {});
  doctor.setAttribute("role", "status");
  for (const [name, dd] of [["The mistake", mistake], ["The symptom", symptom], ["The doctor", doctor], ["The cure", cure]] as const) text.append(make("dt", {}, name), dd);
  const charts = make("div", { className: "charts" }), loss = new Curves(charts, lossAxis), accuracy = new Curves(charts, percents), said = make("p", { className: "said" });
  const exhibit = make("div", { className: "stack exhibit", hidden: true }, head, make("p", { className: "orders" }, on), said, charts, text);
  const history = new Losses(lab, () => soon());
  element.append(make("div", { className: "stack" }, make("p", {}, "Six mistakes that people make. Choose one and switch it on: two trainings run with the same seed and settings, one of them with the fault."), problem, shelf, exhibit));

  let faults: Fault[] = [], buttons: HTMLButtonElement[] = [];
  const now = (): Fault | undefined => faults.find((f) => f.fault === lab.address.get("bug"));

  async function attempt(f: () => Promise<void>): Promise<void> {
    try {
      replaced(problem, "");
      await f();
    } catch (e) {
      replaced(problem, (e as Error).message);
    }
  }

  const pairs = new Map<string, string>(); // of a faulty run, its twin
  async function begin(): Promise<void> {
    const f = now();
    if (!f) return;
    on.disabled = true;
    if (lab.subject) lab.choose(lab.subject); // the pad stays with its net
    try {
      const { faulty, sound } = await lab.post<{ faulty: Summary; sound: Summary }>(`/api/faults/${f.fault}?seed=${lab.address.number("t.seed") ?? 0}`);
      pairs.set(faulty.run, sound.run);
    } finally {
      on.disabled = false;
    }
    show();
  }

  /** pair is the newest exhibit of a fault: its run, and the twin that began just before. */
  function pair(f: Fault): [Summary | undefined, Summary | undefined] {
    const runs = lab.state.runs, at = (id: string | undefined) => runs.find((r) => r.run === id);
    const faulty = [...runs].reverse().find((r) => r.settings.fault === f.fault && !r.parent);
    return [faulty, faulty && at(pairs.get(faulty.run) ?? `r${Number(faulty.run.slice(1)) - 1}`)];
  }

  function show(): void {
    const f = now();
    exhibit.hidden = !f;
    buttons.forEach((b, i) => b.setAttribute("aria-pressed", String(faults[i] === f)));
    if (!f || element.hidden) return;
    replaced(head, f.title);
    replaced(mistake, f.mistake);
    replaced(symptom, f.symptom);
    replaced(cure, f.cure);
    const [faulty, sound] = pair(f);
    replaced(on, faulty ? "Switch it on again" : "Switch it on");
    const both = [faulty, sound].filter((r) => r !== undefined), longest = Math.max(1, ...both.map((r) => r.steps));
    loss.show(both.map((r) => lossLine(r === faulty ? "with the fault" : "without", history.all(r), longest, r === faulty ? faultyLook : soundLook)), longest);
    accuracy.show(both.map((r) => accuracyLine(`${r === faulty ? "with" : "without"}, ${share(r.epochs.at(-1)?.accuracy)}`, r, r === faulty ? faultyDots : soundDots)), longest);
    const ill = ((faulty?.doctor ?? []) as Finding[]).filter((d) => !d.fine);
    replaced(doctor, !faulty ? "It has not been switched on yet." : ill.length ? ill.map((d) => d.sentence).join(" ") : over(faulty) ? "The doctor found nothing." : "It is being examined …");
    replaced(said, !faulty ? "" : both.every(over) ? `${title(faulty.run)[0]!.toUpperCase()}${title(faulty.run).slice(1)} with the fault: ${outcome(faulty)}. ${sound ? `${title(sound.run)[0]!.toUpperCase()}${title(sound.run).slice(1)} without it: ${outcome(sound)}.` : ""}` : "Both are learning …");
  }

  const outcome = (r: Summary): string => (r.state === "diverged" ? "the numbers fell apart" : `${share(r.epochs.at(-1)?.accuracy)} right`);

  let timer = 0;
  const soon = (): void => { if (!timer && !element.hidden) timer = window.setTimeout(() => { timer = 0; show(); }, 250); };

  void attempt(async () => {
    faults = await lab.get<Fault[]>("/api/faults");
    buttons = faults.map((f) => button(f.title, () => { lab.address.set({ bug: f.fault }, true); show(); }));
    shelf.replaceChildren(...buttons);
    if (!now() && faults[0]) lab.address.set({ bug: faults[0].fault });
    show();
  });
  for (const what of ["state", "steps", "epoch"] as const) lab.on(what, soon);
  lab.on("theme", () => { loss.renew(); accuracy.renew(); });
  lab.address.on(show);
  element.addEventListener("show", show);
}
