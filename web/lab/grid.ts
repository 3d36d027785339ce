// A picture of numbers, each of which can be pointed at: with the mouse, or with the arrow
// keys, and chosen by a click or the Enter key. The number under the pointer stands below.
import { make } from "./element";
import { extent, type Layout, picture, shade } from "./maps";
import { written } from "./numbers";

export class Grid {
  readonly element: HTMLElement;
  private readonly canvas: HTMLCanvasElement;
  private readonly cursor = make("span", { className: "cursor", hidden: true });
  private readonly text = make("p", { className: "readout", ariaLive: "polite" });
  private read: (i: number) => number = () => 0;
  private at = 0;

  constructor(readonly layout: Layout, private readonly times: number, label: string, private readonly name: (i: number) => string, choose: (i: number) => void, private readonly resting = "") {
    this.canvas = picture(layout, times, `${label}. Arrow keys move over the numbers, Enter unfolds one.`);
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    const frame = make("div", { className: "frame" });
    frame.append(this.canvas, this.cursor);
    this.element = make("div", { className: "grid" }, frame, this.text);
    this.text.textContent = resting;
    const under = (e: PointerEvent | MouseEvent): number => {
      const r = this.canvas.getBoundingClientRect();
      return layout.at(Math.floor(((e.clientX - r.left) / r.width) * layout.width), Math.floor(((e.clientY - r.top) / r.height) * layout.height));
    };
    this.canvas.addEventListener("pointermove", (e) => { const i = under(e); if (i >= 0) this.point(i); });
    this.canvas.addEventListener("pointerleave", () => this.leave());
    this.canvas.addEventListener("click", (e) => { const i = under(e); if (i >= 0) { this.point(i); choose(i); } });
    this.canvas.addEventListener("focus", () => this.point(this.at));
    this.canvas.addEventListener("blur", () => this.leave());
    this.canvas.addEventListener("keydown", (e) => {
      if (e.key === "Enter" || e.key === " ") { e.preventDefault(); return choose(this.at); }
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
      if (!way) return;
      e.preventDefault();
      const [x, y] = layout.place(this.at);
      for (const step of [1, 2]) { // over a gap
        const i = layout.at(x + step * way[0]!, y + step * way[1]!);
        if (i >= 0) return this.point(i);
      }
    });
  }

  /** show paints numbers, by their row-major place. */
  show(read: (i: number) => number, values: ArrayLike<number>, signed = false): void {
    this.read = read;
    const { reach, negative } = extent(values);
    shade(this.canvas, this.layout, read, signed || negative, reach);
    if (!this.cursor.hidden) this.point(this.at);
  }

  private point(i: number): void {
    this.at = i;
    const [x, y] = this.layout.place(i), part = (v: number, of: number) => `${(100 * v) / of}%`;
    Object.assign(this.cursor.style, { left: part(x, this.layout.width), top: part(y, this.layout.height), width: part(1, this.layout.width), height: part(1, this.layout.height), minWidth: `${Math.min(this.times, 4)}px` });
    this.cursor.hidden = false;
    this.text.textContent = `${this.name(i)}: ${written(this.read(i))}`;
  }

  private leave(): void {
    this.cursor.hidden = true;
    this.text.textContent = this.resting;
  }
}
