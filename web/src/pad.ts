// The drawing pad: strokes by mouse, pen, finger or keyboard, on a sheet of 280 x
// 280 places whatever size it has on the screen. A picture can lie on it instead.
import { Grey, greyOf } from "./grey";

export const sheet = 280;

export interface Stroke { width: number; points: [number, number][] }

export class Pad {
  /** width of the pen, in places of the sheet. */
  width = 24;
  private strokes: Stroke[] = [];
  private picture: { bitmap: ImageBitmap; rgba: Uint8ClampedArray } | null = null;
  private readonly ink = new OffscreenCanvas(sheet, sheet).getContext("2d", { willReadFrequently: true })!;
  private pointer: number | null = null;
  private cursor: { x: number; y: number; down: boolean } | null = null;

  /** The canvas is drawn on; changed is called after each change. */
  constructor(private readonly canvas: HTMLCanvasElement, private readonly changed: () => void, readonly draws: boolean) {
    if (draws) {
      canvas.addEventListener("pointerdown", (e) => this.down(e));
      canvas.addEventListener("pointermove", (e) => this.move(e));
      for (const end of ["pointerup", "pointercancel", "lostpointercapture"] as const) {
        canvas.addEventListener(end, (e) => { if (e.pointerId === this.pointer) this.pointer = null; });
      }
      canvas.addEventListener("keydown", (e) => this.key(e));
      canvas.addEventListener("blur", () => { this.cursor = null; this.paint(); });
    }
    new ResizeObserver(() => this.paint()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.paint());
  }

  get empty(): boolean { return this.strokes.length === 0 && !this.picture; }
  get shown(): { bitmap: ImageBitmap; rgba: Uint8ClampedArray } | null { return this.picture; }

  /** drawn are the strokes, in the order in which they were drawn. */
  get drawn(): readonly Stroke[] { return this.strokes; }
  set drawn(strokes: readonly Stroke[]) {
    this.picture = null;
    this.strokes = strokes.map((s) => ({ width: s.width, points: s.points.slice() }));
    this.update();
  }

  undo(): void {
    if (this.picture) this.picture = null;
    else this.strokes.pop();
    this.update();
  }

  clear(): void {
    this.picture = null;
    this.strokes = [];
    this.update();
  }

  /** show puts a picture in the place of the drawing. */
  show(bitmap: ImageBitmap): void {
    const at = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d", { willReadFrequently: true })!;
    at.drawImage(bitmap, 0, 0);
    this.strokes = [];
    this.picture = { bitmap, rgba: at.getImageData(0, 0, bitmap.width, bitmap.height).data };
    this.update();
  }

  /** grey is what is on the pad: the picture, on a ground where it is transparent, or
   * the drawing, dark on white. */
  grey(ground: number): Grey {
    if (this.picture) return greyOf(this.picture.bitmap.height, this.picture.bitmap.width, this.picture.rgba, ground);
    this.ink.fillStyle = "#fff";
    this.ink.fillRect(0, 0, sheet, sheet);
    draw(this.ink, this.strokes, "#000");
    return greyOf(sheet, sheet, this.ink.getImageData(0, 0, sheet, sheet).data, 255);
  }

  private update(): void {
    this.paint();
    this.changed();
  }

  private place(e: PointerEvent): [number, number] {
    const r = this.canvas.getBoundingClientRect();
    return [((e.clientX - r.left) / r.width) * sheet, ((e.clientY - r.top) / r.height) * sheet];
  }

  private begin(at: [number, number]): void {
    this.picture = null;
    this.strokes.push({ width: this.width, points: [at] });
    this.update();
  }

  private down(e: PointerEvent): void {
    if (this.pointer !== null || e.button !== 0) return;
    this.canvas.setPointerCapture(e.pointerId);
    this.pointer = e.pointerId;
    this.cursor = null;
    this.begin(this.place(e));
  }

  private move(e: PointerEvent): void {
    if (e.pointerId !== this.pointer) return;
    const all = e.getCoalescedEvents?.() ?? [];
    for (const one of all.length ? all : [e]) this.strokes.at(-1)!.points.push(this.place(one));
    this.update();
  }

  /** Arrow keys move the pen, the space bar puts it down and lifts it. */
  private key(e: KeyboardEvent): void {
    const step = e.shiftKey ? 20 : 5;
    const way = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[e.key];
    if (!way && e.key !== " ") return;
    e.preventDefault();
    const c = (this.cursor ??= { x: sheet / 2, y: sheet / 2, down: false });
    if (way) {
      c.x = Math.min(Math.max(c.x + way[0]!, 0), sheet);
      c.y = Math.min(Math.max(c.y + way[1]!, 0), sheet);
      if (c.down) this.strokes.at(-1)?.points.push([c.x, c.y]);
      if (c.down) this.changed();
      this.paint();
    } else if ((c.down = !c.down)) {
      this.begin([c.x, c.y]);
    } else {
      this.paint();
    }
  }

  private paint(): void {
    const ratio = devicePixelRatio || 1, size = Math.max(1, Math.round(this.canvas.clientWidth * ratio));
    if (this.canvas.width !== size) this.canvas.width = this.canvas.height = size;
    const to = this.canvas.getContext("2d")!, style = getComputedStyle(this.canvas);
    to.setTransform(1, 0, 0, 1, 0, 0);
    to.clearRect(0, 0, size, size);
    if (this.picture) {
      const { bitmap } = this.picture, scale = size / Math.max(bitmap.width, bitmap.height);
      const w = bitmap.width * scale, h = bitmap.height * scale;
      to.imageSmoothingEnabled = scale < 1;
      to.imageSmoothingQuality = "high";
      to.drawImage(bitmap, (size - w) / 2, (size - h) / 2, w, h);
      return;
    }
    to.scale(size / sheet, size / sheet);
    draw(to, this.strokes, style.color);
    if (this.cursor) {
      to.beginPath();
      to.arc(this.cursor.x, this.cursor.y, this.width / 2, 0, 2 * Math.PI);
      to.strokeStyle = style.getPropertyValue("--accent");
      to.lineWidth = this.cursor.down ? 4 : 2;
      to.stroke();
    }
  }
}

/** draw draws strokes with round ends; a touch is a dot. */
function draw(to: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D, strokes: Stroke[], colour: string): void {
  to.strokeStyle = to.fillStyle = colour;
  to.lineCap = to.lineJoin = "round";
  for (const { width, points } of strokes) {
    to.beginPath();
    if (points.length === 1) {
      to.arc(points[0]![0], points[0]![1], width / 2, 0, 2 * Math.PI);
      to.fill();
      continue;
    }
    to.lineWidth = width;
    points.forEach(([x, y], i) => (i ? to.lineTo(x, y) : to.moveTo(x, y)));
    to.stroke();
  }
}
