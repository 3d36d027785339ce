// Forking a run: the same bits up to a step, and one setting changed from there on.
import { button, counted, field, make, significant, thousands } from "./element";
import { over, title } from "./history";
import { type Lab, newest, type Summary } from "./lab";
import { type Choices, Form, value } from "./settings";

interface Difference { same: number; step: number; first?: { parameter: string; index: number[]; a: number; b: number }; different: number; of: number }

const free = ["lr", "schedule", "optimizer", "loss"]; // settings that a fork can change

export class Fork {
  readonly open = button("Fork …", () => this.toggle(), { ariaExpanded: "false" });
  readonly element = make("form", { className: "fork", hidden: true });
  private readonly step = make("input", { type: "number", min: "0", step: "1", required: true, name: "step" });
  private readonly said = make("p", { className: "said" });
  private form: Form | null = null;
  private now: Summary | undefined;

  constructor(private readonly lab: Lab, private readonly attempt: (f: () => Promise<void>) => Promise<void>) {
    this.said.setAttribute("role", "status");
    this.element.addEventListener("submit", (e) => { e.preventDefault(); void this.attempt(() => this.fork()); });
  }

  /** show says which run would be forked. */
  show(now: Summary | undefined, c: Choices | null): void {
    this.now = now;
    this.open.disabled = !now || !c || now.step === 0 || now.steps === 0;
    if (c && !this.form) {
      this.form = new Form(c, free);
      this.element.append(make("p", {}, "The fork is the same run, bit for bit, up to a step; from there on with these settings."),
        field("At step", this.step), this.form.element, make("p", { className: "orders" }, make("button", { type: "submit" }, "Fork")), this.said);
    }
  }

  private toggle(): void {
    const now = this.now;
    if (!now || !this.form) return;
    this.element.hidden = !this.element.hidden;
    this.open.ariaExpanded = String(!this.element.hidden);
    if (this.element.hidden) return;
    this.said.textContent = "";
    this.form.set(now.settings);
    this.step.max = String(Math.min(now.step, now.steps - 1));
    this.step.value = String(Math.floor(Math.min(now.step, now.steps - 1) / 2));
    this.step.focus();
  }

  private async fork(): Promise<void> {
    const parent = this.now!, wrong = this.form!.problem;
    if (wrong) throw new Error(wrong);
    const changed = Object.fromEntries(Object.entries(this.form!.value).filter(([k, v]) => v !== value(parent.settings, k)));
    const step = Number(this.step.value), run = await this.lab.post<Summary>(`/api/runs/${parent.run}/fork`, { step, settings: changed, paused: false });
    this.said.textContent = `${cap(title(run.run))} is on its way.`;
    this.lab.choose({ run: run.run, step: newest });
    await this.reached(run.run, step + 2);
    const d = await this.lab.get<Difference>(`/api/compare?a=${parent.run}&b=${run.run}`);
    this.said.textContent = sentence(parent.run, run.run, d);
  }

  /** reached waits until a run has made some steps, or has ended. */
  private async reached(id: string, step: number): Promise<void> {
    for (;;) {
      const run = await this.lab.get<Summary>(`/api/runs/${id}`);
      if (run.step >= step || over(run)) return;
      await new Promise((go) => setTimeout(go, 150));
    }
  }
}

function sentence(a: string, b: string, d: Difference): string {
  if (d.step < 0 || !d.first) return `${cap(title(a))} and ${title(b)} are the same bits: nothing was changed.`;
  const { parameter, index, a: x, b: y } = d.first, same = d.same < 0 ? "" : `${cap(title(a))} and ${title(b)} are the same bits up to step ${thousands(d.same)}. `;
  return `${same}After step ${thousands(d.step)} ${counted(d.different, "weight")} of ${thousands(d.of)} differ; the first is ${parameter}[${index.join(", ")}]: ${significant(x)} and ${significant(y)}.`;
}

const cap = (s: string): string => s[0]!.toUpperCase() + s.slice(1);
