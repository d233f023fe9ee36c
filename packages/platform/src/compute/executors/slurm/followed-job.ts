/** One job that was given to Slurm, until its outcome. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GenesisError, type JobOutcome } from '@genesis/contracts';
import { oneAtATime } from '../../one-at-a-time.ts';
import type { JobHandle, JobHooks } from '../../ports.ts';
import { outcomeEnd, type Staging } from '../local/staging.ts';
import type { SlurmCommands } from './commands.ts';
import { failedOutcome, type Why, whyEnded } from './failed-outcome.ts';
import { followFolder } from './follow-files.ts';
import { files, type Launch } from './launch-file.ts';
import { tailLog } from './log-tail.ts';
import { hasHope, type Queue, type QueuedJob } from './queue.ts';

/** How a job is in Slurm: by itself, or as one of a batch. */
export type Submission = {
  /** The name in Slurm that it has now. */
  name(): string;
  /** Whether other jobs have the same name. */
  readonly shared: boolean;
  /** Gives it to Slurm again after it was lost; `last` is what Slurm says of it. False: that was done often enough. */
  again(last: QueuedJob | undefined): Promise<boolean>;
  /** The job has ended, or can never begin: nothing of it is to be left in the queue. Returns once that is on disk. */
  over(): Promise<void>;
  /** What the node said on its way out; '' when it said nothing. */
  complaint(): Promise<string>;
};

export type FollowedJob = {
  readonly handle: JobHandle;
  /** Reads what is new in the folder of the job. It neither waits nor throws, nor do looks. */
  read(): void;
  /** Takes what Slurm says of all jobs. */
  look(queue: Queue): void;
  /** The server lets go of the job, which goes on. */
  leave(): void;
};

/** Looks at the queue in a row that must find a job ended, or gone, before its end is told without it: its files may come later. */
const patience = 3;
const cancelledWhy: Why = {
  failureClass: 'F0_NONE',
  reason: 'cancelled',
  message: 'The job was cancelled.',
};

