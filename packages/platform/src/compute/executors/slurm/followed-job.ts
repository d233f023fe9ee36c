/** One job that was given to Slurm, until its outcome. */
import { readFile, watch } from 'node:fs/promises';
import { join } from 'node:path';
import { GenesisError, type JobOutcome } from '@genesis/contracts';
import type { JobHandle, JobHooks } from '../../ports.ts';
import { outcomeEnd, type Staging } from '../local/staging.ts';
import { isHopeless, isLive, type QueuedJob, type SlurmCommands } from './commands.ts';
import { failedOutcome, whyEnded } from './failed-outcome.ts';
import { files, type Launch } from './launch-file.ts';
import { tailLog } from './log-tail.ts';

export type FollowedJob = {
  readonly handle: JobHandle;
  /** Takes what Slurm says of the job; null: it knows nothing of it. */
  look(queued: QueuedJob | null): Promise<void>;
  /** The server lets go of the job, which goes on. */
  leave(): void;
};

/** Looks at the queue in a row that must find a job ended, or gone, before its end is told without it: its files may come later. */
const patience = 3;
/** Times that a job which Slurm has lost before it began is given to it again. */
const mostSubmissions = 3;
const tailEveryMs = 250;
const runnerWords = 500;

/** What the runner said on its way out, in a message for people. */
async function complaintOf(folder: string): Promise<string> {
  const text = await readFile(join(folder, files.runner), 'utf8').catch(() => '');
  const last = text.trim().slice(-runnerWords);
  return last === '' ? '' : ` The node said: ${last}`;
}

export function followJob(
  staging: Staging,
  { claim, spec, graceSeconds }: Launch,
  parts: {
    commands: SlurmCommands;
    jobName: string;
    submit: () => Promise<void>;
    hooks: JobHooks;
    /** Called once, when the outcome is known or the job is left alone. */
    forget: () => void;
    warn: (message: string, error: unknown) => void;
  },
): FollowedJob {
  const { commands, jobName, submit, hooks, forget, warn } = parts;
  const startedAt = new Date();
  const outcome = Promise.withResolvers<JobOutcome>();
  outcome.promise.catch(() => undefined);
  const stop = new AbortController();
  const tail = tailLog(staging.folder, hooks.onLog ?? (() => {}));
  let over = false;
  let cancelled = false;
  let ended = 0;
  let submissions = 1;

  const settle = async (given: JobOutcome): Promise<void> => {
    if (over) return;
    over = true;
    stop.abort();
    await tail();
    forget();
    outcome.resolve(given);
  };

  /** Takes the end that is on disk, if there is one. */
  const takeEnd = async (): Promise<boolean> => {
    const end = over ? null : await staging.readEnd();
    if (end === null || end.kind === 'lost') return over;
    await settle(end.outcome);
    return true;
  };

  /** Records an end for a job that left none. What was recorded in the meantime counts instead. */
  const endWithout = async (why: Parameters<typeof failedOutcome>[3]): Promise<void> => {
    const own = failedOutcome(spec.name, claim, startedAt, why);
    const end = await staging.end(outcomeEnd(own));
    await settle(end.kind === 'outcome' ? end.outcome : own);
  };
  const cancelledWhy = {
    failureClass: 'F0_NONE',
    reason: 'cancelled',
    message: 'The job was cancelled.',
  } as const;

  /** A job that ended before it began: it is fenced first, so that it cannot begin any more. */
  const endUnclaimed = async (queued: QueuedJob | null): Promise<void> => {
    if (queued === null && submissions < mostSubmissions && !cancelled) {
      submissions += 1;
      ended = 0;
      await submit();
      return;
    }
    if (!(await staging.fence())) return;
    if (cancelled) return await endWithout(cancelledWhy);
    const what =
      queued === null ? 'Slurm has lost the job' : `Slurm ended the job (${queued.state}, ${queued.why})`;
    const message = `${what} before it began.${await complaintOf(staging.folder)}`;
    await endWithout({ failureClass: 'F6_HPC_QUEUE', reason: 'killed', message });
  };

  const look = async (queued: QueuedJob | null): Promise<void> => {
    if (await takeEnd()) return;
    const alive = queued !== null && isLive(queued.state) && !isHopeless(queued);
    ended = alive ? 0 : ended + 1;
    if (ended < patience) return;
    if ((await staging.readClaim()) === null) return await endUnclaimed(queued);
    await endWithout(cancelled ? cancelledWhy : whyEnded(queued?.state ?? null));
  };

  const cancel = async (): Promise<void> => {
    if (over || cancelled) return;
    cancelled = true;
    if (await staging.fence()) {
      await commands.remove(jobName);
      await endWithout(cancelledWhy);
      return;
    }
    await commands.terminate(jobName);
    // the runner ends the command in this time; what does not listen is taken out of the queue
    setTimeout(
      () => {
        if (!over) commands.remove(jobName).catch((error: unknown) => warn('A job cannot be removed', error));
      },
      (graceSeconds + 10) * 1_000,
    ).unref();
  };

  /** Wakes at once where the file system tells of changes; a shared one between machines does not. */
  const listen = async (): Promise<void> => {
    try {
      for await (const { filename } of watch(staging.folder, { signal: stop.signal })) {
        if (filename === 'end.json') await takeEnd();
        else if (filename === files.log) await tail();
      }
    } catch (error) {
      if (!stop.signal.aborted)
        warn('A folder of a job cannot be watched; it is looked at from time to time', error);
    }
  };
  const timer = setInterval(() => {
    const step = async (): Promise<void> => {
      if (!(await takeEnd())) await tail();
    };
    step().catch((error: unknown) => warn('A job cannot be read', error));
  }, tailEveryMs);
  stop.signal.addEventListener('abort', () => clearInterval(timer));
  void listen();

  return {
    handle: {
      name: spec.name,
      claim,
      wait: () => outcome.promise,
      cancel: () => void cancel().catch((error: unknown) => warn('A job cannot be cancelled', error)),
    },
    look,
    leave: () => {
      over = true;
      stop.abort();
      forget();
      const message = 'The executor has closed; its jobs go on in Slurm.';
      outcome.reject(new GenesisError({ code: 'unavailable', message, retryAfterSeconds: 10 }));
    },
  };
}
