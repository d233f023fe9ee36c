import { join } from 'node:path';
import type { ExecutionOutcome, Label } from '@genesis/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  commandManifest,
  createLocalExecutor,
  createMemoryExecutor,
  type RunsUnderTest,
  sandboxMissing,
  startRuns,
} from '../../test/runs-platform.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { freshDatabase } from '../../test/test-database.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { beginAttempt, finishRun, succeeded } from './lifecycle.ts';

const internal: Label = { level: 'internal', categories: [] };
const missing = await sandboxMissing();

let gate: { open(): void; opened: Promise<void> };
const close = (): typeof gate => {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
};

let platform: RunsUnderTest;
let by: PrincipalFacts;
/** A platform that takes runs but executes none, for tests of the states alone. */
let idle: RunsUnderTest;
let someone: PrincipalFacts;

beforeAll(async () => {
  gate = close();
  const executor = createMemoryExecutor({
    folder: await temporaryFolder(),
    programs: {
      copy: async ({ spec, log }) => {
        log({ stream: 'stdout', text: `copying for ${spec.name}` });
        return { exitCode: 0, outputs: { 'output.json': '{"copied": true}', 'notes/a.txt': 'kept' } };
      },
      talk: async ({ log }) => {
        log({ stream: 'stdout', text: 'before' });
        await gate.opened;
        log({ stream: 'stderr', text: 'after \0' });
        return { exitCode: 0, outputs: { 'output.json': '{}' } };
      },
      wait: async ({ signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        return { exitCode: 143 };
      },
      silent: async () => ({ exitCode: 0 }),
      wrong: async () => ({ exitCode: 0, outputs: { 'output.json': '[]' } }),
      halves: async () => ({ exitCode: 0, outputs: { 'output.json': '{"a": ["\\ud800"]}' } }),
      fail: async () => ({ exitCode: 3 }),
    },
  });
  platform = await startRuns({
    database: await freshDatabase(),
    dataFolder: await temporaryFolder(),
    executor,
  });
  await platform.runs.start();
  by = platform.person('org_a', { clearance: internal });
  for (const name of ['copy', 'talk', 'wait', 'silent', 'wrong', 'halves', 'fail'])
    await platform.runs.register(by, commandManifest(name, name));
  idle = await startRuns({ database: await freshDatabase(), dataFolder: await temporaryFolder() });
  someone = idle.person('org_a', { clearance: internal });
  await idle.runs.register(someone, commandManifest('job', 'job'));
}, 120_000);
afterAll(async () => {
  await platform.stop();
  await idle.stop();
});

const submit = async (capability: string, input: object = {}) =>
  (await platform.runs.submit(by, { capability, input, datasets: [], purpose: 'explore' })).id;
const waiting = async () =>
  (await idle.runs.submit(someone, { capability: 'job', input: {}, datasets: [], purpose: 'explore' })).id;

const now = Date.UTC(2026, 0, 1);
const well: ExecutionOutcome = succeeded(new Date(now), new Date(now + 1500));
const begin = async (id: string) =>
  (
    await idle.door.perform(
      { principal: someone, action: 'run.execute', resource: id, purpose: 'explore' },
      async (tx) => ({ result: await beginAttempt(tx, id, now), details: {} }),
    )
  ).result;
const finish = (id: string, claim: string) =>
  idle.door.perform(
    { principal: someone, action: 'run.finish', resource: id, purpose: 'explore' },
    async (tx) => {
      await finishRun(tx, id, { claim, outcome: well, output: null, sandboxed: false }, now);
      return { result: undefined, details: {} };
    },
  );

test('an outcome counts only with the claim of the newest attempt', async () => {
  const id = await waiting();
  const first = await begin(id);
  const second = await begin(id);
  expect([first.number, second.number]).toEqual([1, 2]);
  expect(second.claim).not.toBe(first.claim);
  await expect(finish(id, first.claim)).rejects.toThrow('newer attempt');
  expect((await idle.show(someone, id)).run.status).toBe('running');
  await finish(id, second.claim);
  const { run, attempts } = await idle.show(someone, id);
  expect(run).toMatchObject({ status: 'succeeded', attempts: 2, outcome: { usage: { wallSeconds: 1.5 } } });
  expect(attempts.map(({ outcome }) => outcome?.['state'])).toEqual([undefined, 'succeeded']);
});

test('what has ended neither begins, ends nor is cancelled again', async () => {
  const id = await waiting();
  const { claim } = await begin(id);
  await finish(id, claim);
  await expect(finish(id, claim)).rejects.toThrow('it cannot become succeeded');
  await expect(begin(id)).rejects.toThrow('it cannot become running');
  await expect(idle.runs.cancel(someone, id)).rejects.toThrow('succeeded already');
});

test('a run that waits, or whose worker is gone, is cancelled at once, and no worker changes that', async () => {
  const queued = await waiting();
  await idle.runs.cancel(someone, queued);
  expect((await idle.show(someone, queued)).run.status).toBe('cancelled');
  await expect(begin(queued)).rejects.toThrow('it cannot become running');

  const orphan = await waiting();
  const { claim } = await begin(orphan);
  await idle.runs.cancel(someone, orphan);
  await expect(finish(orphan, claim)).rejects.toThrow('it cannot become succeeded');
  expect((await idle.show(someone, orphan)).run.status).toBe('cancelled');
});

test('a function that ships runs as a run', async () => {
  const design = { teos: 0.2, water: 6, ammonia: 1 };
  const { run, output } = await platform.until(
    by,
    await submit('stober-silica', { design, seed: 'a' }),
    'succeeded',
    'failed',
  );
  expect(run).toMatchObject({ status: 'succeeded', attempts: 1, sandboxed: false });
  expect(output).toMatchObject({ outcome: { status: expect.stringMatching(/measured|failed/) } });
}, 60_000);

test('input that does not fit is refused before anything starts, with every field', async () => {
  const answer = await platform.ask<{ problems: { field: string }[] }>(by, 'POST', '/v1/runs', {
    capability: 'stober-silica',
    input: { design: { teos: 9, water: 6 }, seed: 'a' },
  });
  expect(answer.status).toBe(400);
  const fields = answer.json().problems.map(({ field }) => field);
  expect(fields).toEqual(expect.arrayContaining(['input.design', 'input.design.teos']));
});

test('a command keeps what it left: its JSON, its files by their path, its log', async () => {
  const id = await submit('copy');
  const { output } = await platform.until(by, id, 'succeeded', 'failed');
  expect(output?.value).toEqual({ copied: true });
  expect(output?.files?.outputs.map(({ path }) => path)).toEqual(['notes/a.txt', 'output.json']);
  expect((await platform.ask(by, 'GET', `/v1/runs/${id}/outputs/notes/a.txt`)).text).toBe('kept');
  expect((await platform.ask(by, 'GET', `/v1/runs/${id}/outputs/notes/b.txt`)).status).toBe(404);
  expect((await platform.ask(by, 'GET', `/v1/runs/${id}/logs`)).text).toContain(`copying for ${id}-1`);
}, 60_000);

test('a command that does not leave what it promised has failed, and so has one that says so', async () => {
  const failed = async (name: string) =>
    (await platform.until(by, await submit(name), 'succeeded', 'failed')).run;
  expect((await failed('silent')).outcome).toMatchObject({
    failureClass: 'F8_DOMAIN_ASSUMPTION',
    message: expect.stringContaining('no output.json'),
  });
  expect((await failed('wrong')).outcome).toMatchObject({
    failureClass: 'F8_DOMAIN_ASSUMPTION',
    message: expect.stringContaining('must be object'),
  });
  expect((await failed('halves')).outcome).toMatchObject({
    failureClass: 'F8_DOMAIN_ASSUMPTION',
    message: expect.stringContaining('output.a.0: NUL characters and halves of characters'),
  });
  expect((await failed('fail')).outcome).toMatchObject({ reason: 'exit-code', failureClass: 'F7_RUNTIME' });
}, 60_000);

test('the log is followed while the run goes on, and continued after the last event that was seen', async () => {
  const id = await submit('talk');
  const following = platform.ask(by, 'GET', `/v1/runs/${id}/logs`);
  await platform.until(by, id, 'running');
  await new Promise((resolve) => setTimeout(resolve, 600));
  gate.open();
  const { text } = await following;
  expect(text).toMatch(/id: 1\.0\nevent: stdout\ndata: \{"attempt":1,"text":"before"\}/);
  expect(text).toMatch(/id: 1\.1\nevent: stderr\ndata: \{"attempt":1,"text":"after ␀"\}/);
  expect(text).toMatch(/event: end\ndata: \{"status":"succeeded"/);
  const logs = (last: string) =>
    platform.ask(by, 'GET', `/v1/runs/${id}/logs`, undefined, { 'last-event-id': last });
  const rest = (await logs('1.0')).text;
  expect(rest).not.toContain('before');
  expect(rest).toContain('after');
  for (const wrong of ['abc', '1', '1.x', '1.99999999999', '-1.0']) {
    const answer = await logs(wrong);
    expect([wrong, answer.status]).toEqual([wrong, 400]);
    expect(answer.text).toContain('Last-Event-ID');
  }
}, 60_000);

test('a run under way is cancelled: its job ends, and that is its outcome', async () => {
  const id = await submit('wait');
  await platform.until(by, id, 'running');
  expect((await platform.ask(by, 'POST', `/v1/runs/${id}/cancel`)).status).toBe(200);
  const { run, attempts } = await platform.until(by, id, 'cancelled', 'failed');
  expect(run).toMatchObject({ status: 'cancelled', attempts: 1 });
  expect(attempts).toHaveLength(1);
}, 60_000);

test('a run has the label of its capability, and is nothing for who may not see that', async () => {
  const secret = commandManifest('secret', 'copy', [], { labelRule: { atLeast: internal } });
  await platform.runs.register(by, secret);
  const id = await submit('secret');
  await platform.until(by, id, 'succeeded');
  const uncleared = platform.person('org_a');
  const elsewhere = platform.person('org_b', { clearance: internal });
  for (const stranger of [uncleared, elsewhere])
    for (const path of ['', '/logs', '/outputs/output.json'])
      expect((await platform.ask(stranger, 'GET', `/v1/runs/${id}${path}`)).status).toBe(404);
  expect((await platform.ask(uncleared, 'POST', `/v1/runs/${id}/cancel`)).status).toBe(404);
}, 60_000);

test.skipIf(missing !== null)(
  `a command runs in the sandbox${missing === null ? '' : ` (skipped: ${missing})`}`,
  async () => {
    const dataFolder = await temporaryFolder();
    const executor = await createLocalExecutor({ stagingRoot: join(dataFolder, 'jobs') });
    const real = await startRuns({ database: await freshDatabase(), dataFolder, executor });
    try {
      await real.runs.start();
      const person = real.person('org_a');
      const script = `echo "I see $(ls | tr '\\n' ' ')"; ls ${dataFolder} || true; cp inputs/input.json output.json`;
      await real.runs.register(person, commandManifest('shell', '/bin/sh', ['-c', script]));
      const { id } = await real.runs.submit(person, {
        ...{ capability: 'shell', input: { a: [1, 'ü'] }, datasets: [], purpose: 'explore' },
      });
      const { run, output } = await real.until(person, id, 'succeeded', 'failed');
      expect(run).toMatchObject({ status: 'succeeded', sandboxed: true });
      expect(output?.value).toEqual({ a: [1, 'ü'] });
      const log = (await real.ask(person, 'GET', `/v1/runs/${id}/logs`)).text;
      expect(log).toContain('I see inputs');
      expect(log).toMatch(/event: stderr\ndata: .*(No such file|cannot access)/);
    } finally {
      await real.stop();
    }
  },
  60_000,
);
