/** Batches, whatever dies between submission and outcome: each job starts at most once, and nothing stays in the queue. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type JobSpec, jobSpecSchema } from '@genesis/contracts';
import { afterAll, describe, expect, test } from 'vitest';
import { developmentSlurm } from '../../../../test/development-slurm.ts';
import { temporaryFolder } from '../../../../test/temporary-folder.ts';
import type { Executor } from '../../ports.ts';
import { sandboxMissing } from '../local/sandbox-for-tests.ts';
import { Staging } from '../local/staging.ts';
import { createSlurmExecutor } from './slurm-executor.ts';
import { CommandFailed, type RunTool, toolRunner } from './tool.ts';

const slurm = developmentSlurm();
const skip = slurm.missing ?? (await sandboxMissing());
afterAll(() => slurm.stop());

const tool = (command: string, ...args: string[]): string => {
  const env = { PATH: '/usr/bin:/bin', SLURM_CONF: slurm.configuration };
  return spawnSync(command, args, { env }).stdout.toString().trim();
};
const hold = (): string => tool('scontrol', 'update', 'PartitionName=debug', 'State=DOWN');
const letGo = (): string => tool('scontrol', 'update', 'PartitionName=debug', 'State=UP');
const queued = (): string => tool('squeue', '--noheader', '--format=%j|%T');
/** With SIGTERM the controller keeps what it knows for its next start. */
const endController = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
  const pid = Number(await readFile(join(slurm.folder, 'run/slurmctld.pid'), 'utf8'));
  process.kill(pid, signal);
  await eventually(() => !/^State:\s+[^Z]/m.test(readGone(`/proc/${pid}/status`)));
};
const readGone = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // the process is gone
    return '';
  }
};
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const eventually = async (holds: () => Promise<boolean> | boolean): Promise<void> => {
  for (let tries = 0; !(await holds()); tries += 1) {
    if (tries === 400) throw new Error('it did not come about in 20 seconds');
    await pause(50);
  }
};

async function place() {
  const root = join(await temporaryFolder(), 'jobs');
  const open = (more: { runTool?: RunTool } = {}) =>
    createSlurmExecutor({
      ...{ stagingRoot: root, graceSeconds: 1, pollMilliseconds: 200 },
      ...{ slurmConf: slurm.configuration, ...more },
    });
  /** Jobs that say how often they were started; `cpuCores` 8 leaves room for one runner. */
  const jobs = (count: number, script: string, cpuCores = 1): { spec: JobSpec }[] =>
    Array.from({ length: count }, (_, index) => ({
      spec: jobSpecSchema.parse({
        name: `job-${index}`,
        executable: 'sh',
        arguments: ['-c', `echo started; ${script}`],
        resources: { durationSeconds: 60, memoryBytes: 2 ** 26, outputBytes: 2 ** 20, cpuCores },
      }),
    }));
  const staging = (index: number) => new Staging(root, `job-${index}`);
  /** How often user code started, job by job. */
  const starts = (count: number): Promise<number[]> =>
    Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const log = await readFile(join(staging(index).folder, 'log.jsonl'), 'utf8').catch(() => '');
        return log.match(/started/g)?.length ?? 0;
      }),
    );
  return { root, open, jobs, staging, starts };
}
/** What became of jobs that another server launched. */
const outcomesOf = (executor: Executor, names: string[]) =>
  Promise.all(
    names.map(async (name) => {
      const found = await executor.reconcile(name);
      if (found.state === 'running') return await found.job.wait();
      return found.state === 'finished' ? found.outcome : found.state;
    }),
  );

