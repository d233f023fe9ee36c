import { eq } from 'drizzle-orm';
import type { ReadScope } from '../../../door/index.ts';
import { fileTask } from '../../tables.ts';
import type { CommandName } from './commands.ts';
import { executeTask } from './execute-task.ts';
import type { TaskParts } from './parts.ts';
import { findTask, listTasks } from './store.ts';
import { submitTask, taskQueue } from './submit-task.ts';

/** The kinds of background work that operations on files need. */
export const fileTaskQueues = [taskQueue];

/** Operations on the files of projects, carried out in the background; their results are kept for a day. */
export function createFileTasks(parts: TaskParts) {
  const now = (): number => parts.clock.now().getTime();
  return {
    submit: (
      scope: ReadScope,
      wanted: { name: CommandName; args: Record<string, unknown>; machine: string; content?: Buffer },
    ) => submitTask(parts, scope, wanted),
    find: (scope: ReadScope, id: string) => findTask(scope, now(), id),
    list: (scope: ReadScope) => listTasks(scope, now()),
    /** Removes one's own task with its result; one that waits is not carried out any more, one that runs goes on. */
    async remove(scope: ReadScope, id: string): Promise<void> {
      const { project } = await findTask(scope, now(), id);
      await parts.door.perform(
        { principal: scope.principal, action: 'file.read', resource: project, purpose: 'explore' },
        async (tx) => {
          await tx.delete(fileTask).where(eq(fileTask.id, id));
          return { result: undefined, details: { removed: id } };
        },
      );
    },
    /** Takes up background work, also what an earlier process left. */
    async start(): Promise<void> {
      await parts.queue.work(taskQueue, (queued, { signal }) => executeTask(parts, queued, signal), {
        concurrency: parts.concurrency,
      });
    },
  };
}
export type FileTasks = ReturnType<typeof createFileTasks>;
