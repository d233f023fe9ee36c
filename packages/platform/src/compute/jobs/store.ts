/** Reads of jobs: whatever the scope does not admit does not exist. */
import { GenesisError, type JobState, jobStates } from '@genesis/contracts';
import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import { factsOf, type ReadScope, resource } from '../../door/index.ts';
import type { ResourceFacts } from '../../policy/index.ts';
import { job } from '../tables.ts';

export type JobRow = typeof job.$inferSelect;
export type FoundJob = { row: JobRow; facts: ResourceFacts };

export type JobFilter = {
  machine?: string | undefined;
  project?: string | undefined;
  ids?: readonly string[] | undefined;
  states?: readonly JobState[] | undefined;
  /** Whoever submitted them. */
  principal?: string | undefined;
  /** As its submitter called it. */
  name?: string | undefined;
};

/** States of jobs that have not ended. */
export const liveStates: readonly JobState[] = jobStates.states.filter((state) => !jobStates.isFinal(state));

/** Jobs, newest first. */
export async function listJobs(
  scope: ReadScope,
  filter: JobFilter,
  { offset, limit }: { offset: number; limit: number },
): Promise<FoundJob[]> {
  const { machine, project, ids, states, principal, name } = filter;
  const rows = await scope.orm
    .select({ row: job, governed: resource })
    .from(job)
    .innerJoin(resource, eq(resource.id, job.id))
    .where(
      and(
        scope.where,
        machine === undefined ? undefined : eq(job.machine, machine),
        project === undefined ? undefined : eq(job.project, project),
        ids === undefined ? undefined : inArray(job.id, [...ids]),
        states === undefined ? undefined : inArray(job.state, [...states]),
        principal === undefined ? undefined : eq(job.principal, principal),
        name === undefined ? undefined : sql`${job.spec} ->> 'name' = ${name}`,
      ),
    )
    .orderBy(desc(job.createdAt), desc(job.id))
    .offset(offset)
    .limit(limit);
  return rows.map(({ row, governed }) => ({ row, facts: factsOf(governed) }));
}

/** One job; with `machine` only where it is a job of that resource. */
export async function findJob(scope: ReadScope, id: string, machine?: string): Promise<FoundJob> {
  const [found] = await listJobs(scope, { ids: [id], machine }, { offset: 0, limit: 1 });
  if (found === undefined)
    throw new GenesisError({ code: 'not-found', message: 'There is no job under this id that you may see.' });
  return found;
}
