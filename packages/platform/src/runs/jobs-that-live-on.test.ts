import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  commandManifest,
  createMemoryExecutor,
  type MemoryJournal,
  startRuns,
} from '../../test/runs-platform.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { freshDatabase } from '../../test/test-database.ts';

/** A platform that can be stopped and started again beside a machine whose jobs go on. */
async function machine() {
  const database = await freshDatabase();
  const dataFolder = await temporaryFolder();
  const folder = await temporaryFolder();
  const people = new Map();
  const journal: MemoryJournal = new Map();
  const gate = Promise.withResolvers<void>();
  const seen = { starts: 0, ended: [] as string[] };
  const start = async () => {
    const executor = createMemoryExecutor({
      ...{ folder, journal, jobsOutliveServer: true },
      programs: {
        slow: async ({ log, signal }) => {
          seen.starts += 1;
          log({ stream: 'stdout', text: 'before' });
          const stopped = new Promise((resolve) => signal.addEventListener('abort', resolve));
          await Promise.race([gate.promise, stopped]);
          seen.ended.push(signal.aborted ? 'stopped' : 'by itself');
          log({ stream: 'stdout', text: 'after' });
          return { exitCode: 0, outputs: { 'output.json': '{}' } };
        },
      },
    });
    const platform = await startRuns({ database, dataFolder, people, executor });
    await platform.runs.start();
    return platform;
  };
  const first = await start();
  const by = first.person('org_a');
  await first.runs.register(by, commandManifest('slow', 'slow'));
  const { id } = await first.runs.submit(by, {
    ...{ capability: 'slow', input: {}, datasets: [] },
    purpose: 'explore',
  });
  while (seen.starts === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  await new Promise((resolve) => setTimeout(resolve, 500));
  return { first, start, by, id, gate, seen, journal, dataFolder };
}

test('a stop leaves a remote job alone, and the next start waits for that same job', async () => {
  const { first, start, by, id, gate, seen, journal } = await machine();
  await first.stop();
  expect(seen.ended).toEqual([]);
  const second = await start();
  expect((await second.show(by, id)).run.status).toBe('running');
  gate.resolve();
  const { run, attempts } = await second.until(by, id, 'succeeded', 'failed');
  expect(run).toMatchObject({ status: 'succeeded', attempts: 1 });
  expect(attempts).toHaveLength(1);
  expect(seen).toEqual({ starts: 1, ended: ['by itself'] });
  const log = await second.ask(by, 'GET', `/v1/runs/${id}/logs`);
  expect(log.text.match(/before/g)).toHaveLength(1);
  expect(log.text.match(/after/g)).toHaveLength(1);
  while (journal.size > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  await second.stop();
}, 60_000);

test('a job that ended while the platform was away is recorded as it ended', async () => {
  const { first, start, by, id, gate, seen } = await machine();
  await first.stop();
  gate.resolve();
  while (seen.ended.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  const second = await start();
  const { run } = await second.until(by, id, 'succeeded', 'failed');
  expect(run).toMatchObject({ status: 'succeeded', attempts: 1 });
  expect(seen.starts).toBe(1);
  await second.stop();
}, 60_000);

test('a job that lived on is cancelled by whoever cancels its run, before or after it is found again', async () => {
  const { first, start, by, id, seen, journal } = await machine();
  await first.stop();
  const second = await start();
  const { status } = await second.ask(by, 'POST', `/v1/runs/${id}/cancel`);
  expect(status).toBe(200);
  await second.until(by, id, 'cancelled');
  while (journal.size > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(seen).toEqual({ starts: 1, ended: ['stopped'] });
  await second.stop();
}, 60_000);

test('a job that its machine ended while the platform was away counts, and does not start again', async () => {
  const { first, start, by, id, seen, journal } = await machine();
  await first.stop();
  for (const { running } of journal.values()) running?.stop('killed');
  while (seen.ended.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  const second = await start();
  const { run, attempts } = await second.until(by, id, 'succeeded', 'failed');
  expect(run).toMatchObject({ status: 'failed', attempts: 1, outcome: { reason: 'killed' } });
  expect(attempts).toMatchObject([{ number: 1, outcome: { reason: 'killed' } }]);
  expect(seen.starts).toBe(1);
  await second.stop();
}, 60_000);

test('inputs that a killed platform has left are removed with the job', async () => {
  const { first, start, by, id, gate, journal, dataFolder } = await machine();
  await first.stop();
  const inputs = join(dataFolder, 'run-inputs');
  // a process that is killed removes nothing
  await mkdir(join(inputs, `${id}-1`));
  await writeFile(join(inputs, `${id}-1`, 'input.json'), '{}');
  gate.resolve();
  const second = await start();
  await second.until(by, id, 'succeeded', 'failed');
  while (journal.size > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await readdir(inputs)).toEqual([]);
  await second.stop();
}, 60_000);
