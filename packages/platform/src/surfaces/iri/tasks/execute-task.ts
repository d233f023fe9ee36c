import { GenesisError } from '@genesis/contracts';
import { eq } from 'drizzle-orm';
import { platformFacts, platformPrincipal, type WriteRequest, type WriteTx } from '../../../door/index.ts';
import { asGenesisError } from '../../../kernel/index.ts';
import { fileTask, type TaskState } from '../../tables.ts';
import { type CommandName, fileCommands, withRoots } from './commands.ts';
import { requestsOf } from './decide.ts';
import type { TaskParts } from './parts.ts';
import { placesOf } from './places.ts';
import { loadTask, type WholeTask as Row } from './store.ts';
import type { QueuedTask } from './submit-task.ts';

type Ended = { state: 'completed' | 'failed'; result: Record<string, unknown> };

const failed = (code: string, message: string): Ended => ({
  state: 'failed',
  result: { code, error: message },
});

/**
 * Carries out an operation on files and keeps its result. Safe to begin again after a crash: what only reads, or does the
 * same a second time, is done again; anything else that had begun is told failed, since nobody knows how far it came.
 */
export async function executeTask(
  parts: TaskParts,
  { task: id, delegation }: QueuedTask,
  signal: AbortSignal,
): Promise<void> {
  const { door, crash, actUnder } = parts;
  const scope = await actUnder(delegation)
    .then((principal) => door.authorize(principal, 'explore'))
    .catch((error: unknown) => {
      if (error instanceof GenesisError && error.failure.code === 'unauthenticated') return undefined;
      throw error;
    });
  const row = scope === undefined ? undefined : await loadTask(scope, id);
  if (scope === undefined || row === undefined)
    return await record(
      parts,
      id,
      failed('denied', 'Whoever asked for this may not see the project any more.'),
    );
  if (row.state !== 'pending' && row.state !== 'active') return;
  const name = row.command as CommandName;
  if (row.state === 'active' && !fileCommands[name].repeatable)
    return await record(
      parts,
      id,
      failed(
        'interrupted',
        'The platform stopped while this was done. Look at what is there before you repeat it.',
      ),
    );
  let ended: Ended;
  try {
    const places = placesOf(parts.projects.folder, name, row.args);
    const { requests } = await requestsOf(scope, name, places);
    await begin(parts, row, requests);
    crash.reach('file.begun');
    ended = { state: 'completed', result: await run(parts, row, name) };
    crash.reach('file.done');
  } catch (error) {
    ended = failureOf(parts, error, id, signal);
  }
  await record(parts, id, ended);
}

/** Decides anew before anything happens; that a change begins is kept, so that a crash in it is noticed. */
async function begin(parts: TaskParts, row: Row, requests: readonly WriteRequest[]): Promise<void> {
  const [main, ...others] = requests;
  for (const request of others) assertAllowed(await parts.door.foresee(request));
  if (main === undefined) throw new Error('a task without a request');
  if (!fileCommands[row.command as CommandName].writes) return assertAllowed(await parts.door.foresee(main));
  await parts.door.perform(main, async (tx) => {
    await move(tx, row.id, 'active', null);
    return { result: undefined, details: { task: row.id, begun: true } };
  });
}

function assertAllowed(foreseen: Awaited<ReturnType<TaskParts['door']['foresee']>>): void {
  if (foreseen?.decision.effect === 'allow') return;
  const needed = foreseen?.decision.needed.join(' ') ?? '';
  throw new GenesisError({ code: 'not-found', message: `This is not allowed any more. ${needed}`.trim() });
}

async function run(parts: TaskParts, row: Row, name: CommandName): Promise<Record<string, unknown>> {
  const { folder, rootOf } = parts.projects;
  const { first, second } = placesOf(folder, name, row.args);
  return await withRoots(
    [rootOf(first.project), second === undefined ? undefined : rootOf(second.project)],
    async (from, to) =>
      await fileCommands[name].run({ root: from, path: first.path }, row.args as never, {
        second: second === undefined ? undefined : { root: to, path: second.path },
        content: row.content,
      }),
  );
}

/** What may pass is thrown on, and the task is tried again; everything else is how it ended. */
function failureOf(parts: TaskParts, error: unknown, id: string, signal: AbortSignal): Ended {
  const known = asGenesisError(error);
  if (known instanceof GenesisError && known.failure.code === 'storage-full')
    return failed(known.failure.code, known.message);
  if (signal.aborted || (known instanceof GenesisError && known.transient)) throw error;
  if (known instanceof GenesisError && known.failure.code !== 'internal')
    return failed(known.failure.code, known.message);
  parts.log.warn({ err: error, task: id }, 'An operation on files failed');
  return failed('internal', 'The platform failed to do this; its log has the details.');
}

async function move(tx: WriteTx, id: string, state: TaskState, result: Row['result']): Promise<boolean> {
  const [row] = await tx
    .select({ state: fileTask.state })
    .from(fileTask)
    .where(eq(fileTask.id, id))
    .for('update');
  // whoever asked may have removed it meanwhile
  if (row === undefined || (row.state !== 'pending' && row.state !== 'active')) return false;
  const done = state === 'completed' || state === 'failed';
  await tx
    .update(fileTask)
    .set({ state, result, ...(done ? { content: null } : {}) })
    .where(eq(fileTask.id, id));
  return true;
}

/**
 * Keeps how a task ended. The operation itself was decided and entered; that its end becomes visible, to whoever asked,
 * is an act of the platform about itself.
 */
async function record(parts: TaskParts, id: string, { state, result }: Ended): Promise<void> {
  await parts.door.perform(
    {
      principal: platformPrincipal,
      action: 'job.finish',
      resource: { about: platformFacts },
      purpose: 'explore',
    },
    async (tx) => {
      await move(tx, id, state, result);
      return { result: undefined, details: { task: id, state } };
    },
  );
}
