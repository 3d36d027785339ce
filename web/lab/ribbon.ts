// How the answer to the drawing came about: a column for each moment of a training, a
// row for each class, and ink for its probability.
import { canvas, colours, mix, paint } from "../src/picture";
import { make, replaced, thousands } from "./element";
import { percent } from "../src/bars";

export interface Moment { step: number; probabilities: ArrayLike<number> }

export class Ribbon {
  private picture = canvas(1, 1, "");
  private readonly names = make("ol", { className: "names" });
  private readonly mark = make("i", { hidden: true });
  private readonly box = make("div", { className: "ribbon" }, this.names, make("div", { className: "time" }, this.picture, this.mark));
  private readonly scale = make("p", { className: "note" });
  readonly figure = make("figure", {}, make("figcaption", {}, make("b", {}, "Your drawing’s answer, step by step")), this.box, this.scale);
  private classes = "";

  /** show paints moments; drawn says whether anything is on the pad, and at is the one to mark, -1 for none. */
  show(moments: Moment[], classes: string[], drawn: boolean, at = -1): void {
    if (classes.join("\n") !== this.classes) {
      this.classes = classes.join("\n");
      this.names.replaceChildren(...classes.map((c) => make("li", {}, c)));
      this.names.setAttribute("aria-hidden", "true");
    }
    const rows = classes.length || 10; // before they are known: what comes is to move nothing
    this.box.style.height = `${Math.max(120, Math.min(rows * 20, 400))}px`;
    const width = Math.max(moments.length, 1), { paper, ink } = colours();
    if (this.picture.width !== width || this.picture.height !== classes.length) {
      this.picture.width = width;
      this.picture.height = Math.max(classes.length, 1);
    }
    paint(this.picture, (i) => {
      const m = moments[i % width], k = Math.floor(i / width);
      return m ? mix(paper, ink, m.probabilities[k] ?? 0) : paper;
    });
    this.mark.hidden = at < 0;
    this.mark.style.transform = `translateX(${(100 * (at + 0.5)) / width}%)`; // of its own width, which is the ribbon's
    const last = moments[at < 0 ? moments.length - 1 : at];
    let text = drawn ? "Your drawing’s answer forms here while a net learns." : "Draw a digit above, and see the answer form.";
    if (last && last.probabilities.length) {
      let best = 0;
      for (let k = 1; k < last.probabilities.length; k++) if (last.probabilities[k]! > last.probabilities[best]!) best = k;
      text = `After ${thousands(last.step)} steps: ${classes[best]}, ${percent(last.probabilities[best]!)}. Ink is probability.`;
    } else if (last) text = `After ${thousands(last.step)} steps: no numbers.`;
    replaced(this.scale, text);
    this.picture.setAttribute("aria-label", text);
  }
}
