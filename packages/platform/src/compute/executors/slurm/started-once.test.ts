/** What Slurm and the server may do to a job between its submission and its outcome: user code starts at most once. */
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type JobOutcome, jobSpecSchema } from '@genesis/contracts';
import { afterAll, describe, expect, test } from 'vitest';
import { developmentSlurm } from '../../../../test/development-slurm.ts';
import { temporaryFolder } from '../../../../test/temporary-folder.ts';
import { sandboxMissing } from '../local/sandbox-for-tests.ts';
import { Staging } from '../local/staging.ts';
import { createSlurmExecutor } from './slurm-executor.ts';

const slurm = developmentSlurm();
const skip = slurm.missing ?? (await sandboxMissing());
afterAll(() => slurm.stop());

const tool = (command: string, ...args: string[]): string => {
  const env = { PATH: '/usr/bin:/bin', SLURM_CONF: slurm.configuration };
  return spawnSync(command, args, { env }).stdout.toString().trim();
};
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A place with an executor; `again` is the same place after a restart of the server. */
async function place() {
  const root = await temporaryFolder();
  const open = () =>
    createSlurmExecutor({
      stagingRoot: join(root, 'jobs'),
      graceSeconds: 1,
      slurmConf: slurm.configuration,
      pollMilliseconds: 200,
    });
  let count = 0;
  const job = (script: string, seconds = 60) => {
    count += 1;
    return jobSpecSchema.parse({
      name: `job-${count}`,
      executable: 'sh',
      arguments: ['-c', script],
      resources: { durationSeconds: seconds, memoryBytes: 2 ** 26, outputBytes: 2 ** 20 },
    });
  };
  const staging = (name: string) => new Staging(join(root, 'jobs'), name);
  return { executor: await open(), open, job, staging };
}
const slurmName = (staging: Staging): string => `genesis-${staging.id}`;
const hold = (): string => tool('scontrol', 'update', 'PartitionName=debug', 'State=DOWN');
const letGo = (): string => tool('scontrol', 'update', 'PartitionName=debug', 'State=UP');

