/** A real Slurm gives GPUs that are not there: what it was asked for, and what the node finds, is what would be with some. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { jobSpecSchema } from '@genesis/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { developmentSlurm } from '../../../../test/development-slurm.ts';
import { temporaryFolder } from '../../../../test/temporary-folder.ts';
import type { Executor } from '../../ports.ts';
import { sandboxMissing } from '../local/sandbox-for-tests.ts';
import { createSlurmExecutor } from './slurm-executor.ts';

const slurm = developmentSlurm();
const skip = slurm.missing ?? (await sandboxMissing());
afterAll(() => slurm.stop());

const tool = (command: string, ...args: string[]): string => {
  const env = { PATH: '/usr/bin:/bin', SLURM_CONF: slurm.configuration };
  return spawnSync(command, args, { env }).stdout.toString();
};
const job = (name: string, gpus: number) =>
  jobSpecSchema.parse({
    ...{ name, executable: 'true' },
    resources: { gpus, durationSeconds: 60, memoryBytes: 2 ** 26, outputBytes: 2 ** 20 },
  });

describe.skipIf(skip !== null)(
  skip === null ? 'GPUs of a Slurm' : `GPUs of a Slurm (skipped: ${skip})`,
  () => {
    let executor: Executor;
    beforeAll(async () => {
      const stagingRoot = join(await temporaryFolder(), 'jobs');
      executor = await createSlurmExecutor({ stagingRoot, slurmConf: slurm.configuration });
    });
    afterAll(() => executor.close());

    test('are told by the inventory, asked for by jobs, and those that it allotted are looked for on the node', async () => {
      expect((await executor.inspect?.())?.hardware).toMatchObject({ acceleratorsPerNode: 2 });
      const outcome = await (await executor.launch(job('two', 2))).wait();
      expect(outcome).toMatchObject({ state: 'failed', failureClass: 'F2_ENVIRONMENT' });
      expect(outcome.message).toMatch(
        /^resources\.gpus: a job can be given 0 here \(what was allotted, \/dev\/nvidia0 and \/dev\/nvidia1, is not here\)/,
      );
      expect(tool('scontrol', 'show', 'job')).toContain('TresPerNode=gres:gpu:2');
      expect((await (await executor.launch(job('none', 0))).wait()).state).toBe('succeeded');
    }, 60_000);

    test('more than a node has are refused in words', async () => {
      await expect(executor.launch(job('three', 3))).rejects.toThrow(
        /Requested node configuration is not available/,
      );
    }, 60_000);
  },
);
