// The net's forward pass: a list of steps that Go wrote (web/program.go), one
// image at a time. Maps lie place by place, (height, width, channels), so that a
// convolution is a sum of products of neighbours. Values and weights are float32,
// sums are float64 until they are stored.

export interface Input {
  channels: number;
  height: number;
  width: number;
  scale: number;
  centre?: number;
  standardize?: boolean;
  mean?: number[];
  std?: number[];
}

export interface Step {
  op: string;
  name?: string;
  from: number[];
  shape: number[];
  weights?: [number, number][];
  size?: number[];
  stride?: number[];
  pad?: number[];
  dilation?: number[];
  scale?: number;
  shift?: number;
  relu?: boolean;
}

export interface Program {
  input: Input;
  steps: Step[];
  floats: number;
}

const product = (shape: number[]): number => shape.reduce((a, b) => a * b, 1);

/** float32s reads base64 of little-endian float32, whatever order the machine has. */
export function float32s(base64: string): Float32Array {
  const text = atob(base64);
  const bytes = new DataView(new ArrayBuffer(text.length));
  for (let i = 0; i < text.length; i++) bytes.setUint8(i, text.charCodeAt(i));
  const values = new Float32Array(text.length / 4);
  for (let i = 0; i < values.length; i++) values[i] = bytes.getFloat32(4 * i, true);
  return values;
}

/** numbers makes what the net sees of an image's bytes, (channels, height, width):
 * numbers in the order (height, width, channels). */
export function numbers(input: Input, bytes: ArrayLike<number>): Float32Array {
  const { channels, height, width } = input, plane = height * width;
  const values = new Float32Array(channels * plane);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < plane; i++) values[i * channels + c] = bytes[c * plane + i]! * input.scale;
  }
  const seen = input.centre ? middle(values, input, input.centre) : values;
  if (input.standardize) {
    let sum = 0, squares = 0;
    for (const v of seen) { sum += v; squares += v * v; }
    const mean = sum / seen.length, variance = Math.max(squares / seen.length - mean * mean, 1 / seen.length);
    for (let i = 0; i < seen.length; i++) seen[i] = (seen[i]! - mean) / Math.sqrt(variance);
  }
  if (input.mean) {
    for (let i = 0; i < seen.length; i++) {
      const c = i % channels;
      seen[i] = (seen[i]! - input.mean[c]!) / input.std![c]!;
    }
  }
  return seen;
}

/** middle enlarges the middle of an image to the full size, between its pixels
 * by bilinear interpolation. */
function middle(from: Float32Array, { channels, height, width }: Input, part: number): Float32Array {
  const to = new Float32Array(from.length);
  for (let y = 0; y < height; y++) {
    const v = (y - (height - 1) / 2) * part + (height - 1) / 2, top = Math.floor(v), below = Math.min(top + 1, height - 1);
    for (let x = 0; x < width; x++) {
      const u = (x - (width - 1) / 2) * part + (width - 1) / 2, left = Math.floor(u), right = Math.min(left + 1, width - 1);
      for (let c = 0; c < channels; c++) {
        const at = (row: number, column: number) => from[(row * width + column) * channels + c]!;
        const above = at(top, left) + (u - left) * (at(top, right) - at(top, left));
        const under = at(below, left) + (u - left) * (at(below, right) - at(below, left));
        to[(y * width + x) * channels + c] = above + (v - top) * (under - above);
      }
    }
  }
  return to;
}

type Run = (x: Float32Array, other: Float32Array, z: Float32Array) => void;

/** Net runs a program. The values of the last run stay in `values`. */
export class Net {
  readonly values: Float32Array[];
  private readonly runs: Run[];

  constructor(readonly program: Program, readonly weights: Float32Array) {
    if (weights.length !== program.floats) throw new Error(`${weights.length} weights came, and the net has ${program.floats}`);
    const input = program.input;
    this.values = [new Float32Array(input.channels * input.height * input.width)];
    this.runs = program.steps.map((step) => {
      this.values.push(new Float32Array(product(step.shape)));
      return this.prepare(step);
    });
  }

  /** learn takes other weights. */
  learn(weights: Float32Array): void {
    if (weights.length !== this.weights.length) throw new Error(`${weights.length} weights came, and the net has ${this.weights.length}`);
    this.weights.set(weights);
  }

