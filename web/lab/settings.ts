// What a training can be set to, as a form; each setting stands in the address, so that
// a link gives the same training.
import type { Address } from "./address";
import { field, make, thousands } from "./element";
import type { Lab, Settings } from "./lab";

interface Word { name: string; what: string }
export interface Choices {
  usual: Settings; data: string[]; models: Word[]; losses: string[]; optimizers: string[]; rates: Record<string, number>; schedules: Word[]; fixed: string[];
}

let asked: Promise<Choices> | null = null;

/** choices are asked for once. */
export function choices(lab: Lab): Promise<Choices> {
  asked ??= lab.get<Choices>("/api/choices").catch((e) => { asked = null; throw e; });
  return asked;
}

type Control = HTMLSelectElement | HTMLInputElement;
interface Setting { key: string; label: string; control: Control }

const words = (all: Word[]): HTMLSelectElement => make("select", {}, ...all.map((w) => make("option", { value: w.name, title: w.what }, w.name)));
const plain = (all: string[]): HTMLSelectElement => words(all.map((name) => ({ name, what: "" })));
const number = (min: number, step: string, max = 1e9): HTMLInputElement => make("input", { type: "number", min: String(min), max: String(max), step, inputMode: "decimal", required: true });

/** wanted says what a number may be. */
function wanted(e: HTMLInputElement, positive: boolean): string {
  const tooMuch = e.validity.rangeOverflow ? ` of at most ${thousands(Number(e.max))}` : "";
  if (positive) return `a positive number${tooMuch}`;
  return tooMuch ? `a whole number${tooMuch}` : `a whole number from ${e.min} on`;
}

/** value is a setting's, wherever it stands. */
export function value(s: Settings, key: string): unknown {
  return key in s.recipe ? s.recipe[key] : (s as unknown as Record<string, unknown>)[key];
}

export class Form {
  readonly element = make("div", { className: "settings" });
  private readonly note = make("p", { className: "note what" });
  private readonly settings: Setting[] = [];

  /** A form of some settings; with a prefix they stand in the address. */
  constructor(private readonly c: Choices, keys: string[], private readonly address?: Address, private readonly prefix = "") {
    const all: [string, string, () => Control][] = [
      ["data", "Data", () => plain(c.data)], ["model", "Model", () => words(c.models)], ["loss", "Loss", () => plain(c.losses)],
      ["optimizer", "Optimiser", () => plain(c.optimizers)], ["lr", "Learning rate", () => number(0, "any", 1e6)], ["schedule", "Schedule", () => words(c.schedules)],
      ["batch", "Batch size", () => number(1, "1", 10000)], ["epochs", "Epochs", () => number(1, "1", 1000)],
      ["images", "Images, 0: all", () => number(0, "1")], ["seed", "Seed", () => number(0, "1", Number.MAX_SAFE_INTEGER)],
    ];
    for (const [key, label, control] of all) {
      if (!keys.includes(key)) continue;
      const s = { key, label, control: control() };
      s.control.name = key;
      s.control.addEventListener("change", () => this.changed(s));
      this.settings.push(s);
      this.element.append(field(label, s.control));
    }
    this.element.append(this.note);
    this.set(c.usual);
    this.fromAddress();
  }

  /** set fills the form in with settings. */
  set(s: Settings): void {
    for (const { key, control } of this.settings) control.value = String(value(s, key) ?? "");
    this.explain();
  }

  /** fromAddress fills in what the address says. */
  fromAddress(): void {
    for (const { key, control } of this.settings) {
      const text = this.address?.get(this.prefix + key);
      if (text !== null && text !== undefined) control.value = text;
    }
    this.explain();
  }

  /** begin fills in the usual settings, but for some. */
  begin(others: Record<string, string>): void {
    this.set(this.c.usual);
    for (const { key, control } of this.settings) if (key in others) control.value = others[key]!;
    this.explain();
    this.toAddress();
  }

  /** named says settings by their labels: "Learning rate 10, Epochs 2". */
  named(which: Record<string, string>): string {
    return this.settings.filter(({ key }) => key in which).map(({ key, label }) => `${key === "images" ? "Images" : label} ${which[key]}`).join(", ");
  }

  /** toAddress writes every setting down. */
  toAddress(): void {
    this.address?.set(Object.fromEntries(this.settings.map(({ key, control }) => [this.prefix + key, control.value])));
  }

  /** problem is what cannot be, and null if nothing is. */
  get problem(): string | null {
    for (const { key, label, control } of this.settings) {
      if (control instanceof HTMLSelectElement && control.value === "") return `${label}: choose one of those offered.`;
      if (control instanceof HTMLInputElement && (!control.checkValidity() || (key === "lr" && Number(control.value) <= 0))) return `${label}: it has to be ${wanted(control, key === "lr")}.`;
    }
    return null;
  }

  /** value is the form's settings, as the server wants them. */
  get value(): Record<string, string | number> {
    return Object.fromEntries(this.settings.map(({ key, control }) => [key, control instanceof HTMLSelectElement ? control.value : Number(control.value)]));
  }

  private changed(s: Setting): void {
    const rate = this.settings.find((o) => o.key === "lr");
    if (s.key === "optimizer" && rate) rate.control.value = String(this.c.rates[s.control.value] ?? rate.control.value);
    this.explain();
    this.toAddress();
  }

  private explain(): void {
    const said = (["model", "schedule"] as const).flatMap((key) => {
      const s = this.settings.find((o) => o.key === key), what = this.c[`${key}s`].find((w) => w.name === s?.control.value)?.what;
      return s && what ? [`${s.control.value}: ${what}.`] : [];
    });
    this.note.textContent = said.join(" ");
  }
}

const short: [string, string][] = [
  ["model", ""], ["data", "data"], ["images", "images"], ["loss", "loss"], ["optimizer", ""], ["lr", "rate"], ["schedule", ""], ["batch", "batch"], ["epochs", "epochs"], ["seed", "seed"],
];

/** inShort names what sets a run apart from the usual one. */
export function inShort(s: Settings, usual: Settings | null): string {
  const said = short.filter(([key]) => key === "model" || (usual && value(s, key) !== value(usual, key)))
    .map(([key, label]) => (label === "epochs" ? `${value(s, key)} epochs` : `${label} ${value(s, key)}`.trim()));
  if (s.fault) said.push(`fault ${s.fault}`);
  return said.join(", ");
}
