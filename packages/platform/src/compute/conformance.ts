/** What every executor has to keep, run against each of them. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JobSpecInput, jobSpecSchema, type LogLine } from '@genesis/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { batchConformance, codeOf } from './conformance-batches.ts';
import type { Executor } from './ports.ts';

/** Programs that the suite runs, each as a shell script; an executor without a shell brings its own. */
export const conformancePrograms = {
  succeed: 'true',
  talk: 'echo one; echo two; echo wrong >&2; printf unfinished',
  fail: 'echo before; exit 3',
  copy: 'mkdir -p results; cat inputs/data/in.txt > results/out.txt; echo done > note.txt',
  sleep: 'echo awake; sleep 60',
  environment:
    'env | cut -d= -f1 | grep -vE "^(PATH|HOME|TMPDIR|LANG|PWD|OLDPWD|SHLVL|_|GENESIS_JOB)$" | sort; true',
  shelf: 'cat /opt/shelf/a/one.txt inputs/shelf/a/one.txt /run/two.txt; touch /opt/shelf/new || echo kept',
  keep: 'mkdir checkpoint; echo 1 > checkpoint/one; echo all > note.txt; kill -9 $$',
  connect: `exec /genesis/bin/node -e "require('net').connect('/run/genesis/talk.sock').pipe(process.stdout)"`,
} as const;
export type ConformanceProgram = keyof typeof conformancePrograms;

export type ConformanceSubject = {
  /** An executor over a folder; a second one over the same folder is the same place after a restart. */
  open(folder: string): Promise<Executor>;
  command(program: ConformanceProgram): { executable: string; arguments: string[] };
  /** Whether it launches batches. */
  batches?: boolean;
};