  /** shape is that of a value: (channels, height, width), or of a vector. */
  shape(value: number): number[] {
    const { channels, height, width } = this.program.input;
    return value === 0 ? [channels, height, width] : this.program.steps[value - 1]!.shape;
  }

  /** array is the k-th array of weights of a step, as the step uses it. */
  array(step: number, k: number): Float32Array | undefined {
    const at = this.program.steps[step]!.weights?.[k];
    return at && this.weights.subarray(at[0], at[0] + at[1]);
  }

  /** logits asks for one image, as `numbers` makes it. */
  logits(image: Float32Array): Float32Array {
    this.values[0]!.set(image);
    this.program.steps.forEach((step, i) => {
      const x = this.values[step.from[0]!]!;
      this.runs[i]!(x, step.from.length > 1 ? this.values[step.from[1]!]! : x, this.values[i + 1]!);
    });
    return this.values[this.values.length - 1]!;
  }

  private prepare(step: Step): Run {
    const shape = this.shape(step.from[0]!);
    const array = (i: number): Float32Array | undefined => {
      const at = step.weights?.[i];
      return at && this.weights.subarray(at[0], at[0] + at[1]);
    };
    const a = array(0)!, b = array(1);
    switch (step.op) {
      case "conv": return conv(step, shape, a, b);
      case "max-pool": return pool(step, shape, true);
      case "avg-pool": return pool(step, shape, false);
      case "dense": return dense(a, b);
      case "channels": return channels(a, b!, step.from.length > 1, step.relu ?? false);
      case "add": return (x, other, z) => { for (let i = 0; i < z.length; i++) z[i] = x[i]! + other[i]!; };
      case "offset": return (x, _, z) => { for (let i = 0; i < z.length; i++) z[i] = x[i % x.length]! + a[i]!; };
      case "affine": {
        const scale = step.scale ?? 0, shift = step.shift ?? 0;
        return each((v) => scale * v + shift);
      }
      case "relu": return each((v) => (v > 0 ? v : 0));
      case "sigmoid": return each((v) => 1 / (1 + Math.exp(-v)));
      case "tanh": return each(Math.tanh);
      case "abs": return each(Math.abs);
      case "square": return each((v) => v * v);
      case "softmax": return (x, _, z) => z.set(softmax(x));
      case "same": return (x, _, z) => z.set(x);
      case "concat": return (x, other, z) => { z.set(x); z.set(other, x.length); };
      case "flatten": return flatten(shape);
      case "repeat": return (x, _, z) => { for (let i = 0, n = z.length / x.length; i < z.length; i++) z[i] = x[Math.floor(i / n)]!; };
      case "sum-places": return (x, _, z) => { sums(x, z, (i) => i % z.length); };
      case "sum-rows": return (x, _, z) => { const n = x.length / z.length; sums(x, z, (i) => Math.floor(i / n)); };
    }
    throw new Error(`the net has a step "${step.op}", which this page does not know`);
  }
}

const each = (f: (v: number) => number): Run => (x, _, z) => {
  for (let i = 0; i < z.length; i++) z[i] = f(x[i]!);
};

function sums(x: Float32Array, z: Float32Array, of: (i: number) => number): void {
  const total = new Float64Array(z.length);
  for (let i = 0; i < x.length; i++) total[of(i)]! += x[i]!;
  z.set(total);
}

/** flatten gives (height, width, channels) in the order (channels, height, width). */
function flatten(shape: number[]): Run {
  const c = shape[0]!, places = product(shape) / c;
  return (x, _, z) => {
    for (let k = 0; k < c; k++) for (let i = 0; i < places; i++) z[k * places + i] = x[i * c + k]!;
  };
}

/** dense is z = x·w + b, w (inputs, outputs). Inputs of 0, which are paper, cost nothing. */
function dense(w: Float32Array, b: Float32Array | undefined): Run {
  return (x, _, z) => {
    const n = z.length, sum = new Float64Array(n);
    if (b) sum.set(b);
    for (let i = 0; i < x.length; i++) {
      const v = x[i]!;
      if (v === 0) continue;
      for (let j = 0, at = i * n; j < n; j++) sum[j]! += v * w[at + j]!;
    }
    z.set(sum);
  };
}

