import { desc, type SQL, sql } from 'drizzle-orm';
import type { ReadScope, WriteTx } from '../../door/index.ts';
import type { Ids } from '../../kernel/index.ts';
import type { ProjectsOf } from '../parts.ts';
import { notice } from '../tables.ts';

export type Notice = typeof notice.$inferSelect;
export type NewNotice = { recipient: string; about: string; text: string; due: number };

/** Tells somebody something once: a notice that was given before, about the same thing and time, is not given again. */
export async function tell(
  tx: WriteTx,
  ids: Ids,
  at: number,
  notices: readonly NewNotice[],
): Promise<number> {
  if (notices.length === 0) return 0;
  const told = await tx
    .insert(notice)
    .values(notices.map((one) => ({ id: ids.next('notice'), ...one, createdAt: at })))
    .onConflictDoNothing()
    .returning({ id: notice.id });
  return told.length;
}

/** Whether a scope reads what is somebody's own. A token that others may hold, and a confined delegation, do not. */
export const readsOwn = ({ predicate, principal }: ReadScope): boolean =>
  predicate.actions.includes('access.read') &&
  predicate.confinedTo === undefined &&
  principal.uncleared !== true;

/** Whether a scope reads what is for the custodians of its organisations. */
export const readsAsCustodian = ({ predicate }: ReadScope): boolean =>
  predicate.actions.includes('access.read') && predicate.confinedTo === undefined;

/** Ids under which something reaches whoever reads: the person, their projects, and organisations that they look after. */
export const reaches = (scope: ReadScope, column: SQL.Aliased | SQL, projectsOf: ProjectsOf): SQL => {
  const { principal, predicate } = scope;
  const ids = [
    ...(readsOwn(scope) ? [principal.id] : []),
    ...(readsAsCustodian(scope) ? predicate.custodianOf : []),
  ];
  const projects = readsOwn(scope) ? sql` union all ${projectsOf(principal.id)}` : sql``;
  return sql`${column} in (select unnest(${sql.param(ids)}::text[])${projects})`;
};

/** Notices for whoever reads, newest first. */
export const listNotices = async (
  scope: ReadScope,
  projectsOf: ProjectsOf,
  limit: number,
): Promise<Notice[]> =>
  await scope.orm
    .select()
    .from(notice)
    .where(reaches(scope, sql`${notice.recipient}`, projectsOf))
    .orderBy(desc(notice.createdAt), desc(notice.id))
    .limit(limit);
