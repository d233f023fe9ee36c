import type { JobRequest } from '@genesis/contracts';
import type { Idempotency } from '../../kernel/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import type { FoundMachine, MachineRow } from '../inventory/store.ts';
import { cancelJob, updateJob } from './change-job.ts';
import { executeJob } from './execute-job.ts';
import type { JobParts } from './parts.ts';
import type { FoundJob } from './store.ts';
import { localJobQueue, remoteJobQueue, submitJob } from './submit-job.ts';

/** The kinds of background work that jobs need. */
export const jobQueues = [localJobQueue, remoteJobQueue];

/** Jobs at this facility. Reads are in the store, by scope. */
export function createJobs(parts: JobParts) {
  /** Jobs under way in this process, so that they can be cancelled at once. */
  const running = new Map<string, AbortController>();
  return {
    submit: (
      principal: PrincipalFacts,
      wanted: { request: JobRequest; account: string; machine: FoundMachine },
      idempotency?: Idempotency,
    ) => submitJob(parts, principal, wanted, idempotency),
    update: (
      principal: PrincipalFacts,
      wanted: { job: FoundJob; request: JobRequest; machine: MachineRow },
      idempotency?: Idempotency,
    ) => updateJob(parts, principal, wanted, idempotency),
    cancel: (principal: PrincipalFacts, job: FoundJob) => cancelJob(parts, principal, job, running),
    /** Takes up background work, also what an earlier process left. */
    async start(): Promise<void> {
      for (const [line, concurrency] of [
        [localJobQueue, parts.concurrency.local],
        [remoteJobQueue, parts.concurrency.elsewhere],
      ] as const)
        await parts.queue.work(line, (queued, { signal }) => executeJob(parts, queued, running, signal), {
          concurrency,
        });
    },
  };
}
export type Jobs = ReturnType<typeof createJobs>;
