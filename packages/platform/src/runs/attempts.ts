/** The attempts of a run: how one begins, is found again after a crash, is given up, and is let go of. */
import type { ExecutionOutcome, JobResources, Purpose } from '@genesis/contracts';
import { and, eq, isNotNull, sql } from 'drizzle-orm';
import { type Executor, type Reconciliation, settle, usedBy } from '../compute/index.ts';
import type { ReadScope } from '../door/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { wordsAfterKill } from './after-a-kill.ts';
import { checkpointFiles, removeCheckpoints, takeCheckpoint } from './checkpoints.ts';
import { beginAttempt } from './lifecycle.ts';
import { addLine, type LogWriter, storedLines } from './logs.ts';
import type { RunParts } from './parts.ts';
import { endedWithPlatform, releaseJob } from './run-command.ts';
import { findRun, type RunRow } from './store.ts';
import { attempt, run } from './tables.ts';

export type Begun = { number: number; claim: string; at: number };

/** One job name for each attempt: by it the attempt is found again after a crash. */
export const jobName = (run: string, number: number): string => `${run}-${number}`;

/** How the attempt before ended, where that is known and another one begins all the same. */
export type EndedBefore = { number: number; outcome: ExecutionOutcome; asked: JobResources };

export async function begin(
  parts: RunParts,
  principal: PrincipalFacts,
  id: string,
  purpose: Purpose,
  before: EndedBefore | null,
): Promise<Begun> {
  const { result } = await parts.door.perform(
    { principal, action: 'run.execute', resource: id, purpose },
    async (tx) => {
      const at = parts.clock.now().getTime();
      const begun = await beginAttempt(tx, id, at);
      if (before !== null) {
        const { number, outcome, asked } = before;
        const which = and(eq(attempt.run, id), eq(attempt.number, number));
        await tx.update(attempt).set({ endedAt: at, outcome }).where(which);
        await settle(tx, id, usedBy(asked, outcome), at, number);
      }
      // what an attempt that was given up had reserved stays counted: nobody knows what it used
      await settle(tx, id, null, at);
      await tx.update(run).set({ machine: null, plan: null }).where(eq(run.id, id));
      const { state, reason } = before?.outcome ?? { state: null, reason: null };
      const ended = before === null ? {} : { before: { attempt: before.number, state, reason } };
      return { result: { ...begun, at }, details: { attempt: begun.number, ...ended } };
    },
  );
  return result;
}

/** How many attempts of a run are recorded as ended, and were followed by another one. */
export async function endedAttempts(scope: ReadScope, id: string): Promise<number> {
  const rows = await scope.orm
    .select({ number: attempt.number })
    .from(attempt)
    .where(and(eq(attempt.run, id), isNotNull(attempt.outcome)));
  return rows.length;
}

async function newestOf(scope: ReadScope, row: RunRow): Promise<Begun | undefined> {
  const [newest] = await scope.orm
    .select({ claim: attempt.claim, at: attempt.startedAt })
    .from(attempt)
    .where(sql`${attempt.run} = ${row.id} and ${attempt.number} = ${row.attempts}`);
  return newest === undefined ? undefined : { number: row.attempts, ...newest };
}

/** An attempt that waited for a place and was given none: it goes on, so that waiting uses up no attempt. */
export async function findUnplaced(scope: ReadScope, row: RunRow): Promise<Begun | undefined> {
  if (row.state !== 'running' || row.machine !== null || row.among.length === 0) return undefined;
  return await newestOf(scope, row);
}

export type Found = Extract<Reconciliation, { state: 'running' | 'finished' }>;
export type Old = { begun: Begun; found: Found; logs: LogWriter; executor: Executor };
type LogOf = (number: number, stored?: Awaited<ReturnType<typeof storedLines>>) => LogWriter;

/**
 * The attempt that the last process began, when its job goes on or has ended; `null` when it is given up. A job that
 * was stopped with that process counts for nothing: a person's cancellation would be in the database. What it kept is
 * there for the next attempt.
 */
export async function findOld(
  parts: RunParts,
  scope: ReadScope,
  row: RunRow,
  logOf: LogOf,
  giving: Giving,
): Promise<Old | null> {
  if (row.state !== 'running' || row.machine === null) return null;
  const executor = await parts.compute.executorOf(row.machine);
  const logs = logOf(row.attempts, await storedLines(scope, row.id, row.attempts));
  const found = await executor.reconcile(jobName(row.id, row.attempts), { onLog: logs.write });
  const begun = await newestOf(scope, row);
  if (begun !== undefined && found.state === 'running') return { begun, found, logs, executor };
  if (begun !== undefined && found.state === 'finished' && !endedWithPlatform(executor, found.outcome))
    return { begun, found, logs, executor };
  // a name that was never taken, or was released, is of an attempt that was given up before
  await giveUp(parts, executor, row.attempts, giving, found.state !== 'unknown');
  return null;
}

/** Whose attempts are given up. `keeps`: its folder `checkpoint/` outlives them. */
export type Giving = { id: string; keeps: boolean; purpose: Purpose; actor: () => Promise<PrincipalFacts> };

/**
 * Lets go of an attempt that another one follows. Of a training, what it kept is taken over before its job is released,
 * and its log says so.
 */
export async function giveUp(
  parts: RunParts,
  executor: Executor,
  number: number,
  { id, keeps, purpose, actor }: Giving,
  tells = true,
): Promise<void> {
  const job = jobName(id, number);
  if (keeps) {
    await takeCheckpoint(parts, executor, { run: id, number, job });
    const text = wordsAfterKill(number + 1, (await checkpointFiles(parts, id)).length > 0);
    if (tells) await addLine(parts.door, { run: id, attempt: number }, actor, purpose, text);
  }
  parts.crash.reach('run.kept');
  await releaseJob(parts, executor, job);
}

/** What a run that has ended may have left in the executor: a job that lives on is ended, its folder removed. */
export async function clearAway(parts: RunParts, row: RunRow): Promise<void> {
  await removeCheckpoints(parts, row.id);
  if (row.machine === null) return;
  const executor = await parts.compute.executorOf(row.machine);
  const name = jobName(row.id, row.attempts);
  const found = await executor.reconcile(name);
  if (found.state === 'running') {
    found.job.cancel();
    await found.job.wait();
  }
  await releaseJob(parts, executor, name);
}

/** Lets go of the job of an attempt that is recorded, where it had one, and of the checkpoints of its run. */
export async function release(parts: RunParts, scope: ReadScope, id: string, number: number): Promise<void> {
  await removeCheckpoints(parts, id);
  const { machine } = await findRun(scope, id);
  if (machine !== null) await releaseJob(parts, await parts.compute.executorOf(machine), jobName(id, number));
}
