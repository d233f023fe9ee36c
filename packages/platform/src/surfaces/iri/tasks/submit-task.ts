import { GenesisError } from '@genesis/contracts';
import { and, desc, eq, inArray, lt, notInArray, sql } from 'drizzle-orm';
import { z } from 'zod';
import { delegate, type ReadScope } from '../../../door/index.ts';
import type { QueueDefinition } from '../../../kernel/index.ts';
import { fileTask } from '../../tables.ts';
import { type CommandName, fileCommands } from './commands.ts';
import { requestsOf } from './decide.ts';
import type { TaskParts } from './parts.ts';
import { placesOf } from './places.ts';

const payload = z.object({ task: z.string(), delegation: z.string() });
export type QueuedTask = z.infer<typeof payload>;
export const taskQueue: QueueDefinition<QueuedTask> = { name: 'file.execute', payload, retryLimit: 3 };

const day = 86_400_000;
/** How long a task and its result are kept. */
export const keptMs = day;
/** How long the right to carry it out lasts. */
const lifetimeMs = day;
/** Tasks of one principal that have not ended; what they upload is kept until then. */
const mostOpen = 64;
/** The newest tasks of one principal that are kept: results hold up to 5 MiB each. */
const mostKept = 1000;

/**
 * Enters an operation on files, to be carried out in the background. Results of more than a day ago are removed on the
 * way.
 *
 * @throws GenesisError `invalid-input` for paths, `denied`, and `unavailable` where too many have not ended
 */
export async function submitTask(
  parts: TaskParts,
  scope: ReadScope,
  wanted: { name: CommandName; args: Record<string, unknown>; machine: string; content?: Buffer },
): Promise<string> {
  const { door, ids, clock, queue, projects } = parts;
  const { principal } = scope;
  const { name, args, machine, content = null } = wanted;
  const places = placesOf(projects.folder, name, args);
  const { project, requests } = await requestsOf(scope, name, places);
  const [main, ...others] = requests;
  for (const other of others)
    await door.perform(other, async () => ({ result: undefined, details: { command: name } }));
  const id = ids.next('task');
  await door.perform(main, async (tx) => {
    const now = clock.now().getTime();
    await tx.delete(fileTask).where(lt(fileTask.createdAt, now - keptMs));
    const newest = tx
      .select({ id: fileTask.id })
      .from(fileTask)
      .where(eq(fileTask.principal, principal.id))
      .orderBy(desc(fileTask.createdAt), desc(fileTask.id))
      .limit(mostKept);
    await tx
      .delete(fileTask)
      .where(
        and(
          eq(fileTask.principal, principal.id),
          inArray(fileTask.state, ['completed', 'failed']),
          notInArray(fileTask.id, newest),
        ),
      );
    const [open] = await tx
      .select({ count: sql<number>`count(*)::int` })
      .from(fileTask)
      .where(and(eq(fileTask.principal, principal.id), inArray(fileTask.state, ['pending', 'active'])));
    if ((open?.count ?? 0) >= mostOpen)
      throw new GenesisError({
        code: 'unavailable',
        message: `${mostOpen} of your tasks have not ended. Wait for some of them.`,
        retryAfterSeconds: 2,
      });
    const delegation = await delegate(tx, parts, principal, {
      purpose: 'explore',
      actions: ['project.read', 'file.read', ...(fileCommands[name].writes ? (['file.write'] as const) : [])],
      resources: [...new Set([places.first.project, project])],
      lifetimeMs,
    });
    await tx.insert(fileTask).values({
      ...{ id, project, machine, principal: principal.id, delegation, command: name, args, content },
      ...{ state: 'pending', createdAt: now },
    });
    await queue.enqueue(tx, taskQueue, { task: id, delegation }, { key: id });
    return { result: undefined, details: { task: id, command: name, args } };
  });
  return id;
}
