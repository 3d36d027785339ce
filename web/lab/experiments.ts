// The tab "Experiments": ten questions that are answered by doing, on the visitor's own
// runs; what counts is measured.
import { button, latest, make, replaced } from "./element";
import { Fool } from "./fool";
import { over } from "./history";
import type { Lab } from "./lab";

interface Experiment { experiment: string; question: string; do: string }
interface Grade { experiment: string; done: boolean; said: string; runs: string[] }

/** begin is the first setting to change for a question, in the form of the tab "Train". */
const begin: Record<string, Record<string, string>> = {
  diverge: { lr: "10", epochs: "2" }, quick: { epochs: "1" }, "few-images": { images: "500" }, hidden: { model: "linear" },
  "by-heart": { images: "200", epochs: "40" }, "same-bits": { seed: "7", epochs: "1" }, batch: { batch: "16", epochs: "1" },
};

export function mount(element: HTMLElement, lab: Lab): void {
  const problem = make("p", { className: "problem" }), score = make("b"), bar = make("progress", { max: 1, value: 0, ariaLabel: "Questions answered" }), questions = make("ol", { className: "questions" });
  problem.setAttribute("role", "alert");
  element.append(make("p", { className: "orders" }, bar, score), problem, questions);
  const items = new Map<string, { item: HTMLElement; mark: HTMLElement; said: HTMLElement; number: number }>();
  const fool = new Fool(lab, () => measure());

  async function load(): Promise<void> {
    const all = await lab.get<Experiment[]>("/api/experiments");
    questions.replaceChildren(...all.map((x, i) => {
      const mark = make("span", { className: "mark" }, String(i + 1)), said = make("p", { className: "note" }, "Not measured yet."), orders = make("p", { className: "orders" });
      said.setAttribute("role", "status");
      const box = make("div", { className: "stack" }, make("h3", {}, x.question), make("p", {}, x.do), said, orders);
      if (x.experiment === "fool") box.append(fool.element);
      else if (x.experiment === "shuffle") orders.append(button("To the museum", () => to("bugs", { bug: "no-shuffle" })));
      else orders.append(button("Set it up", () => { lab.task = { question: x.question, do: x.do, settings: begin[x.experiment] ?? {} }; to("train", {}); }));
      const item = make("li", {}, mark, box);
      item.dataset["experiment"] = x.experiment;
      items.set(x.experiment, { item, mark, said, number: i + 1 });
      return item;
    }));
  }

  /** to opens another tab with some settings. */
  function to(tab: string, settings: Record<string, string>): void {
    lab.address.set(settings);
    document.getElementById(`tab-${tab}`)!.click();
  }

  const measure = latest(async () => {
    if (element.hidden) return;
    try {
      if (items.size === 0) await load();
      let answered = 0;
      for (const [name, { item, mark, said, number }] of items) {
        const g = await lab.get<Grade>(`/api/experiments/${name}/grade`);
        if (g.done) answered++;
        item.classList.toggle("answered", g.done);
        replaced(mark, g.done ? "✓" : String(number));
        mark.ariaLabel = g.done ? `${number}, answered` : String(number);
        replaced(said, g.said);
      }
      bar.max = items.size;
      bar.value = answered;
      replaced(score, `${answered} of ${items.size} answered`);
      replaced(problem, "");
    } catch (e) {
      replaced(problem, (e as Error).message);
    }
  });

  let ended = 0;
  lab.on("state", () => {
    const n = lab.state.runs.filter(over).length;
    if (n !== ended) { ended = n; void measure(); }
  });
  element.addEventListener("show", () => { void measure(); void fool.show(); });
}
