import { GenesisError, type JobOutcome, jobStates, type LogLine } from '@genesis/contracts';
import { platformFacts, platformPrincipal } from '../../door/index.ts';
import { asGenesisError } from '../../kernel/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import { reserve, settle, usedBy } from '../accounting/charges.ts';
import { findMachine } from '../inventory/store.ts';
import type { Executor, JobHandle, JobHooks } from '../ports.ts';
import { moveJob } from './change-job.ts';
import type { JobParts } from './parts.ts';
import { askedOf, planJob } from './plan-job.ts';
import { findJob, type JobRow } from './store.ts';
import type { QueuedJob } from './submit-job.ts';

/** How a job has ended: by its outcome, or without one, for a reason that its submitter can read. */
type Ended = { outcome: JobOutcome } | { failed: string };

type Stops = { signal: AbortSignal; cancel: AbortSignal };

/**
 * Brings a job to its end. Safe to begin again after any crash: what the program does to the files of the project
 * happens once, because a job that had been launched is found again by its name, and never launched a second time.
 */
export async function executeJob(
  parts: JobParts,
  { job: id, delegation }: QueuedJob,
  running: Map<string, AbortController>,
  signal: AbortSignal,
): Promise<void> {
  const { door, actUnder, crash } = parts;
  const found = await actUnder(delegation)
    .then(async (principal) => ({
      principal,
      row: (await findJob(door.authorize(principal, 'explore'), id)).row,
    }))
    .catch((error: unknown) => {
      if (isGone(error)) return undefined;
      throw error;
    });
  if (found === undefined) return await endWithoutAuthority(parts, id);
  const { principal, row } = found;
  if (jobStates.isFinal(row.state)) return await clearAway(await parts.executorOf(row.machine), id);
  // From here on a cancellation is heard here: whoever cancels a job that is not in `running` ends it in the database.
  const cancelling = new AbortController();
  running.set(id, cancelling);
  const tail = createTail();
  try {
    const stops = { signal, cancel: cancelling.signal };
    const ended = await bringToEnd(parts, principal, row, tail, stops).catch((error: unknown) =>
      failureOf(parts, id, error, signal),
    );
    // What the platform's own stop ended is told at the next start.
    if (signal.aborted && 'outcome' in ended && wasStopped(ended.outcome)) throw signal.reason;
    crash.reach('job.ended');
    await record(parts, delegation, row, ended, tail.text());
    crash.reach('job.recorded');
    await (await parts.executorOf(row.machine)).release(id);
  } finally {
    running.delete(id);
  }
}

/** Whether an error says that the right to the job has ended; anything else may pass. */
const isGone = (error: unknown): boolean =>
  error instanceof GenesisError && ['denied', 'not-found', 'unauthenticated'].includes(error.failure.code);

/** Ended by us, and neither by itself nor by a limit. */
const wasStopped = ({ reason }: JobOutcome): boolean => reason === 'cancelled' || reason === 'killed';

async function bringToEnd(
  parts: JobParts,
  principal: PrincipalFacts,
  row: JobRow,
  tail: Tail,
  stops: Stops,
): Promise<Ended> {
  const executor = await parts.executorOf(row.machine);
  const hooks: JobHooks = { onLog: tail.write };
  if (row.state === 'active') {
    const found = await executor.reconcile(row.id, hooks);
    if (found.state === 'finished') return { outcome: found.outcome };
    if (found.state === 'running') return await waitFor(executor, found.job, stops);
    if (found.state === 'lost')
      return {
        failed:
          'The machine lost the job: it had started, and nobody knows how far it came. Submit it again if that does no harm.',
      };
    await executor.release(row.id);
  }
  const { row: machine } = await findMachine(parts.door.authorize(principal, 'explore'), row.machine);
  // The decision is taken anew: what was taken away since the submission counts.
  const { result: now } = await parts.door.perform(
    { principal, action: 'job.update', resource: row.id, purpose: 'explore' },
    async (tx) => {
      const at = parts.clock.now().getTime();
      const before = row.state === 'active' ? row : await moveJob(tx, row.id, 'active', { startedAt: at });
      await reserve(tx, { ...chargeOf(row, askedOf(before.spec, machine.limits)) }, at);
      return { result: before, details: { launched: row.id } };
    },
  );
  const spec = planJob(row.id, now.spec, machine, parts.projects.rootOf(row.project));
  const handle = await executor.launch(spec, hooks);
  parts.crash.reach('job.launched');
  return await waitFor(executor, handle, stops);
}

const chargeOf = (row: JobRow, asked: ReturnType<typeof askedOf>) => ({
  ...{ run: row.id, attempt: 1, machine: row.machine, principal: row.principal, asked },
  ...{ project: row.project, campaign: null, challenge: null },
});

