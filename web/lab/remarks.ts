// In what a drawing is unlike the training images, and what mends it at one click.
import { Grey } from "../src/grey";
import { measure, type Ink } from "../src/measure";
import { wantedSide } from "../src/prepare";
import { unlike } from "../src/unlike";
import type { Drawing } from "./draw";
import type { Lab } from "./lab";
import type { Switch } from "./way";

interface Remark { text: string; mend?: [string, () => void] }

/** back names what switching a step on again does. */
const back: Record<Switch, string> = { ink: "Make the ink light on dark", box: "Crop it", scaled: "Scale it", strokes: "Mend the strokes", centred: "Centre it" };

export class Remarks {
  problem = ""; // why there is no answer
  private said = "";

  constructor(private readonly at: HTMLElement) {}

  show(lab: Lab, drawing: Drawing, others: number): void {
    const all = this.problem ? [{ text: this.problem }] : this.all(lab, drawing, others), said = all.map((r) => r.text).join("\n");
    if (said === this.said) return;
    this.said = said;
    const had = this.at.contains(document.activeElement);
    this.at.replaceChildren(...all.map(({ text, mend }: Remark) => {
      const p = document.createElement("p");
      p.append(text);
      if (mend) {
        const b = document.createElement("button");
        b.type = "button";
        b.textContent = mend[0];
        b.addEventListener("click", mend[1]);
        p.append(" ", b);
      }
      return p;
    }));
    if (had) document.getElementById("pad")!.focus();
  }

  private all(lab: Lab, drawing: Drawing, others: number): Remark[] {
    const net = lab.net, remarks: Remark[] = [];
    if (!net || !lab.image || !drawing.answer) return remarks;
    if (others > 0) {
      remarks.push({
        text: `${others + 1} drawings stand on the pad, and the largest is read.`,
        mend: drawing.pad.drawn.length > 1 ? ["Take the last stroke back", () => drawing.pad.undo()] : undefined,
      });
    }
    const t = net.typical?.ink, off = t && drawing.prepared?.steps ? [...drawing.off] : [];
    const said = net.typical ? unlike(net.typical, net.program.input, lab.image, drawing.answer.logits) : [];
    said.forEach((text, i) => remarks.push({ text, mend: i === 0 ? this.mend(drawing, off, t ?? null, lab.image!) : undefined }));
    if (said.length === 0 && off.length) remarks.push({ text: "A step of the way in is left out.", mend: this.mend(drawing, off, t ?? null, lab.image) });
    return remarks;
  }

  /** mend is what can be done here: a step that was left out is gone again, or the
   * drawing is drawn with a pen that fits. */
  private mend(drawing: Drawing, off: Switch[], t: Ink | null, image: Uint8Array): [string, () => void] | undefined {
    if (off.length) {
      return [off.length === 1 ? back[off[0]!] : "Go the whole way in", () => { drawing.off.clear(); drawing.again(); }];
    }
    const box = drawing.prepared?.steps?.box;
    if (!t || !box || drawing.pad.drawn.length === 0) return undefined;
    const m = measure(t, new Grey(t.height, t.width, image)), room = (t.stroke.high - t.stroke.low) / 20;
    if (m.stroke >= t.stroke.low - room && m.stroke <= t.stroke.high + room && m.amount <= t.amount.high && m.amount >= t.amount.low) return undefined;
    // A pen of p places becomes p * side / box pixels; the box shrinks with the pen.
    const had = Math.max(...drawing.pad.drawn.map((s) => s.width)), middle = box.longer - had, part = t.stroke.median / wantedSide(t);
    const width = Math.min(Math.max(Math.round((part * middle) / (1 - part)), 8), 48);
    if (Math.abs(width - had) < 2) return undefined;
    return ["Draw it with a fitting pen", () => { drawing.pad.drawn = drawing.pad.drawn.map((s) => ({ ...s, width })); }];
  }
}
