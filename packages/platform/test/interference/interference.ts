// `npm run test:interference [-- --quick] [-- --json] [-- --responses N] [-- --pairs N] [-- --seed S]`: on a platform of its own,
// people do what others may not see, and no answer to these others may change; then the times of answers about hidden things
// are held against those about things that never were. Exits 1 on a difference, or where the times tell.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runServer } from '../noninterference/running-server.ts';
import { runInterference } from './run.ts';
import { mostAuc, runTimings, type Timing } from './timing.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    responses: { type: 'string', default: '20000' },
    pairs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '7' },
  },
});
const say = (line: string): void => {
  if (!options.json) process.stdout.write(`${line}\n`);
};
const quick = options.quick;
const seed = Number(options.seed);
const responses = quick ? 1_500 : Number(options.responses);
const pairs = quick ? 600 : Number(options.pairs);

const folder = await mkdtemp(join(tmpdir(), 'genesis-interference-'));
const server = await runServer(folder, process.env['GENESIS_TEST_LOG']);
try {
  const began = Date.now();
  const outcome = await runInterference(server, { responses, seed, quick, progress: say });
  const seconds = Math.round((Date.now() - began) / 1000);
  say('');
  say(`${'what somebody did in secret'.padEnd(66)} times`);
  for (const [name, times] of Object.entries(outcome.acts))
    say(`${name.padEnd(66)} ${String(times).padStart(5)}`);
  say(
    `${outcome.responses} responses to ${outcome.observers} observers over ${outcome.reads} reads in ${seconds} s, ${outcome.shown} of them showed something; ${outcome.differences.length} differences`,
  );
  for (const one of outcome.differences.slice(0, 20))
    say(`\n${one.by}: ${one.ask}\nafter: ${one.what}\n- ${one.before}\n+ ${one.after}`);
  const timings: Timing[] = pairs === 0 ? [] : await runTimings(server, { pairs, seed, progress: say });
  say('');
  say(
    `${'existence check'.padEnd(50)} ${'pairs'.padStart(6)} ${'hidden ms'.padStart(10)} ${'never ms'.padStart(10)} ${'AUC'.padStart(6)}`,
  );
  for (const { name, pairs: count, hiddenMs, neverMs, auc } of timings)
    say(
      `${name.padEnd(50)} ${String(count).padStart(6)} ${hiddenMs.toFixed(3).padStart(10)} ${neverMs.toFixed(3).padStart(10)} ${auc.toFixed(3).padStart(6)}`,
    );
  if (options.json) process.stdout.write(`${JSON.stringify({ seed, seconds, ...outcome, timings })}\n`);
  const told = timings.filter(({ auc }) => auc > mostAuc);
  // A few pairs tell nothing about a classifier.
  process.exitCode = outcome.differences.length > 0 || (!quick && told.length > 0) ? 1 : 0;
} finally {
  await server.close();
  await rm(folder, { recursive: true, force: true });
}
