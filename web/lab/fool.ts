// A test image whose pixels can be changed, one by one, until the net misreads it.
import { percent } from "../src/bars";
import { canvas, colours, mix, paint } from "../src/picture";
import { button, counted, make, replaced } from "./element";
import { best, type Lab, newest } from "./lab";

interface Fooled { before: number; after: number; changed: number }

export class Fool {
  private readonly picture = canvas(28, 28, "");
  private readonly said = make("p", { className: "said" });
  private readonly another = button("Another image", () => this.next());
  private readonly back = button("As it was", () => { this.image.set(this.original); this.paint(); });
  private readonly hand = button("Hand it in", () => this.handIn());
  readonly element = make("div", { className: "fool" }, this.picture, make("div", { className: "stack" },
    make("p", { className: "note" }, "Press a pixel to make it ink, or paper. With the keyboard: arrow keys and the space bar."), this.said, make("p", { className: "orders" }, this.another, this.back, this.hand)));
  private index = -1;
  private looking = false; // for an image
  private of = 1; // images that there are
  private label = -1;
  private original: Uint8Array = new Uint8Array(0);
  private image: Uint8Array = new Uint8Array(0);
  private cursor = [14, 14];
  private to = 255; // what the stroke makes of a pixel

  /** graded is called when something was handed in. */
  constructor(private readonly lab: Lab, private readonly graded: () => void) {
    const p = this.picture;
    p.tabIndex = 0;
    p.setAttribute("role", "application");
    this.said.setAttribute("role", "status");
    p.addEventListener("pointerdown", (e) => { if (e.button === 0) { p.setPointerCapture(e.pointerId); this.at(e, true); } });
    p.addEventListener("pointermove", (e) => { if (p.hasPointerCapture(e.pointerId)) this.at(e, false); });
    p.addEventListener("keydown", (e) => this.key(e));
    p.addEventListener("focus", () => this.paint());
    p.addEventListener("blur", () => this.paint());
    lab.on("net", () => { if (this.element.checkVisibility()) void this.show(); });
    lab.on("theme", () => this.paint());
  }

  /** show begins with an image that the net reads rightly. */
  async show(): Promise<void> {
    if (this.index < 0 && this.lab.net && !this.looking) await this.next();
    else this.paint();
  }

  private async next(): Promise<void> {
    const net = this.lab.net;
    if (!net) return;
    this.looking = true;
    try {
      let image: Uint8Array | undefined;
      for (let tries = 0; tries < 8 && !image; tries++) {
        const from = (this.index + 1) % this.of, index = Array.from({ length: Math.min(20, this.of - from) }, (_, i) => from + i);
        const { images, labels, of } = await this.lab.images(index, net.subject), k = images.findIndex((m, i) => this.lab.answer(m, net).best === labels[i]);
        this.of = of;
        this.index = index[k < 0 ? index.length - 1 : k]!;
        image = images[k];
        this.label = labels[k] ?? -1;
      }
      if (!image) return replaced(this.said, "This net reads none of the first test images rightly: train it first.");
      this.original = image;
      this.image = Uint8Array.from(image);
      this.picture.height = net.program.input.height;
      this.picture.width = net.program.input.width;
      this.paint();
    } catch (e) {
      replaced(this.said, (e as Error).message);
    } finally {
      this.looking = false;
    }
  }

  private get changed(): number { return this.image.reduce((n, v, i) => n + Number(v !== this.original[i]), 0); }

  private at(e: PointerEvent, first: boolean): void {
    const r = this.picture.getBoundingClientRect(), { width, height } = this.picture;
    const x = Math.floor(((e.clientX - r.left - 1) / (r.width - 2)) * width), y = Math.floor(((e.clientY - r.top - 1) / (r.height - 2)) * height);
    if (x < 0 || y < 0 || x >= width || y >= height) return;
    this.cursor = [x, y];
    this.set(first);
  }

  /** set changes the pixel under the cursor; the first one of a stroke says to what. */
  private set(first: boolean): void {
    const plane = this.picture.width * this.picture.height, i = this.cursor[1]! * this.picture.width + this.cursor[0]!;
    if (first) this.to = this.image[i]! < 128 ? 255 : 0;
    for (let at = i; at < this.image.length; at += plane) this.image[at] = this.to;
    this.paint();
  }

  private key(e: KeyboardEvent): void {
    const step = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[e.key], { width, height } = this.picture;
    if (!step && e.key !== " ") return;
    e.preventDefault();
    if (step) this.cursor = [Math.min(Math.max(this.cursor[0]! + step[0]!, 0), width - 1), Math.min(Math.max(this.cursor[1]! + step[1]!, 0), height - 1)];
    else this.set(true);
    this.paint();
  }

  private paint(): void {
    const net = this.lab.net, { input } = net?.program ?? {};
    const fits = net && input && this.image.length === input.channels * input.height * input.width;
    for (const b of [this.another, this.back, this.hand]) b.disabled = !fits;
    if (!fits) return replaced(this.said, "It begins when a net has learned.");
    const { paper, ink } = colours(), focus = document.activeElement === this.picture, accent = colours().low, here = this.cursor[1]! * this.picture.width + this.cursor[0]!;
    paint(this.picture, (i) => (focus && i === here ? mix(accent, ink, this.image[i]! / 510) : mix(paper, ink, this.image[i]! / 255)));
    const { probabilities } = this.lab.answer(this.image, net), k = best(probabilities), n = this.changed;
    this.picture.setAttribute("aria-label", `Test image ${this.index}, a ${net.classes[this.label]}; the cursor is on row ${this.cursor[1]! + 1}, column ${this.cursor[0]! + 1}`);
    replaced(this.said, `It is a ${net.classes[this.label]}. ${counted(n, "pixel")} changed; it is read as ${net.classes[k]}, ${percent(probabilities[k]!)}.`);
  }

  private async handIn(): Promise<void> {
    const s = this.lab.net!.subject, run = this.lab.state.runs.find((r) => r.run === s.run);
    try {
      await this.lab.post<Fooled>(`/api/fool?${this.lab.query({ ...s, step: run && this.lab.subject?.step === newest ? newest : s.step }, { index: this.index })}`, this.image);
      this.graded();
    } catch (e) {
      replaced(this.said, (e as Error).message);
    }
  }
}
