// What ONNX Runtime answers: node onnxruntime.mjs FOLDER MODEL TYPE DIMS INPUT OUTPUT
//   FOLDER  holds node_modules with onnxruntime-node
//   TYPE    float32 or uint8; DIMS of one image, such as 1,28,28
//   INPUT   images one after another, little-endian; OUTPUT receives their logits as float32
import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';

const [folder, model, type, shape, input, output] = process.argv.slice(2);
const ort = createRequire(folder + '/')('onnxruntime-node');
const dims = shape.split(',').map(Number), pixels = dims.reduce((a, b) => a * b, 1);
const raw = readFileSync(input);
const all = type === 'uint8' ? new Uint8Array(raw.buffer, raw.byteOffset, raw.length) : new Float32Array(raw.buffer, raw.byteOffset, raw.length / 4);
const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 2 });
const batch = 500, n = all.length / pixels, out = [];
for (let from = 0; from < n; from += batch) {
  const to = Math.min(n, from + batch);
  const x = new ort.Tensor(type, all.slice(from * pixels, to * pixels), [to - from, ...dims]);
  const { logits } = await session.run({ [session.inputNames[0]]: x }, ['logits']);
  out.push(Buffer.from(logits.data.buffer, logits.data.byteOffset, logits.data.byteLength));
}
writeFileSync(output, Buffer.concat(out));
