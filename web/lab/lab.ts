// The lab as the page knows it: what the server says, the net that is asked, and what is
// on the pad. Each part of the page listens for what it shows.
import type { Program } from "../src/net";
import { Net, numbers, softmax } from "../src/net";
import type { Typical } from "../src/unlike";
import { Address } from "./address";

/** The types are those of package lab; its documentation says what the keys mean. */
export interface Subject { model?: string; run?: string; step: number }
export interface EpochPoint { epoch: number; step: number; train_loss: number; valid_loss?: number; accuracy?: number; confusion?: number[][] }
export interface Settings { data: string; images: number; seed: number; fault: string; recipe: Record<string, unknown> & { model: string; loss: string } }
export interface Summary {
  run: string; state: "waiting" | "running" | "paused" | "done" | "stopped" | "diverged" | "failed"; problem?: string; settings: Settings;
  program: { from: number; settings: Settings }[]; parent?: string; fork?: number; step: number; steps: number; batches: number; loss?: number;
  epochs: EpochPoint[]; doctor?: unknown[]; seconds: number; watched: number;
}
export interface ModelSummary { model: string; name: string; architecture: string; classes: string[]; channels: number; height: number; width: number; numbers: number }
export interface State { data: string[]; models: ModelSummary[]; runs: Summary[] }
export interface Steps { run: string; from: number; to: number; of: number; loss: number; accuracy: number; lr: number; seconds: number; weights: number }

/** Loaded is a net in the browser. */
export interface Loaded {
  subject: Subject; // with the step that the weights belong to
  name: string; // of its architecture
  program: Program;
  net: Net;
  classes: string[];
  temperature: number;
  typical: Typical | null;
  nodes: number[]; // of the server's graph, for each value of the net
}

/** Task is a question of the tab "Experiments", with the settings that it begins with. */
export interface Task { question: string; do: string; settings: Record<string, string> }

/** Answer is what the net makes of an image. */
export interface Answer { logits: Float32Array; probabilities: Float64Array; best: number }

/** What can be listened for, and what comes with it. */
export interface Events {
  state: void; // runs or models were begun, changed or deleted
  steps: Steps & { run: string };
  epoch: EpochPoint & { run: string };
  subject: void; // another net is asked; it may not be loaded yet
  net: void; // lab.net has other weights, or is another net
  image: void; // lab.image is another one
  label: void; // the visitor has said what the drawing is
  theme: void; // day or night; pictures are painted again
  lost: boolean; // whether the lab can be reached
}

export const newest = -1; // a subject's step

export class Lab {
  state: State = { data: [], models: [], runs: [] };
  readonly address = new Address();
  net: Loaded | null = null;
  problem = ""; // why there is no net
  image: Uint8Array | null = null; // as the net wants it: channels x height x width
  drawn = false; // whether anything is on the pad; without a net there is no image of it
  task: Task | null = null; // what the visitor set out to answer
  private readonly to = new Map<string, Set<(with_: never) => void>>();
  private loading = false;
  private again = false;

  /** on calls f whenever it happens, and returns what ends that. */
  on<K extends keyof Events>(what: K, f: (with_: Events[K]) => void): () => void {
    const all = this.to.get(what) ?? new Set();
    this.to.set(what, all);
    all.add(f as never);
    return () => void all.delete(f as never);
  }

  tell<K extends keyof Events>(what: K, with_: Events[K]): void {
    for (const f of this.to.get(what) ?? []) (f as (w: Events[K]) => void)(with_);
  }

  /** subject is the net that is asked: that of the address, or the newest run. */
  get subject(): Subject | null {
    const a = this.address, { runs, models } = this.state;
    const step = a.number("step") ?? newest, run = a.get("run"), model = a.get("model");
    if (run && runs.some((r) => r.run === run)) return { run, step };
    if (model && models.some((m) => m.model === model)) return { model, step: newest };
    if (runs.length) return { run: runs.at(-1)!.run, step: newest };
    return models.length ? { model: models[0]!.model, step: newest } : null;
  }

  /** choose asks another net from now on. */
  choose(s: Subject): void {
    this.address.set({ run: s.run ?? null, model: s.model ?? null, step: s.run && s.step >= 0 ? String(s.step) : null });
    this.tell("subject", undefined);
    void this.load();
  }

  /** label is what the visitor says that the drawing is; -1 for nothing. */
  get label(): number { return this.address.number("label") ?? -1; }
  set label(k: number) {
    this.address.set({ label: k < 0 ? null : String(k) });
    this.tell("label", undefined);
  }

  /** show says what the net is to look at. */
  show(image: Uint8Array | null, drawn: boolean): void {
    this.image = image;
    this.drawn = drawn;
    this.tell("image", undefined);
  }

  /** answer asks the net in the browser about an image. */
  answer(image: Uint8Array, of: Loaded): Answer {
    const logits = of.net.logits(numbers(of.program.input, image)).slice(), probabilities = softmax(logits, of.temperature);
    return { logits, probabilities, best: best(logits) };
  }

  /** query is a subject as the server wants it: "run=r1&step=20&terms=12". */
  query(s: Subject | null, more: Record<string, string | number> = {}): string {
    const q = new URLSearchParams();
    if (s?.run) q.set("run", s.run);
    if (s?.run && s.step >= 0) q.set("step", String(s.step));
    if (s?.model) q.set("model", s.model);
    for (const [k, v] of Object.entries(more)) q.set(k, String(v));
    return q.toString();
  }

  /** get reads JSON; the error is the server's sentence. */
  async get<T>(path: string): Promise<T> { return (await this.fetch("GET", path)).json() as Promise<T>; }

  /** post sends an image's bytes, a file, or JSON. */
  async post<T>(path: string, body?: Uint8Array | Blob | object, method = "POST"): Promise<T> {
    return (await this.fetch(method, path, body)).json() as Promise<T>;
  }