export function executorConformance(
  title: string,
  subject: ConformanceSubject,
  skip: string | null = null,
): void {
  describe.skipIf(skip !== null)(skip === null ? title : `${title} (skipped: ${skip})`, () => {
    let folder = '';
    let executor: Executor;
    let count = 0;
    const job = (program: ConformanceProgram, more: Partial<JobSpecInput> = {}) => {
      count += 1;
      return jobSpecSchema.parse({ name: `job-${count}`, ...subject.command(program), ...more });
    };
    const run = async (program: ConformanceProgram, more: Partial<JobSpecInput> = {}) => {
      const lines: LogLine[] = [];
      const handle = await executor.launch(job(program, more), {
        onLog: (added) => void lines.push(...added),
      });
      return { handle, lines, outcome: await handle.wait() };
    };
    /** Launches and resolves once the job has written its first line. */
    const launchAwake = async (more: Partial<JobSpecInput> = {}) => {
      const awake = Promise.withResolvers<void>();
      const handle = await executor.launch(job('sleep', more), { onLog: () => awake.resolve() });
      await awake.promise;
      return handle;
    };

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'genesis-executor-'));
      executor = await subject.open(folder);
    });
    afterAll(async () => {
      await executor.close();
      await rm(folder, { recursive: true, force: true });
    });

    test('a job that succeeds', async () => {
      const { handle, outcome } = await run('succeed');
      expect(outcome).toMatchObject({
        state: 'succeeded',
        failureClass: 'F0_NONE',
        reason: null,
        message: null,
      });
      expect(outcome).toMatchObject({ name: handle.name, claim: handle.claim, exitCode: 0, signal: null });
      expect(outcome.outputs).toEqual([]);
      expect(Date.parse(outcome.endedAt)).toBeGreaterThanOrEqual(Date.parse(outcome.startedAt));
      expect(await handle.wait()).toEqual(outcome);
    });

    test('its log comes line by line, in the order of each stream, before its outcome', async () => {
      const { lines } = await run('talk');
      const of = (stream: string) => lines.filter((line) => line.stream === stream).map(({ text }) => text);
      expect(of('stdout')).toEqual(['one', 'two', 'unfinished']);
      expect(of('stderr')).toEqual(['wrong']);
    });

    test('it finds its inputs and leaves outputs with their hashes', async () => {
      const source = join(folder, 'source.txt');
      await writeFile(source, 'measured');
      const { outcome } = await run('copy', { inputs: [{ path: 'data/in.txt', source }] });
      expect(outcome.outputs.map(({ path }) => path)).toEqual(['note.txt', 'results/out.txt']);
      const sha256 = createHash('sha256').update('measured').digest('hex');
      expect(outcome.outputs[1]).toEqual({ path: 'results/out.txt', bytes: 8, sha256 });
      expect(await readFile(join(outcome.outputDirectory, 'results/out.txt'), 'utf8')).toBe('measured');
    });

    test('it sees mounted folders and files, and cannot change them; or they are refused before it starts', async () => {
      const source = join(folder, 'shelf');
      await mkdir(join(source, 'a'), { recursive: true });
      await writeFile(join(source, 'a/one.txt'), 'one\n');
      await writeFile(join(folder, 'two.txt'), 'two\n');
      const mounts = [
        { path: '/opt/shelf', source },
        { path: '/inputs/shelf', source },
        { path: '/run/two.txt', source: join(folder, 'two.txt') },
      ];
      if (executor.seesFolders !== true)
        return expect(await codeOf(executor.launch(job('shelf', { mounts })))).toBe('unsupported');
      const { lines } = await run('shelf', { mounts });
      const said = lines.filter(({ stream }) => stream === 'stdout').map(({ text }) => text);
      expect(said).toEqual(['one', 'one', 'two', 'kept']);
      const nowhere = [{ path: '/opt/shelf', source: join(folder, 'nowhere') }];
      await expect(executor.launch(job('shelf', { mounts: nowhere }))).rejects.toThrow(
        /^mounts\.0\.source: /,
      );
      await writeFile(join(source, 'a/one.txt'), 'changed\n');
      const again = await run('shelf', { mounts });
      expect(again.lines.map(({ text }) => text)).toContain('changed');
    });

    test('it reaches a socket that it was given; or that is refused before it starts', async () => {
      const source = join(folder, 'talk.sock');
      const server = createServer((connection) => connection.end('heard\n')).listen(source);
      await once(server, 'listening');
      await chmod(source, 0o666);
      const sockets = [{ path: '/run/genesis/talk.sock', source }];
      try {
        if (executor.seesFolders !== true)
          return expect(await codeOf(executor.launch(job('connect', { sockets })))).toBe('unsupported');
        const { lines } = await run('connect', { sockets });
        expect(lines).toEqual([{ stream: 'stdout', text: 'heard' }]);
      } finally {
        server.close();
      }
    });

    test('a mount in the way of the sandbox or of another is refused', () => {
      const wrong = (path: string, more: string[] = []) =>
        jobSpecSchema.safeParse({
          ...{ name: 'a', executable: 'b', inputs: [{ path: 'table', source: '/x' }] },
          mounts: [path, ...more].map((one) => ({ path: one, source: '/x' })),
        }).success;
      for (const path of [
        '/',
        '/usr/lib',
        '/etc',
        '/job/a',
        '/inputs',
        '/var',
        'opt',
        '/opt/../etc',
        '/inputs/table/a',
      ])
        expect([path, wrong(path)]).toEqual([path, false]);
      expect(wrong('/opt/a', ['/opt/a/b'])).toBe(false);
      expect(wrong('/opt/a', ['/opt/ab', '/inputs/other'])).toBe(true);
    });

    test('what it keeps is there when it was killed, is no output, and goes with the job', async () => {
      // without a program that can be killed, or a place for it, nothing is kept
      if (executor.kept === undefined) return;
      const { handle, outcome } = await run('keep', { kept: 'checkpoint' });
      expect(outcome).toMatchObject({ reason: 'signal', signal: 'SIGKILL' });
      expect(outcome.outputs.map(({ path }) => path)).toEqual(['note.txt']);
      const copy = (await executor.kept(handle.name)) ?? '';
      expect(await readFile(join(copy, 'one'), 'utf8')).toBe('1\n');
      await executor.release(handle.name);
      expect(await executor.kept(handle.name)).toBeNull();
      const without = await run('keep');
      expect(await executor.kept(without.handle.name)).toBeNull();
    });

    test('it gets the environment of its specification and none of the server', async () => {
      const { lines } = await run('environment', { environment: { SEED: '7' } });
      expect(lines.map(({ text }) => text)).toEqual(['SEED']);
    });

    test('a non-zero exit code is a failure at run time', async () => {
      const { outcome } = await run('fail');
      expect(outcome).toMatchObject({
        state: 'failed',
        failureClass: 'F7_RUNTIME',
        reason: 'exit-code',
        exitCode: 3,
      });
    });

    test('a program that is not there is a missing artifact', async () => {
      const { outcome } = await run('succeed', { executable: 'no-such-program' });
      expect(outcome).toMatchObject({ failureClass: 'F1_MISSING_ARTIFACT', reason: 'missing-executable' });
    });

    test('a time limit is told', async () => {
      const { outcome } = await run('sleep', { resources: { durationSeconds: 0.3 } });
      expect(outcome).toMatchObject({ state: 'failed', failureClass: 'F7_RUNTIME', reason: 'time-limit' });
      expect(outcome.usage.wallSeconds).toBeLessThan(20);
    });

    test('a job can be cancelled, twice too', async () => {
      const handle = await launchAwake();
      handle.cancel();
      handle.cancel();
      expect(await handle.wait()).toMatchObject({
        state: 'cancelled',
        failureClass: 'F0_NONE',
        reason: 'cancelled',
      });
    });

    test('a name is used once, also when its job has ended', async () => {
      const spec = job('succeed');
      const handle = await executor.launch(spec);
      expect(await codeOf(executor.launch(spec))).toBe('conflict');
      await handle.wait();
      expect(await codeOf(executor.launch(spec))).toBe('conflict');
    });

    test('a wrong specification names its fields', async () => {
      const wrong = { ...job('succeed'), name: '../escape' };
      await expect(executor.launch(wrong)).rejects.toThrow(/^name: /);
      const inputs = [{ path: '../../etc/passwd', source: '/etc/passwd' }];
      await expect(executor.launch({ ...job('succeed'), inputs })).rejects.toThrow(/^inputs\.0\.path: /);
    });

    test('an ended job is found by its name, also after a restart', async () => {
      const { handle, outcome } = await run('talk');
      expect(await executor.reconcile(handle.name)).toEqual({ state: 'finished', outcome });
      const restarted = await subject.open(folder);
      expect(await restarted.reconcile(handle.name)).toEqual({ state: 'finished', outcome });
      await restarted.close();
    });

    test('a running job is not reconciled or released by its own server', async () => {
      const handle = await launchAwake();
      expect(await codeOf(executor.reconcile(handle.name))).toBe('conflict');
      expect(await codeOf(executor.release(handle.name))).toBe('conflict');
      handle.cancel();
      await handle.wait();
    });

    test('a released job is unknown, as is one that never was', async () => {
      const { handle } = await run('succeed');
      await executor.release(handle.name);
      await executor.release(handle.name);
      expect(await executor.reconcile(handle.name)).toEqual({ state: 'unknown' });
      expect(await executor.reconcile('never-launched')).toEqual({ state: 'unknown' });
    });

    test('closing ends what runs, or lets it live on to be found again, as the executor declares', async () => {
      const other = await subject.open(folder);
      const awake = Promise.withResolvers<void>();
      const handle = await other.launch(job('sleep'), { onLog: () => awake.resolve() });
      await awake.promise;
      const waited = handle.wait();
      const code = codeOf(waited);
      await other.close();
      if (!other.jobsOutliveServer) {
        const killed = { state: 'failed', failureClass: 'F7_RUNTIME', reason: 'killed' };
        expect(await waited).toMatchObject(killed);
        return;
      }
      expect(await code).toBe('unavailable');
      const lines: LogLine[] = [];
      const restarted = await subject.open(folder);
      const found = await restarted.reconcile(handle.name, { onLog: (added) => void lines.push(...added) });
      if (found.state !== 'running') throw new Error(`the job is ${found.state}`);
      expect(found.job).toMatchObject({ name: handle.name, claim: handle.claim });
      expect(await codeOf(restarted.reconcile(handle.name))).toBe('conflict');
      found.job.cancel();
      expect(await found.job.wait()).toMatchObject({ claim: handle.claim, reason: 'cancelled' });
      expect(lines).toEqual([{ stream: 'stdout', text: 'awake' }]);
      await restarted.close();
    });

    test('it has batches exactly where it says so', () => {
      expect(executor.launchBatch !== undefined).toBe(subject.batches === true);
    });
    if (subject.batches === true)
      batchConformance({ job, open: () => subject.open(folder), executor: () => executor });
  });
}
