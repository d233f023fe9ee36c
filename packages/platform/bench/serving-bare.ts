/**
 * ONNX Runtime alone, in a process of its own: one row at a time without HTTP, decision or ledger. Prints the figures as JSON.
 */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { boostedTrees } from '../test/onnx-made.ts';

const { trees, seconds } = JSON.parse(process.argv[2] ?? '') as {
  trees: Parameters<typeof boostedTrees>[0];
  seconds: number;
};
const options = { executionProviders: ['cpu'], intraOpNumThreads: 1, interOpNumThreads: 1 };
const session = await InferenceSession.create(boostedTrees(trees).bytes, options);
const before = process.cpuUsage();
const times: number[] = [];
const end = performance.now() + seconds * 1000;
const started = performance.now();
for (let at = 0; performance.now() < end; at++) {
  const row = Float32Array.from({ length: trees.inputs }, (_, input) => ((at * 31 + input * 17) % 101) / 101);
  const began = performance.now();
  await session.run({ x: new Tensor('float32', row, [1, trees.inputs]) });
  times.push(performance.now() - began);
}
const took = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage(before);
const cpuSeconds = (user + system) / 1e6;
times.sort((a, b) => a - b);
const at = (share: number): number =>
  times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? NaN;
process.stdout.write(
  `${JSON.stringify({ answers: times.length, failures: 0, seconds: took, p50: at(0.5), p99: at(0.99), most: at(1), cpuSeconds })}\n`,
);