describe.skipIf(skip !== null)(skip === null ? 'a Slurm job' : `a Slurm job (skipped: ${skip})`, () => {
  test('that Slurm starts a second time does nothing', async () => {
    const { executor, job, staging } = await place();
    const handle = await executor.launch(job('echo started; sleep 2'));
    while ((await staging('job-1').readClaim()) === null) await pause(20);
    const runner = join(staging('job-1').folder, '..', '.runner.sh');
    tool(
      'sbatch',
      '--wait',
      '--export=NIL',
      '--output=/dev/null',
      '--mem=300M',
      runner,
      staging('job-1').folder,
    );
    expect(await handle.wait()).toMatchObject({ state: 'succeeded', claim: handle.claim });
    const log = await readFile(join(staging('job-1').folder, 'log.jsonl'), 'utf8');
    expect(log.match(/started/g)).toHaveLength(1);
    await executor.close();
  }, 60_000);

  test('that is cancelled while it waits never starts, and leaves the queue', async () => {
    const { executor, job, staging } = await place();
    hold();
    const handle = await executor.launch(job('true'));
    handle.cancel();
    expect(await handle.wait()).toMatchObject({ state: 'cancelled', reason: 'cancelled' });
    letGo();
    expect(tool('squeue', '--noheader', `--name=${slurmName(staging('job-1'))}`)).toBe('');
    expect(await staging('job-1').readClaim()).toBeNull();
    await executor.close();
  }, 60_000);

  test('that somebody takes out of the queue before it began never starts, and says so', async () => {
    const { executor, job, staging } = await place();
    hold();
    const handle = await executor.launch(job('echo started'));
    tool('scancel', `--name=${slurmName(staging('job-1'))}`);
    letGo();
    const outcome: JobOutcome = await handle.wait();
    expect(outcome).toMatchObject({ state: 'failed', failureClass: 'F6_HPC_QUEUE' });
    expect(outcome.message).toMatch(/CANCELLED/);
    expect(await staging('job-1').readClaim()).toBeNull();
    await executor.close();
  }, 60_000);

  test('that a controller has lost with all its memory is submitted again', async () => {
    const { executor, job } = await place();
    hold();
    const handle = await executor.launch(job('echo started'));
    process.kill(Number(await readFile(join(slurm.folder, 'run/slurmctld.pid'), 'utf8')), 'SIGKILL');
    await rm(join(slurm.folder, 'controller'), { recursive: true });
    await mkdir(join(slurm.folder, 'controller'));
    slurm.restart();
    expect(await handle.wait()).toMatchObject({ state: 'succeeded' });
    await executor.close();
  }, 120_000);

  test('that waits for what will not come fails with the reason of Slurm', async () => {
    const { executor, job } = await place();
    const handle = await executor.launch(job('true', 30 * 86_400));
    const outcome = await handle.wait();
    expect(outcome).toMatchObject({ state: 'failed', failureClass: 'F6_HPC_QUEUE' });
    expect(outcome.message).toMatch(/PartitionTimeLimit/);
    await executor.close();
  }, 60_000);

  test('whose input changed on the way does not start', async () => {
    const { executor, job, staging } = await place();
    const source = join(await temporaryFolder(), 'in.txt');
    await writeFile(source, 'measured');
    hold();
    const handle = await executor.launch({ ...job('true'), inputs: [{ path: 'in.txt', source }] });
    const copy = join(staging('job-1').folder, 'inputs', '0');
    await rm(copy);
    await writeFile(copy, 'forged');
    letGo();
    const outcome = await handle.wait();
    expect(outcome).toMatchObject({ state: 'failed', failureClass: 'F2_ENVIRONMENT' });
    expect(outcome.message).toMatch(/in\.txt/);
    await executor.close();
  }, 60_000);

  test('that ends while the server is away is taken as it ended', async () => {
    const { executor, open, job } = await place();
    const handle = await executor.launch(job('echo started; exit 3'));
    await executor.close();
    await expect(handle.wait()).rejects.toMatchObject({ failure: { code: 'unavailable' } });
    const again = await open();
    const lines: string[] = [];
    const hooks = { onLog: (added: { text: string }[]) => void lines.push(...added.map(({ text }) => text)) };
    const found = await again.reconcile('job-1', hooks);
    const outcome =
      found.state === 'running' ? await found.job.wait() : found.state === 'finished' ? found.outcome : null;
    expect(outcome).toMatchObject({ reason: 'exit-code', exitCode: 3, claim: handle.claim });
    expect(lines).toEqual(['started']);
    await again.close();
  }, 60_000);

  test('is there as if never launched when the server died before it submitted', async () => {
    const { executor, staging } = await place();
    await mkdir(staging('job-9').folder, { recursive: true });
    expect(await executor.reconcile('job-9')).toEqual({ state: 'not-started' });
    await executor.release('job-9');
    expect(await executor.reconcile('job-9')).toEqual({ state: 'unknown' });
    await executor.close();
  }, 60_000);

  test('whose first process is killed has an outcome that says so', async () => {
    const { executor, job, staging } = await place();
    const handle = await executor.launch(job('echo started; sleep 50'));
    while ((await staging('job-1').readClaim()) === null) await pause(20);
    process.kill((await staging('job-1').readClaim())!.process.pid, 'SIGKILL');
    expect(await handle.wait()).toMatchObject({
      state: 'failed',
      failureClass: 'F6_HPC_QUEUE',
      reason: 'killed',
    });
    await executor.close();
  }, 60_000);

  test('whose folder does not answer keeps no other job waiting', async () => {
    const { executor, job, staging } = await place();
    hold();
    const stuck = await executor.launch(job('true'));
    // whoever reads the end of this job waits until somebody writes it
    tool('mkfifo', join(staging('job-1').folder, 'end.json'));
    tool('scancel', `--name=${slurmName(staging('job-1'))}`);
    await pause(1_500);
    letGo();
    const others = await Promise.all([1, 2, 3].map(() => executor.launch(job('true'))));
    for (const other of others) expect(await other.wait()).toMatchObject({ state: 'succeeded' });
    const held = await executor.launch(job('true', 30 * 86_400));
    expect(await held.wait()).toMatchObject({ failureClass: 'F6_HPC_QUEUE' });
    const left = stuck.wait().catch((error: { failure: { code: string } }) => error.failure.code);
    await executor.close();
    expect(await left).toBe('unavailable');
    await writeFile(join(staging('job-1').folder, 'end.json'), '');
  }, 60_000);

  test('that Slurm ends from outside says so, and is not called cancelled', async () => {
    const { executor, job, staging } = await place();
    const handle = await executor.launch(job('echo started; sleep 50'));
    while ((await staging('job-1').readClaim()) === null) await pause(20);
    tool('scancel', `--name=${slurmName(staging('job-1'))}`);
    const outcome = await handle.wait();
    expect(outcome).toMatchObject({ state: 'failed', reason: 'killed' });
    expect(outcome.message).toMatch(/Slurm/);
    await executor.close();
  }, 60_000);
});