  /** floats reads numbers with their shape. */
  async floats(path: string, body?: Uint8Array): Promise<{ values: Float32Array; shape: number[]; step: number }> {
    const r = await this.fetch(body ? "POST" : "GET", path, body);
    const values = new Float32Array(await r.arrayBuffer()); // both sides are little-endian
    return { values, shape: shapeOf(r), step: Number(r.headers.get("Inkling-Step") ?? newest) };
  }

  /** images reads images that the net is judged on, with what they show; of is how many
   * there are. */
  async images(index: number[], s = this.subject): Promise<{ images: Uint8Array[]; labels: number[]; of: number }> {
    const r = await this.fetch("GET", `/api/images?${this.query(s, { index: index.join(",") })}`);
    const all = new Uint8Array(await r.arrayBuffer()), n = all.length / index.length;
    return {
      images: index.map((_, i) => all.slice(i * n, (i + 1) * n)), of: Number(r.headers.get("Inkling-Images")),
      labels: (r.headers.get("Inkling-Labels") ?? "").split(" ").map(Number),
    };
  }

  private async fetch(method: string, path: string, body?: Uint8Array | Blob | object): Promise<Response> {
    const headers: Record<string, string> = {};
    let send: BodyInit | undefined;
    if (body instanceof Blob) {
      headers["Content-Type"] = body.type || "application/octet-stream";
      send = body;
    } else if (body instanceof Uint8Array) {
      headers["Content-Type"] = "application/octet-stream";
      send = body as Uint8Array<ArrayBuffer>;
    } else if (body) {
      headers["Content-Type"] = "application/json";
      send = JSON.stringify(body);
    }
    let r: Response;
    try {
      r = await fetch(path, { method, headers, body: send });
    } catch {
      throw new Error("The lab does not answer. Is it still running?");
    }
    if (r.ok) return r;
    const { error } = await r.json().catch(() => ({ error: `${r.status} ${r.statusText}` })) as { error: string };
    throw new Error(sentence(error));
  }

  /** listen follows the server's events, and comes back when the connection is lost. */
  listen(): void {
    const stream = new EventSource("/api/events");
    stream.onmessage = (message) => {
      const e = JSON.parse(message.data as string) as { event: string };
      switch (e.event) {
        case "state": this.state = e as never; this.tell("lost", false); break;
        case "run": this.put(e as never); break;
        case "gone": this.state.runs = this.state.runs.filter((r) => r.run !== (e as never as { run: string }).run); break;
        case "model": this.state.models.push(e as never); break;
        case "steps": this.steps(e as never); return;
        case "epoch": {
          const point = e as never as EpochPoint & { run: string };
          this.state.runs.find((r) => r.run === point.run)?.epochs.push(point);
          this.tell("epoch", point);
          return;
        }
      }
      this.tell("state", undefined);
      void this.load();
    };
    stream.onerror = () => this.tell("lost", true);
  }

  private put(run: Summary): void {
    const at = this.state.runs.findIndex((r) => r.run === run.run);
    if (at < 0) this.state.runs.push(run);
    else this.state.runs[at] = run;
  }

  private steps(e: Steps): void {
    const run = this.state.runs.find((r) => r.run === e.run);
    if (run) { run.step = e.to; run.steps = e.of; run.loss = e.loss; run.seconds = e.seconds; }
    const s = this.subject;
    if (s?.run === e.run && s.step === newest && this.net?.subject.step !== e.weights) void this.load(); // one drawing for both
    else this.tell("steps", e);
  }

  /** load brings the subject's net into the browser, or its newer weights, one after the
   * other: what comes meanwhile is loaded next. */
  async load(): Promise<void> {
    if (this.loading) { this.again = true; return; }
    this.loading = true;
    try {
      do {
        this.again = false;
        await this.loadOnce();
      } while (this.again);
    } finally {
      this.loading = false;
    }
  }

  private known = ""; // what `net` was made of: the subject's name, and whether it has ended
  private async loadOnce(): Promise<void> {
    const s = this.subject;
    if (!s) return;
    const run = this.state.runs.find((r) => r.run === s.run);
    if (run && (run.state === "waiting" || run.steps === 0)) return; // nothing to ask yet
    const ended = !run || !["running", "paused"].includes(run.state), known = `${s.run ?? s.model}/${s.step}/${ended}`;
    if (known === this.known && (ended || s.step !== newest)) return;
    try {
      const program = known === this.known ? null : await this.get<Program & Omit<Loaded, "name" | "program" | "net"> & { model: string }>(`/api/program?${this.query(s)}`);
      const { values, step } = await this.floats(`/api/program/weights?${this.query(s)}`);
      if (program) {
        const { model, classes, temperature, typical, nodes } = program;
        this.net = { subject: { ...s, step }, name: model, program, net: new Net(program, values), classes, temperature, typical, nodes };
      } else {
        this.net!.net.learn(values);
        this.net!.subject.step = step;
      }
      this.known = known;
      this.problem = "";
    } catch (e) {
      this.net = null;
      this.known = "";
      this.problem = (e as Error).message;
    }
    this.tell("net", undefined);
  }
}

const shapeOf = (r: Response): number[] => (r.headers.get("Inkling-Shape") ?? "").split(" ").map(Number);

/** best is the place of the greatest number. */
export function best(values: ArrayLike<number>): number {
  let k = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[k]!) k = i;
  return k;
}

/** sentence begins with a capital, unless with a file's name, and ends with a full stop. */
export const sentence = (s: string): string => s && (/^\S+\.\w/.test(s) ? s : s[0]!.toUpperCase() + s.slice(1)) + (/[.?]$/.test(s) ? "" : ".");
