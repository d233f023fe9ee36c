import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { type JobOutcome, type JobSpecInput, jobSpecSchema, type LogLine } from '@genesis/contracts';
import { createIriExecutor, type IriExecutorOptions } from '../src/compute/executors/iri/iri-executor.ts';
import type { Tempo } from '../src/compute/executors/iri/tempo.ts';
import type { Executor } from '../src/compute/ports.ts';
import { placeCredentials, startFacility, type TestFacility } from './iri-facility.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Fast, so that failures of a facility take no time of the tests. */
export const fast: Partial<Tempo> = {
  ...{ pollFirstMs: 20, pollMostMs: 60, taskFirstMs: 3, taskMostMs: 20, retryMs: 5, callTimeoutMs: 3_000 },
  ...{ breakerFailures: 50, breakerPauseMs: 200, absentMs: 150 },
};

/** A facility, and a platform that uses it; `open` again is the same platform after a restart. */
export async function iriPlace(how: Parameters<typeof startFacility>[0] = {}) {
  const root = await temporaryFolder();
  const facility: TestFacility = await startFacility(how);
  await mkdir(join(root, 'remote'));
  await placeCredentials(join(root, 'keys'), { token: 'secret-token' });
  const warnings: string[] = [];
  const open = (more: Partial<IriExecutorOptions> = {}): Promise<Executor> =>
    createIriExecutor({
      stagingRoot: join(root, 'jobs'),
      access: {
        ...{ kind: 'iri', url: facility.url, resource: 'machine', credentials: 'test', customAttributes: {} },
        folder: join(root, 'remote'),
      },
      keysFolder: join(root, 'keys'),
      graceSeconds: 1,
      tempo: fast,
      log: { warn: (fields, message) => void warnings.push(`${message} ${inspect(fields, { depth: 10 })}`) },
      ...more,
    });
  let count = 0;
  const job = (script: string, more: Partial<JobSpecInput> = {}) => {
    count += 1;
    return jobSpecSchema.parse({
      name: `job-${count}`,
      executable: 'sh',
      arguments: ['-c', script],
      ...more,
    });
  };
  /** Waits for a job that an earlier server had launched. */
  const found = async (
    executor: Executor,
    name: string,
  ): Promise<{ outcome: JobOutcome; lines: LogLine[] }> => {
    const lines: LogLine[] = [];
    const known = await executor.reconcile(name, { onLog: (added) => void lines.push(...added) });
    if (known.state === 'finished') return { outcome: known.outcome, lines };
    if (known.state !== 'running') throw new Error(`the job is ${known.state}`);
    return { outcome: await known.job.wait(), lines };
  };
  return { root, facility, open, job, found, warnings };
}
