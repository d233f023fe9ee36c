import { GenesisError } from '@genesis/contracts';
import { and, asc, desc, eq, gt, lt, or, sql } from 'drizzle-orm';
import { factsOf, type ReadScope, resource } from '../door/index.ts';
import type { ResourceFacts } from '../policy/index.ts';
import { attempt, run, runLog } from './tables.ts';

export type RunRow = typeof run.$inferSelect;
export type AttemptRow = typeof attempt.$inferSelect;
export type RunPosition = { at: number; id: string };

/** A run that the scope admits: itself, or as part of the campaign that governs it. */
export async function findRun(scope: ReadScope, id: string): Promise<RunRow> {
  const [found] = await scope.orm
    .select({ run })
    .from(run)
    .innerJoin(resource, eq(resource.id, run.governedBy))
    .where(and(eq(run.id, id), scope.where));
  if (found === undefined) {
    throw new GenesisError({ code: 'not-found', message: 'There is no run under this id that you may see.' });
  }
  return found.run;
}

/** Runs that the scope admits, newest first, after a position; of one campaign when it is named. */
export async function listRuns(
  scope: ReadScope,
  page: { limit: number; before?: RunPosition | undefined; governedBy?: string | undefined },
): Promise<{ row: RunRow; facts: ResourceFacts }[]> {
  const { before, governedBy, limit } = page;
  const rows = await scope.orm
    .select({ run, resource })
    .from(run)
    .innerJoin(resource, eq(resource.id, run.governedBy))
    .where(
      and(
        scope.where,
        governedBy === undefined ? sql`true` : eq(run.governedBy, governedBy),
        before === undefined
          ? sql`true`
          : or(lt(run.createdAt, before.at), and(eq(run.createdAt, before.at), lt(run.id, before.id))),
      ),
    )
    .orderBy(desc(run.createdAt), desc(run.id))
    .limit(limit);
  return rows.map((found) => ({ row: found.run, facts: factsOf(found.resource) }));
}

export async function listAttempts(scope: ReadScope, id: string): Promise<AttemptRow[]> {
  const rows = await scope.orm
    .select({ attempt })
    .from(attempt)
    .innerJoin(run, eq(run.id, attempt.run))
    .innerJoin(resource, eq(resource.id, run.governedBy))
    .where(and(eq(run.id, id), scope.where))
    .orderBy(asc(attempt.number));
  return rows.map((found) => found.attempt);
}

export type LogPosition = { attempt: number; line: number };

/** Lines of a run's log after a position, in order. They have the run's label, so the same scope. */
export async function readLog(scope: ReadScope, id: string, after: LogPosition, limit: number) {
  const rows = await scope.orm
    .select({ log: runLog })
    .from(runLog)
    .innerJoin(run, eq(run.id, runLog.run))
    .innerJoin(resource, eq(resource.id, run.governedBy))
    .where(
      and(
        eq(run.id, id),
        scope.where,
        or(
          gt(runLog.attempt, after.attempt),
          and(eq(runLog.attempt, after.attempt), gt(runLog.line, after.line)),
        ),
      ),
    )
    .orderBy(asc(runLog.attempt), asc(runLog.line))
    .limit(limit);
  return rows.map((found) => found.log);
}

/** What changes whenever there is something new to tell of a run and its log. It is shown to nobody. */
export async function markOfLog(scope: ReadScope, id: string): Promise<string | undefined> {
  const last = scope.orm
    .select({ last: sql`${runLog.attempt} || '.' || ${runLog.line}` })
    .from(runLog)
    .where(eq(runLog.run, id))
    .orderBy(desc(runLog.attempt), desc(runLog.line))
    .limit(1);
  const [found] = await scope.orm
    .select({ mark: sql<string>`concat_ws(' ', ${run.state}, (${last}), ${run.waitsFor})` })
    .from(run)
    .where(eq(run.id, id));
  return found?.mark;
}

/** Label, conditions and owner that a run has: its own, or those of the campaign that governs it. */
export async function governingFacts(scope: ReadScope, row: RunRow): Promise<ResourceFacts> {
  const [found] = await scope.orm
    .select()
    .from(resource)
    .where(and(eq(resource.id, row.governedBy), scope.where));
  if (found === undefined) {
    throw new GenesisError({ code: 'not-found', message: 'There is no run under this id that you may see.' });
  }
  return factsOf(found);
}