describe.skipIf(skip !== null)(skip === null ? 'a batch' : `a batch (skipped: ${skip})`, () => {
  const names = ['job-0', 'job-1', 'job-2', 'job-3', 'job-4', 'job-5'];
  const crash = (root: string, moment: string): void => {
    const script = fileURLToPath(new URL('./crash-server.ts', import.meta.url));
    const { signal } = spawnSync(process.execPath, [script, root, slurm.configuration, moment, ...names]);
    expect(signal).toBe('SIGKILL');
  };

  test('whose server was killed before it submitted is there as if never launched', async () => {
    const { root, open, starts } = await place();
    crash(root, 'before');
    const executor = await open();
    expect(await outcomesOf(executor, names)).toEqual(names.map(() => 'not-started'));
    for (const name of names) await executor.release(name);
    expect(await readdir(join(root, '.batches'))).toEqual([]);
    expect(await starts(6)).toEqual([0, 0, 0, 0, 0, 0]);
    await executor.close();
  }, 60_000);

  test('whose server was killed once it had submitted is found job by job, each started once', async () => {
    const { root, open, starts } = await place();
    crash(root, 'after');
    const executor = await open();
    for (const outcome of await outcomesOf(executor, names))
      expect(outcome).toMatchObject({ state: 'succeeded' });
    expect(await starts(6)).toEqual([1, 1, 1, 1, 1, 1]);
    for (const name of names) await executor.release(name);
    await eventually(() => queued() === '');
    expect(await readdir(join(root, '.batches'))).toEqual([]);
    await executor.close();
  }, 60_000);

  test.each([
    ['one of its runners', 1],
    ['its only runner', 8],
  ])(
    'of which %s is killed goes on, and the job of that runner ends once with a reason',
    async (_, cores) => {
      const { open, jobs, staging, starts } = await place();
      const executor = await open();
      const handles = await executor.launchBatch(jobs(10, 'sleep 1', cores));
      let victim = -1;
      await eventually(async () => {
        const claims = await Promise.all(handles.map((_handle, index) => staging(index).readClaim()));
        victim = claims.findIndex((claim) => claim !== null);
        return (await starts(10))[victim] === 1;
      });
      process.kill((await staging(victim).readClaim())!.process.pid, 'SIGKILL');
      const outcomes = await Promise.all(handles.map((handle) => handle.wait()));
      expect(outcomes.filter(({ state }) => state === 'succeeded')).toHaveLength(9);
      expect(outcomes[victim]).toMatchObject({
        ...{ state: 'failed', failureClass: 'F6_HPC_QUEUE', reason: 'killed' },
        claim: handles[victim]!.claim,
      });
      expect(await starts(10)).toEqual(Array(10).fill(1));
      for (const { name } of handles) await executor.release(name);
      await eventually(() => queued() === '');
      await executor.close();
    },
    120_000,
  );

  test('whose jobs are all cancelled while they wait leaves the queue, though nobody lets it run', async () => {
    const { open, jobs, starts } = await place();
    const executor = await open();
    hold();
    const handles = await executor.launchBatch(jobs(5, 'true'));
    for (const handle of handles) handle.cancel();
    for (const handle of handles) expect(await handle.wait()).toMatchObject({ reason: 'cancelled' });
    expect(await starts(5)).toEqual([0, 0, 0, 0, 0]);
    await eventually(() => queued() === '');
    letGo();
    await executor.close();
  }, 60_000);

  test('that was over when server and controller died leaves the queue when both are back', async () => {
    const { open, jobs, staging } = await place();
    let dead = false;
    const run = toolRunner(slurm.configuration, 30_000);
    const executor = await open({
      runTool: async (command, args) => {
        if (dead) throw new CommandFailed('Unable to contact slurm controller', true);
        return await run(command, args);
      },
    });
    hold();
    const handles = await executor.launchBatch(jobs(3, 'true'));
    const single = await executor.launch({ ...jobs(1, 'true')[0]!.spec, name: 'single' });
    await endController('SIGTERM');
    for (const handle of [...handles, single]) handle.cancel();
    for (const handle of handles) expect(await handle.wait()).toMatchObject({ reason: 'cancelled' });
    await executor.close();
    // what that server still tries comes to nothing: it is as if it were killed
    dead = true;
    slurm.restart();
    expect(queued()).not.toBe('');
    const again = await open();
    for (const name of ['job-0', 'job-1', 'job-2', 'single']) await again.release(name);
    await eventually(() => queued() === '');
    expect(await staging(0).exists()).toBe(false);
    letGo();
    await again.close();
  }, 120_000);

  test('of which a server died before it noted that all are over leaves the queue at the next start', async () => {
    const { open, jobs, staging } = await place();
    const executor = await open();
    hold();
    await executor.launchBatch(jobs(3, 'true'));
    await executor.close();
    for (const index of [0, 1, 2]) expect(await staging(index).fence()).toBe(true);
    expect(queued()).not.toBe('');
    const again = await open();
    await eventually(() => queued() === '');
    letGo();
    await again.close();
  }, 60_000);

  test('that a controller has lost with all its memory is submitted again', async () => {
    const { open, jobs, starts } = await place();
    const executor = await open();
    hold();
    const handles = await executor.launchBatch(jobs(4, 'true'));
    await endController('SIGKILL');
    await rm(join(slurm.folder, 'controller'), { recursive: true });
    await mkdir(join(slurm.folder, 'controller'));
    slurm.restart();
    for (const handle of handles) expect(await handle.wait()).toMatchObject({ state: 'succeeded' });
    expect(await starts(4)).toEqual([1, 1, 1, 1]);
    await executor.close();
  }, 120_000);

  test('of which a running job is released ends that job and goes on', async () => {
    const { open, jobs, starts, staging } = await place();
    const executor = await open();
    const endless = jobs(1, 'sleep 60', 8);
    const short = jobs(3, 'true', 8).slice(1);
    await executor.launchBatch([...endless, ...short]);
    await eventually(async () => (await starts(1))[0] === 1);
    await executor.close();
    const again = await open();
    await again.release('job-0');
    const rest = await outcomesOf(again, ['job-1', 'job-2']);
    expect(rest).toMatchObject([{ state: 'succeeded' }, { state: 'succeeded' }]);
    expect(await staging(0).exists()).toBe(false);
    await eventually(() => queued() === '');
    await again.close();
  }, 60_000);
});
