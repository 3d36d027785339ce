// The confusion matrix as a table: a row for each label, a column for each answer.
// One cell is in the tab order; the arrow keys move between cells.
import { make, replaced } from "./element";

export class Confusion {
  readonly table = make("table", { className: "confusion" });
  private cells: HTMLElement[][] = [];
  private names = "";

  /** press is called with a cell's label and answer; without it there is nothing to press. */
  constructor(private readonly press?: (label: number, answer: number) => void) {
    this.table.addEventListener("keydown", (e) => this.key(e));
  }

  /** show fills in counts [label][answer]. */
  show(counts: number[][], classes: string[]): void {
    if (classes.join("\n") !== this.names) this.make(classes);
    counts.forEach((row, label) => {
      const all = row.reduce((a, b) => a + b, 0) || 1;
      row.forEach((n, answer) => {
        const b = this.cells[label]![answer]!, right = label === answer;
        replaced(b, n ? String(n) : "·");
        if (this.press) {
          b.setAttribute("aria-label", `${classes[label]} read as ${classes[answer]}: ${n}`);
          b.setAttribute("aria-disabled", String(n === 0));
        }
        b.style.setProperty("--part", String(right ? 0 : Math.min(1, (n / all) * 8)));
        b.classList.toggle("right", right);
        b.classList.toggle("none", n === 0);
      });
    });
  }

  /** choose marks a cell; -1 for none. */
  choose(label: number, answer: number): void {
    this.cells.forEach((row, l) => row.forEach((b, a) => b.setAttribute("aria-pressed", String(l === label && a === answer))));
  }

  private make(classes: string[]): void {
    this.names = classes.join("\n");
    const head = make("tr", {}, make("td"));
    for (const c of classes) head.append(make("th", { scope: "col" }, c));
    this.cells = [];
    const rows = classes.map((name, label) => {
      const row = make("tr", {}, make("th", { scope: "row" }, name));
      this.cells.push(classes.map((_, answer) => {
        const b = this.press ? make("button", { type: "button", tabIndex: label + answer ? -1 : 0 }) : make("span");
        b.addEventListener("click", () => { if (b.getAttribute("aria-disabled") === "false") { this.stop(b); this.press?.(label, answer); } });
        row.append(make("td", {}, b));
        return b;
      }));
      return row;
    });
    this.table.replaceChildren(make("caption", {}, "Rows: what it is. Columns: what it was read as."), make("thead", {}, head), make("tbody", {}, ...rows));
  }

  /** stop makes a cell the one that the tab key finds. */
  private stop(b: HTMLElement): void {
    for (const other of this.cells.flat()) other.tabIndex = other === b ? 0 : -1;
  }

  private key(e: KeyboardEvent): void {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[e.key];
    const label = this.cells.findIndex((row) => row.includes(e.target as HTMLElement));
    if (!step || label < 0) return;
    e.preventDefault();
    const answer = this.cells[label]!.indexOf(e.target as HTMLElement), n = this.cells.length;
    const to = this.cells[(label + step[0]! + n) % n]![(answer + step[1]! + n) % n]!;
    this.stop(to);
    to.focus();
  }
}
