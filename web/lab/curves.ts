// Curves over the steps of trainings, drawn by uPlot, labelled at their ends.
import uPlot from "./uplot/uPlot";

/** Line is one curve. A value that is not finite is a gap. */
export interface Line {
  name: string; // at its end
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  look: Look;
}

/** Look tells lines apart without their colours, too. */
export interface Look { colour: "--accent" | "--ink" | "--mute" | "--high"; dash?: number[]; width?: number; dots?: boolean }

/** Rule is a thin line across the plot. */
export interface Rule { value: number; name: string }

export interface Axis {
  title: string;
  height: number;
  range(least: number, most: number): [number, number];
  text(v: number): string;
  rule?: Rule;
}

/** percents and losses are the two kinds of curves. */
export const percents: Axis = {
  title: "Accuracy on the validation images", height: 240, text: (v) => `${Math.round(100 * v)} %`,
  range: (least) => [Math.floor(10 * Math.min(0.75, least)) / 10, 1],
  rule: { value: 0.82, name: "82 %, average images" }, // the tour's first chapter, on MNIST
};
export const losses: Axis = {
  title: "Loss of each batch", height: 240, text: (v) => String(Number(v.toPrecision(3))), range: (_, most) => [0, Number.isFinite(most) && most > 0 ? most * 1.05 : 1],
};

const room = 136; // to the right, for the names; on a phone as much as they need
const face = '13px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif';

export class Curves {
  private plot: uPlot | null = null;
  private lines: Line[] = [];
  private readonly box = document.createElement("div");
  private readonly said = document.createElement("figcaption");
  private mark = -1; // a step to mark
  private longest = 1; // steps

  constructor(at: HTMLElement, private readonly axis: Axis) {
    const figure = document.createElement("figure");
    figure.className = "curves";
    this.box.className = "plot";
    this.box.style.height = `${axis.height}px`;
    this.box.setAttribute("role", "img");
    const title = document.createElement("b");
    title.textContent = axis.title;
    this.said.append(title);
    figure.append(this.said, this.box);
    at.append(figure);
    new ResizeObserver(() => this.fit()).observe(this.box);
  }

  /** show draws some lines over so many steps; the mark is a step, -1 for none. */
  show(lines: Line[], longest: number, mark = -1): void {
    const same = this.plot && lines.length === this.lines.length && lines.every((l, i) => l.name === this.lines[i]!.name && l.look === this.lines[i]!.look);
    this.lines = lines;
    this.mark = mark;
    this.longest = longest;
    this.box.setAttribute("aria-label", this.sentence());
    if (!same) return this.renew();
    this.plot!.setData(this.data());
  }

  /** renew draws in the colours of day or night. */
  renew(): void {
    this.plot?.destroy();
    this.plot = null;
    this.fit();
  }

  private fit(): void {
    const width = this.box.clientWidth;
    if (width === 0) return; // not to be seen
    if (this.plot) return this.plot.setSize({ width, height: this.axis.height });
    this.plot = new uPlot(this.options(width), this.data(), this.box);
  }

  private data(): uPlot.AlignedData {
    if (this.lines.length === 0) return [[0, 1], [null, null]];
    return uPlot.join(this.lines.map((l) => [Array.from(l.x), Array.from(l.y, (v) => (Number.isFinite(v) ? v : null))]) as uPlot.AlignedData[]) as uPlot.AlignedData;
  }

  /** sentence says what the picture shows. */
  private sentence(): string {
    const ends = this.lines.map((l) => ({ name: l.name, v: l.y[l.y.length - 1], at: l.x[l.x.length - 1] })).filter((e) => e.v !== undefined);
    if (ends.length === 0) return `${this.axis.title}: nothing yet`;
    return `${this.axis.title}. ${ends.map((e) => `${e.name}: ${Number.isFinite(e.v!) ? this.axis.text(e.v!) : "no number"} at step ${e.at}`).join("; ")}`;
  }

  /** widest is how many pixels the longest name takes. */
  private widest(): number {
    const ctx = new OffscreenCanvas(1, 1).getContext("2d")!;
    ctx.font = face;
    return Math.max(0, ...[...this.lines, this.axis.rule].map((l) => (l ? ctx.measureText(l.name).width : 0)));
  }