/** @throws the reason of `signal` where the job lives on without the platform */
async function waitFor(executor: Executor, handle: JobHandle, { signal, cancel }: Stops): Promise<Ended> {
  const end = (): void => handle.cancel();
  const interrupted = Promise.withResolvers<never>();
  interrupted.promise.catch(() => undefined);
  const interrupt = (): void => {
    if (executor.jobsOutliveServer) interrupted.reject(signal.reason);
    else end();
  };
  if (cancel.aborted) end();
  if (signal.aborted) interrupt();
  cancel.addEventListener('abort', end, { once: true });
  signal.addEventListener('abort', interrupt, { once: true });
  try {
    return { outcome: await Promise.race([handle.wait(), interrupted.promise]) };
  } finally {
    cancel.removeEventListener('abort', end);
    signal.removeEventListener('abort', interrupt);
  }
}

/** What may pass is thrown on, and the job is tried again; everything else is how the job ended. */
function failureOf(parts: JobParts, id: string, error: unknown, signal: AbortSignal): Ended {
  const known = asGenesisError(error);
  if (signal.aborted || (known instanceof GenesisError && known.transient)) throw error;
  if (known instanceof GenesisError && known.failure.code !== 'internal') return { failed: known.message };
  parts.log.warn({ err: error, job: id }, 'A job could not be executed');
  return { failed: 'The platform failed to execute the job; its log has the details.' };
}

const stateOf = { succeeded: 'completed', failed: 'failed', cancelled: 'canceled' } as const;

/** Records the end, once. One that its submitter may not have any more is ended by the platform itself. */
async function record(
  parts: JobParts,
  delegation: string,
  row: JobRow,
  ended: Ended,
  said: string,
): Promise<void> {
  const { id } = row;
  try {
    const principal = await parts.actUnder(delegation);
    const endedAt = parts.clock.now().getTime();
    await parts.door.perform(
      { principal, action: 'job.finish', resource: id, purpose: 'explore' },
      async (tx) => {
        const state = 'outcome' in ended ? stateOf[ended.outcome.state] : 'failed';
        const { spec } = await moveJob(tx, id, state, { endedAt, ...detailsOf(ended, said) });
        // where nobody knows what was used, what was reserved stays counted
        await settle(tx, id, 'outcome' in ended ? usedBy(askedOf(spec), ended.outcome) : null, endedAt);
        return { result: undefined, details: { state } };
      },
    );
  } catch (error) {
    // Somebody has cancelled it meanwhile: that is how it ended.
    if (error instanceof GenesisError && error.failure.code === 'conflict') return;
    if (!isGone(error)) throw error;
    await endWithoutAuthority(parts, id);
  }
}

function detailsOf(ended: Ended, said: string): Pick<JobRow, 'exitCode' | 'message' | 'outcome'> {
  if ('failed' in ended) return { exitCode: null, message: ended.failed, outcome: null };
  const { state, failureClass, reason, message, usage, startedAt, endedAt, signal, sandboxed, exitCode } =
    ended.outcome;
  return {
    exitCode,
    message: message === null ? null : [message, said].filter((part) => part !== '').join(' '),
    outcome: { state, failureClass, reason, message, usage, startedAt, endedAt, signal, sandboxed },
  };
}

/** Ends a job whose submitter has lost the right to it. Only the platform is left to say so, about itself. */
async function endWithoutAuthority(parts: JobParts, id: string): Promise<void> {
  const { result: row } = await parts.door.perform(
    {
      principal: platformPrincipal,
      action: 'job.finish',
      resource: { about: platformFacts },
      purpose: 'explore',
    },
    async (tx) => {
      const message = 'Whoever submitted the job has lost the right to it, so that the platform ended it.';
      const endedAt = parts.clock.now().getTime();
      const moved = await moveJob(tx, id, 'failed', { message, endedAt }).catch((error: unknown) => {
        if (error instanceof GenesisError && error.failure.code === 'conflict') return undefined;
        throw error;
      });
      if (moved !== undefined) await settle(tx, id, null, endedAt);
      return { result: moved, details: { job: id, ended: moved !== undefined } };
    },
  );
  if (row !== undefined) await clearAway(await parts.executorOf(row.machine), id);
}

/** What a job that has ended may have left in the executor: one that lives on is ended, its folder removed. */
async function clearAway(executor: Executor, id: string): Promise<void> {
  const found = await executor.reconcile(id);
  if (found.state === 'running') {
    found.job.cancel();
    await found.job.wait();
  }
  await executor.release(id);
}

type Tail = { write: (lines: LogLine[]) => void; text: () => string };

const mostSaid = 500;

/** The last words of a job that it could not put into its own files: why a stream could not be opened, say. */
function createTail(): Tail {
  let text = '';
  return {
    write(lines) {
      text = [text, ...lines.map((line) => line.text)].join('\n').slice(-mostSaid);
    },
    text: () => text.trim(),
  };
}