/** channels is z = x * a[c] + b[c], + what skips, cut off below 0. */
function channels(a: Float32Array, b: Float32Array, skip: boolean, relu: boolean): Run {
  return (x, other, z) => {
    for (let i = 0, c = 0; i < z.length; i++) {
      const v = x[i]! * a[c]! + b[c]! + (skip ? other[i]! : 0);
      z[i] = relu && !(v > 0) ? 0 : v;
      if (++c === a.length) c = 0;
    }
  };
}

interface Window { size: number[]; stride: number[]; pad: number[]; dilation: number[] }

/** conv slides filters w (outputs, down, across, inputs). The taps of a row lie
 * beside each other in the map and in the filter, unless they are dilated. Four
 * outputs are summed at once: a sum waits for the one before it. */
function conv(step: Step, [inputs, height, width]: number[], w: Float32Array, b: Float32Array | undefined): Run {
  const { size, stride, pad, dilation } = step as Required<Window>;
  const [outputs, down, across] = step.shape as [number, number, number];
  const [kh, kw] = size as [number, number], c = inputs!, filter = kh * kw * c;
  const [dy, dx] = dilation as [number, number];
  return (x, _, z) => {
    for (let y = 0; y < down; y++) {
      const top = y * stride[0]! - pad[0]!;
      const firstRow = top < 0 ? Math.ceil(-top / dy) : 0, lastRow = Math.min(kh, Math.ceil((height! - top) / dy));
      for (let u = 0; u < across; u++) {
        const left = u * stride[1]! - pad[1]!;
        const first = left < 0 ? Math.ceil(-left / dx) : 0, last = Math.min(kw, Math.ceil((width! - left) / dx));
        const run = dx === 1 ? Math.max(last - first, 0) * c : c, runs = dx === 1 ? first + 1 : last;
        const to = (y * across + u) * outputs;
        for (let o = 0; o < outputs; o += 4) {
          const more = Math.min(outputs - o, 4);
          const w1 = more > 1 ? filter : 0, w2 = more > 2 ? 2 * filter : 0, w3 = more > 3 ? 3 * filter : 0;
          let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
          for (let row = firstRow; row < lastRow; row++) {
            for (let tap = first; tap < runs; tap++) {
              let from = ((top + row * dy) * width! + left + tap * dx) * c, at = o * filter + (row * kw + tap) * c;
              for (const end = from + run; from < end; from++, at++) {
                const v = x[from]!;
                s0 += v * w[at]!;
                s1 += v * w[at + w1]!;
                s2 += v * w[at + w2]!;
                s3 += v * w[at + w3]!;
              }
            }
          }
          z[to + o] = s0 + (b ? b[o]! : 0);
          if (more > 1) z[to + o + 1] = s1 + (b ? b[o + 1]! : 0);
          if (more > 2) z[to + o + 2] = s2 + (b ? b[o + 2]! : 0);
          if (more > 3) z[to + o + 3] = s3 + (b ? b[o + 3]! : 0);
        }
      }
    }
  };
}

/** pool keeps the greatest number under each place of a window, or the mean, for
 * which padding counts as zeros. */
function pool(step: Step, [c, height, width]: number[], greatest: boolean): Run {
  const { size, stride, pad, dilation } = step as Required<Window>;
  const [, down, across] = step.shape as [number, number, number];
  const taps = size[0]! * size[1]!;
  return (x, _, z) => {
    for (let y = 0; y < down; y++) {
      for (let u = 0; u < across; u++) {
        for (let k = 0; k < c!; k++) {
          let most = -Infinity, sum = 0;
          for (let i = 0; i < size[0]!; i++) {
            const row = y * stride[0]! - pad[0]! + i * dilation[0]!;
            if (row < 0 || row >= height!) continue;
            for (let j = 0; j < size[1]!; j++) {
              const column = u * stride[1]! - pad[1]! + j * dilation[1]!;
              if (column < 0 || column >= width!) continue;
              const v = x[(row * width! + column) * c! + k]!;
              sum += v;
              if (v > most) most = v;
            }
          }
          z[(y * across + u) * c! + k] = greatest ? most : sum / taps;
        }
      }
    }
  };
}

/** softmax makes probabilities of logits. */
export function softmax(logits: Float32Array, temperature = 1): Float64Array {
  const most = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const e = Float64Array.from(logits, (v) => Math.exp((v - most) / temperature));
  const sum = e.reduce((a, b) => a + b, 0);
  return e.map((v) => v / sum);
}