  private options(width: number): uPlot.Options {
    const style = getComputedStyle(document.documentElement), colour = (name: string) => style.getPropertyValue(name).trim();
    const grid = { stroke: colour("--line"), width: 1 }, ticks = { show: false }, { range, text } = this.axis;
    const axis = { stroke: colour("--mute"), font: face, grid, ticks };
    return {
      width, height: this.axis.height, pxAlign: false, legend: { show: false }, cursor: { show: false }, padding: [12, width < 480 ? Math.min(this.widest() + 16, width * 0.36) : room, 0, 0],
      scales: { x: { time: false, range: () => [0, this.longest] }, y: { range: (_, least, most) => range(least ?? 0, most ?? 1) } },
      axes: [
        { ...axis, grid: { show: false }, size: 28, gap: 4, space: 64, values: (_, all) => all.map((v) => (Number.isInteger(v) ? v.toLocaleString("en-US") : "")) },
        { ...axis, size: 48, gap: 4, space: 40, values: (_, all) => all.map(text) },
      ],
      series: [{}, ...(this.lines.length ? this.lines : [null]).map((l) => ({
        stroke: colour(l?.look.colour ?? "--mute"), width: l?.look.width ?? 1.5, dash: l?.look.dash, spanGaps: true, points: { show: l?.look.dots ?? false, size: 5 },
      }))],
      hooks: { drawClear: [(u) => this.rules(u, colour)], draw: [(u) => this.names(u, colour)] },
    };
  }

  /** rules draws what lies behind the curves. */
  private rules(u: uPlot, colour: (name: string) => string): void {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.lineWidth = devicePixelRatio;
    if (this.axis.rule) {
      const y = u.valToPos(this.axis.rule.value, "y", true);
      ctx.strokeStyle = colour("--edge");
      line(ctx, bbox.left, y, bbox.left + bbox.width, y);
    }
    if (this.mark >= 0) {
      const x = u.valToPos(this.mark, "x", true);
      ctx.strokeStyle = colour("--accent");
      line(ctx, x, bbox.top, x, bbox.top + bbox.height);
    }
    ctx.restore();
  }

  /** names writes each line's name at its end, and moves names apart that meet. */
  private names(u: uPlot, colour: (name: string) => string): void {
    const { ctx, bbox } = u, ratio = devicePixelRatio, right = bbox.left + bbox.width;
    const all = this.lines.flatMap((l) => {
      let k = l.y.length - 1;
      while (k >= 0 && !Number.isFinite(l.y[k]!)) k--;
      return k < 0 ? [] : [{ text: l.name, y: u.valToPos(l.y[k]!, "y", true), x: u.valToPos(l.x[k]!, "x", true), colour: colour(l.look.colour === "--high" ? "--ink" : l.look.colour) }]; // orange letters would be too faint by day
    });
    if (this.axis.rule) all.push({ text: this.axis.rule.name, y: u.valToPos(this.axis.rule.value, "y", true), x: right, colour: colour("--mute") });
    const apart = 17 * ratio, low = bbox.top + bbox.height;
    const places = all.map((a, i) => ({ i, y: Math.min(Math.max(a.y, bbox.top), low) })).sort((a, b) => a.y - b.y);
    for (let k = 1; k < places.length; k++) places[k]!.y = Math.max(places[k]!.y, places[k - 1]!.y + apart);
    for (let k = places.length - 1, most = low; k >= 0; k--, most -= apart) places[k]!.y = Math.min(places[k]!.y, most);
    ctx.save();
    ctx.font = face.replace("13px", `${13 * ratio}px`);
    ctx.textBaseline = "middle";
    ctx.textAlign = "left";
    for (const p of places) {
      const a = all[p.i]!;
      ctx.fillStyle = a.colour;
      ctx.strokeStyle = colour("--line");
      if (right - a.x > 2) line(ctx, a.x, a.y, right, p.y);
      ctx.fillText(a.text, right + 8 * ratio, p.y, u.ctx.canvas.width - right - 8 * ratio);
    }
    ctx.restore();
  }
}

function line(ctx: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}
