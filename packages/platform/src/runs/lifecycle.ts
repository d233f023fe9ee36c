import { randomBytes } from 'node:crypto';
import {
  type ExecutionOutcome,
  GenesisError,
  type JobResources,
  type Purpose,
  type RunState,
  runStates,
} from '@genesis/contracts';
import { and, eq } from 'drizzle-orm';
import { countUse, settle, usedBy } from '../compute/index.ts';
import type { WriteTx } from '../door/index.ts';
import { attempt, type ExecutionContext, run } from './tables.ts';

export type NewRun = {
  id: string;
  governedBy: string;
  capability: string;
  input: unknown;
  context: ExecutionContext;
  submittedBy: string;
  purpose: Purpose;
  delegation?: string | undefined;
  idempotencyKey?: string | undefined;
  requestHash?: string | undefined;
  /** Where it may run; without any, whichever placement finds best. */
  among?: readonly string[];
  project?: string | null;
  campaign?: string;
  challenge?: string | null;
};

/** Enters a run as queued. */
export async function insertRun(tx: WriteTx, wanted: NewRun, now: number): Promise<void> {
  await tx
    .insert(run)
    .values({ ...wanted, among: [...(wanted.among ?? [])], state: 'queued', createdAt: now });
}

/**
 * Begins the next attempt and returns its number and claim. Only an outcome that shows this claim will count, so a
 * worker that was thought dead can record nothing once another has begun.
 */
export async function beginAttempt(
  tx: WriteTx,
  id: string,
  now: number,
): Promise<{ number: number; claim: string }> {
  const row = await locked(tx, id);
  if (row.state !== 'running') move(id, row.state as RunState, 'running');
  const number = row.attempts + 1;
  const claim = randomBytes(16).toString('hex');
  await tx.update(run).set({ state: 'running', attempts: number }).where(eq(run.id, id));
  await tx.insert(attempt).values({ run: id, number, claim, startedAt: now });
  return { number, claim };
}

export type FinishedRun = {
  claim: string;
  outcome: ExecutionOutcome;
  output: unknown;
  sandboxed: boolean;
  /** What it had asked for where it ran, so that accounting can replace what was reserved. */
  asked?: Pick<JobResources, 'cpuCores' | 'gpus' | 'nodes' | 'durationSeconds'>;
  /** The platform's own machine, for what ran in the platform itself. */
  here?: string;
};

/** What a function in a worker thread takes. */
const oneCore = { cpuCores: 1, gpus: 0, nodes: 1, durationSeconds: 0 } as const;

/**
 * Records how the newest attempt ended.
 *
 * @throws GenesisError `conflict` when the claim is not the newest attempt's, or the run has ended already
 */
export async function finishRun(tx: WriteTx, id: string, finished: FinishedRun, now: number): Promise<void> {
  const row = await locked(tx, id);
  const newest = and(eq(attempt.run, id), eq(attempt.number, row.attempts));
  const [current] = await tx.select().from(attempt).where(newest);
  if (current?.claim !== finished.claim) {
    throw new GenesisError({
      code: 'conflict',
      message: `Run ${id} has a newer attempt; this outcome does not count.`,
    });
  }
  move(id, row.state as RunState, finished.outcome.state);
  if (finished.asked !== undefined) {
    await settle(tx, id, usedBy(finished.asked, finished.outcome), now);
  }
  if (finished.here !== undefined) {
    const { project, campaign, challenge, submittedBy: principal, attempts: number } = row;
    const of = { run: id, attempt: number, machine: finished.here, principal, project, campaign, challenge };
    await countUse(tx, { ...of, asked: oneCore, seconds: finished.outcome.usage.wallSeconds }, now);
  }
  await tx.update(attempt).set({ endedAt: now, outcome: finished.outcome }).where(newest);
  await tx
    .update(run)
    .set({
      state: finished.outcome.state,
      outcome: finished.outcome,
      output: finished.output,
      sandboxed: finished.sandboxed,
      waitsFor: null,
      endedAt: now,
    })
    .where(eq(run.id, id));
}

async function locked(tx: WriteTx, id: string) {
  const [row] = await tx.select().from(run).where(eq(run.id, id)).for('update');
  if (row === undefined) throw new GenesisError({ code: 'not-found', message: `There is no run ${id}.` });
  return row;
}

function move(id: string, from: RunState, to: RunState): void {
  if (!runStates.canMove(from, to)) {
    throw new GenesisError({ code: 'conflict', message: `Run ${id} is ${from}; it cannot become ${to}.` });
  }
}

/** The outcome of a trusted function that ended well. */
export const succeeded = (started: Date, ended: Date): ExecutionOutcome => ({
  state: 'succeeded',
  failureClass: 'F0_NONE',
  reason: null,
  message: null,
  usage: {
    wallSeconds: (ended.getTime() - started.getTime()) / 1000,
    cpuSeconds: null,
    peakMemoryBytes: null,
  },
  startedAt: started.toISOString(),
  endedAt: ended.toISOString(),
});
