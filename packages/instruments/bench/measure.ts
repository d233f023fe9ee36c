/** Time of whole experiments (synthesis, scattering, fit) over the space; fails above 3 ms in the median. */
import { parseArgs } from 'node:util';
import { measureSilica, SILICA_SPACE } from '../src/index.ts';
import { createRandom } from '../src/random.ts';

const LARGEST_MEDIAN_MS = 3;
const { values } = parseArgs({ options: { json: { type: 'boolean' }, quick: { type: 'boolean' } } });
const experiments = values.quick ? 500 : 5000;

const random = createRandom('bench');
const outcomes = new Map<string, { count: number; total: number }>();
const times: number[] = [];
for (let i = 0; i < experiments; i++) {
  const design = Object.fromEntries(
    SILICA_SPACE.map(({ name, min, max }) => [name, min + (max - min) * random.uniform()]),
  );
  const begin = performance.now();
  const result = measureSilica(design, `bench ${i}`);
  const elapsed = performance.now() - begin;
  const kind = result.status === 'failed' ? `failed: ${result.code}` : result.status;
  const outcome = outcomes.get(kind) ?? { count: 0, total: 0 };
  outcomes.set(kind, { count: outcome.count + 1, total: outcome.total + elapsed });
  if (result.status === 'measured') times.push(elapsed);
}

times.sort((a, b) => a - b);
const quantile = (p: number): number => times[Math.min(times.length - 1, Math.floor(p * times.length))]!;
const medianMs = quantile(0.5);
const p99Ms = quantile(0.99);

console.log(`${experiments} experiments at random designs\n`);
for (const [kind, { count, total }] of [...outcomes].sort((a, b) => b[1].count - a[1].count)) {
  console.log(`${kind.padEnd(26)} ${String(count).padStart(6)}   mean ${(total / count).toFixed(2)} ms`);
}
const holds = medianMs <= LARGEST_MEDIAN_MS;
console.log(`\nmeasured: median ${medianMs.toFixed(2)} ms, 99 % below ${p99Ms.toFixed(2)} ms`);
console.log(`median at most ${LARGEST_MEDIAN_MS} ms: ${holds ? 'holds' : 'DOES NOT HOLD'}`);
if (values.json) {
  const counts = Object.fromEntries([...outcomes].map(([kind, { count }]) => [kind, count]));
  console.log(JSON.stringify({ experiments, medianMs, p99Ms, outcomes: counts, holds }));
}
process.exitCode = holds ? 0 : 1;