export function followJob(
  staging: Staging,
  { claim, spec, graceSeconds }: Launch,
  parts: {
    commands: SlurmCommands;
    submission: Submission;
    hooks: JobHooks;
    /** Called once, when the outcome is known or the job is left alone. */
    forget: () => void;
    warn: (message: string, error: unknown) => void;
    /** The folder cannot be watched; it is read from time to time only. */
    unwatched: (error: unknown) => void;
  },
): FollowedJob {
  const { commands, submission, hooks, forget, warn, unwatched } = parts;
  const startedAt = new Date();
  const outcome = Promise.withResolvers<JobOutcome>();
  outcome.promise.catch(() => undefined);
  const stop = new AbortController();
  const tail = oneAtATime(tailLog(staging.folder, hooks.onLog ?? (() => {})));
  let over = false;
  let cancelled = false;
  let looking = false;
  let ended = 0;
  /** The task of a job array that has the claim, as the queue names it; undefined: not known to be claimed. */
  let task: string | undefined;

  const settle = async (given: JobOutcome): Promise<void> => {
    if (over) return;
    over = true;
    stop.abort();
    await tail().catch((error: unknown) => warn('The log of a job cannot be read to its end', error));
    await submission
      .over()
      .catch((error: unknown) => warn('It cannot be noted that a job is over; the next start will', error));
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
  const learnClaim = async (): Promise<boolean> => {
    const found = await staging.readClaim();
    task = found?.task ?? task;
    return found !== null;
  };

  /** Records an end for a job that left none. What was recorded in the meantime counts instead. */
  const endWithout = async (why: Why): Promise<void> => {
    const own = failedOutcome(spec.name, claim, startedAt, why);
    const end = await staging.end(outcomeEnd(own));
    await settle(end.kind === 'outcome' ? end.outcome : own);
  };

  /** A job that is in no queue and has not begun: it is given to Slurm again, or fenced so that it cannot begin. */
  const endUnclaimed = async (queued: QueuedJob | undefined): Promise<void> => {
    let what =
      queued === undefined
        ? 'Slurm has lost the job'
        : `Slurm ended the job (${queued.state}, ${queued.why})`;
    try {
      if (!cancelled && (await submission.again(queued))) {
        ended = 0;
        return;
      }
    } catch (error) {
      if (!(error instanceof GenesisError) || error.failure.code !== 'unsupported') throw error;
      what = `Slurm lost the job, and refused it then (${error.message})`;
    }
    // false with no claim: it was fenced before
    if (!(await staging.fence()) && (await learnClaim())) return;
    if (cancelled) return await endWithout(cancelledWhy);
    const message = `${what} before it began.${await submission.complaint()}`;
    await endWithout({ failureClass: 'F6_HPC_QUEUE', reason: 'killed', message });
  };

  const look = async (queue: Queue): Promise<void> => {
    const queued = queue.get(task ?? submission.name());
    ended = hasHope(queued) ? 0 : ended + 1;
    if (ended === 0 || (await takeEnd())) return;
    if (ended < patience) return;
    const before = task;
    if (!(await learnClaim())) return await endUnclaimed(queued);
    // only now known to run, as another name in the queue
    if (task !== before) ended = 0;
    else await endWithout(cancelled ? cancelledWhy : whyEnded(queued?.state ?? null));
  };

  const cancel = async (): Promise<void> => {
    if (over || cancelled) return;
    cancelled = true;
    if (await staging.fence()) {
      // on disk first: should Slurm not answer now, it is asked again until nothing is left
      await submission.over();
      if (!submission.shared)
        await commands
          .remove(submission.name())
          .catch((error: unknown) => warn('A cancelled job cannot be taken out of the queue yet', error));
      await endWithout(cancelledWhy);
      return;
    }
    // the runner looks for this file, and takes SIGTERM with it for the word of this server
    await writeFile(join(staging.folder, files.cancel), '', { mode: 0o600 });
    if (!submission.shared) await commands.terminate(submission.name());
  };
  /** What does not listen in time is ended by Slurm. */
  const insist = async (): Promise<void> => {
    if (over) return;
    await learnClaim();
    if (!submission.shared) await commands.remove(submission.name());
    else if (task !== undefined) await commands.killTask(task.slice(0, task.lastIndexOf('_')), task);
  };
  const beginCancel = (): void => {
    if (over || cancelled) return;
    cancel().catch((error: unknown) => warn('A job cannot be cancelled', error));
    const later = (): void =>
      void insist().catch((error: unknown) => warn('A cancelled job cannot be ended', error));
    setTimeout(later, (graceSeconds + 10) * 1_000).unref();
  };

  const read = async (): Promise<void> => {
    if (await takeEnd()) return;
    if (submission.shared && task === undefined) await learnClaim();
    await tail();
  };
  const readOnce = oneAtATime(read);
  const begin = (): void => {
    if (!over) readOnce().catch((error: unknown) => warn('A job cannot be read', error));
  };
  void followFolder(
    staging.folder,
    stop.signal,
    (file) => {
      if (file === 'end.json' || file === 'claim.json' || file === files.log) begin();
    },
    unwatched,
  );

  return {
    handle: { name: spec.name, claim, wait: () => outcome.promise, cancel: beginCancel },
    read: begin,
    look: (queue) => {
      if (looking || over) return;
      looking = true;
      look(queue)
        .catch((error: unknown) => warn('A job cannot be looked at', error))
        .finally(() => {
          looking = false;
        });
    },
    leave: () => {
      over = true;
      stop.abort();
      forget();
      const message = 'The executor has closed; its jobs go on in Slurm.';
      outcome.reject(new GenesisError({ code: 'unavailable', message, retryAfterSeconds: 10 }));
    },
  };
}

const runnerWords = 500;

/** What a runner said on its way out, in a message for people. */
export async function complaintIn(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const last = text.trim().slice(-runnerWords);
  return last === '' ? '' : ` The node said: ${last}`;
}
