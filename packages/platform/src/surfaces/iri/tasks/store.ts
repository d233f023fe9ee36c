/** Reads of tasks: a principal's own, in projects that the scope admits. */
import { and, desc, eq, gt } from 'drizzle-orm';
import { type ReadScope, resource } from '../../../door/index.ts';
import { fileTask } from '../../tables.ts';
import { missing } from '../missing.ts';
import { keptMs } from './submit-task.ts';

export type WholeTask = typeof fileTask.$inferSelect;

/** A task with what is to be uploaded, for whoever carries it out; undefined where it is gone, or not theirs any more. */
export async function loadTask(scope: ReadScope, id: string): Promise<WholeTask | undefined> {
  const [found] = await scope.orm
    .select({ row: fileTask })
    .from(fileTask)
    .innerJoin(resource, eq(resource.id, fileTask.project))
    .where(and(scope.where, eq(fileTask.principal, scope.principal.id), eq(fileTask.id, id)));
  return found?.row;
}

const shown = {
  id: fileTask.id,
  project: fileTask.project,
  delegation: fileTask.delegation,
  command: fileTask.command,
  args: fileTask.args,
  state: fileTask.state,
  result: fileTask.result,
};
export type TaskRow = Pick<typeof fileTask.$inferSelect, keyof typeof shown>;

/** Newest first. */
export async function listTasks(scope: ReadScope, now: number, id?: string): Promise<TaskRow[]> {
  return await scope.orm
    .select(shown)
    .from(fileTask)
    .innerJoin(resource, eq(resource.id, fileTask.project))
    .where(
      and(
        scope.where,
        eq(fileTask.principal, scope.principal.id),
        gt(fileTask.createdAt, now - keptMs),
        id === undefined ? undefined : eq(fileTask.id, id),
      ),
    )
    .orderBy(desc(fileTask.createdAt), desc(fileTask.id))
    .limit(1000);
}

export async function findTask(scope: ReadScope, now: number, id: string): Promise<TaskRow> {
  const [found] = await listTasks(scope, now, id);
  if (found === undefined) throw missing('task');
  return found;
}
