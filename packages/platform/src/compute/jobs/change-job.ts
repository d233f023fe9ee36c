import { GenesisError, invalidField, type JobRequest, type JobState, jobStates } from '@genesis/contracts';
import { canonicalJson } from '@genesis/evidence';
import { eq } from 'drizzle-orm';
import type { WriteTx } from '../../door/index.ts';
import type { Idempotency } from '../../kernel/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import { settle } from '../accounting/charges.ts';
import type { MachineRow } from '../inventory/store.ts';
import { findProject } from '../projects/index.ts';
import { job } from '../tables.ts';
import type { JobParts } from './parts.ts';
import { planJob } from './plan-job.ts';
import type { FoundJob, JobRow } from './store.ts';

async function locked(tx: WriteTx, id: string): Promise<JobRow> {
  const [row] = await tx.select().from(job).where(eq(job.id, id)).for('update');
  if (row === undefined) throw new GenesisError({ code: 'not-found', message: `There is no job ${id}.` });
  return row;
}

/** Moves a job that is locked. @throws GenesisError `conflict` for a move that its states do not allow */
export async function moveJob(
  tx: WriteTx,
  id: string,
  to: JobState,
  change: Partial<Pick<JobRow, 'exitCode' | 'message' | 'outcome' | 'startedAt' | 'endedAt'>> = {},
): Promise<JobRow> {
  const row = await locked(tx, id);
  if (!jobStates.canMove(row.state, to))
    throw new GenesisError({ code: 'conflict', message: `The job is ${row.state} already.` });
  await tx
    .update(job)
    .set({ state: to, ...change })
    .where(eq(job.id, id));
  return row;
}

const same = (one: unknown, other: unknown): boolean =>
  canonicalJson((one ?? null) as never) === canonicalJson((other ?? null) as never);

/** What was submitted with the duration changed; everything else that is said must be as it was. */
function changed(before: JobRequest, wanted: JobRequest): JobRequest {
  for (const field of Object.keys(wanted) as (keyof JobRequest)[]) {
    if (field === 'attributes' || same(before[field], wanted[field])) continue;
    if (field === 'inherit_environment' || field === 'arguments' || field === 'environment')
      if (before[field] === undefined && isDefault(wanted[field])) continue;
    throw invalidField(field, 'only attributes.duration can be changed: leave the rest out, or as it was');
  }
  const { duration, ...rest } = wanted.attributes ?? {};
  for (const [name, value] of Object.entries(rest))
    if (!same(before.attributes?.[name as keyof typeof rest], value) && !isDefault(value))
      throw invalidField(`attributes.${name}`, 'only attributes.duration can be changed');
  if (duration == null) return before;
  return { ...before, attributes: { ...before.attributes, duration } };
}

const isDefault = (value: unknown): boolean =>
  value == null || value === true || (typeof value === 'object' && Object.keys(value).length === 0);

/**
 * Changes how long a job may run, while it waits in the queue of the platform. Only whoever submitted it may.
 *
 * @throws GenesisError `conflict` once it has been given to the machine
 */
export async function updateJob(
  { door, projects }: JobParts,
  principal: PrincipalFacts,
  wanted: { job: FoundJob; request: JobRequest; machine: MachineRow },
  idempotency?: Idempotency,
): Promise<{ repeated: boolean }> {
  const { job: found, request, machine } = wanted;
  const { id } = found.row;
  const members = [found.row.principal];
  const { repeated } = await door.perform(
    {
      ...{ principal, action: 'job.update', purpose: null, idempotency },
      resource: { about: { ...found.facts, members } },
    },
    async (tx) => {
      const row = await locked(tx, id);
      if (row.state !== 'queued')
        throw new GenesisError({
          code: 'conflict',
          message: `The job is ${row.state}; only a queued one can be changed. Cancel it and submit another.`,
        });
      const spec = changed(row.spec, request);
      planJob(id, spec, machine, projects.rootOf(row.project));
      await tx.update(job).set({ spec }).where(eq(job.id, id));
      return { result: null, details: { duration: spec.attributes?.duration ?? null } };
    },
  );
  return { repeated };
}

async function endCancelled(tx: WriteTx, id: string, endedAt: number): Promise<void> {
  await moveJob(tx, id, 'canceled', { message: 'It was cancelled.', endedAt });
  await settle(tx, id, null, endedAt);
}

/**
 * Cancels a job. One that waits has ended at once; of one that runs the worker is told, which ends it and records that;
 * where its worker is gone, no outcome counts any more and the next start ends what is left.
 */
export async function cancelJob(
  { door, clock }: JobParts,
  principal: PrincipalFacts,
  job: FoundJob,
  running: ReadonlyMap<string, AbortController>,
): Promise<void> {
  const { id, project } = job.row;
  const { members } = await findProject(door.authorize(principal, 'explore'), project);
  const { result: worker } = await door.perform(
    {
      ...{ principal, action: 'job.cancel', purpose: null },
      resource: { about: { ...job.facts, members } },
    },
    async (tx) => {
      const row = await locked(tx, id);
      if (jobStates.isFinal(row.state))
        throw new GenesisError({ code: 'conflict', message: `The job is ${row.state} already.` });
      const found = row.state === 'active' ? running.get(id) : undefined;
      if (found === undefined) await endCancelled(tx, id, clock.now().getTime());
      return { result: found, details: { state: row.state } };
    },
  );
  worker?.abort(new Error('cancelled'));
}
