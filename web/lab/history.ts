// What the page knows of the runs' losses: all of them, as they come.
import type { Line, Look } from "./curves";
import type { Lab, Summary } from "./lab";

const plotted = 320; // points of a curve

/** Losses follows the losses of some runs. */
export class Losses {
  private readonly of = new Map<string, { values: number[]; busy: boolean }>();

  /** changed is called when more of them are there. */
  constructor(private readonly lab: Lab, private readonly changed: () => void) {}

  /** all are a run's losses so far; more are asked for. */
  all(run: Summary): number[] {
    let have = this.of.get(run.run);
    if (!have) this.of.set(run.run, (have = { values: [], busy: false }));
    if (have.values.length < run.step && !have.busy) void this.more(run.run, have);
    return have.values;
  }

  private async more(run: string, have: { values: number[]; busy: boolean }): Promise<void> {
    have.busy = true;
    try {
      const { values } = await this.lab.floats(`/api/runs/${run}/losses?from=${have.values.length}`);
      for (const v of values) have.values.push(v);
      if (values.length) this.changed();
    } catch {
      this.of.delete(run); // it was deleted, or the lab is gone; another view asks again
    }
    setTimeout(() => { have.busy = false; }, 200); // as often as the eye follows
  }
}

/** lossLine is the curve of a run's losses: means over as many batches as fit a pixel, on
 * places that all the runs of a plot share. */
export function lossLine(name: string, values: number[], longest: number, look: Look): Line {
  const each = Math.max(1, Math.ceil(longest / plotted)), x: number[] = [], y: number[] = [];
  for (let at = 0; at < values.length; at += each) {
    const end = Math.min(at + each, values.length);
    let sum = 0;
    for (let i = at; i < end; i++) sum += values[i]!;
    x.push(at + Math.floor((each - 1) / 2));
    y.push(sum / (end - at));
  }
  return { name, x, y, look };
}

/** accuracyLine is the curve of a run's accuracy after each epoch. */
export function accuracyLine(name: string, run: Summary, look: Look): Line {
  const known = run.epochs.filter((e) => e.accuracy !== undefined);
  return { name, x: known.map((e) => e.step), y: known.map((e) => e.accuracy!), look };
}

/** title is how a run is called. */
export const title = (run: string): string => `run ${run.slice(1)}`;

export const over = (run: Summary): boolean => ["done", "stopped", "diverged", "failed"].includes(run.state);
