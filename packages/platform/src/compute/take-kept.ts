import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode, nullIfAbsent, syncFolder } from '../kernel/index.ts';
import { copyTree } from './copy-tree.ts';
import { entriesOf } from './listing.ts';
import type { Executor } from './ports.ts';

/** Times that a copy is begun whose source gave way to a newer one. */
const mostTries = 20;

async function syncTree(root: string): Promise<void> {
  for await (const { path, kind } of entriesOf(root)) {
    if (kind === 'folder') await syncFolder(join(root, path));
    if (kind !== 'file') continue;
    const file = await open(join(root, path), 'r');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

/**
 * Takes over what a job kept: `target` appears whole and on disk, or not at all. Done again it does nothing. False where
 * the job kept nothing, or its executor keeps nothing.
 */
export async function takeKept(
  executor: Pick<Executor, 'kept'>,
  name: string,
  target: string,
): Promise<boolean> {
  if ((await nullIfAbsent(syncFolder(target).then(() => true))) !== null) return true;
  const draft = `${target}.draft`;
  for (let tries = 1; ; tries += 1) {
    const source = (await executor.kept?.(name)) ?? null;
    if (source === null) return false;
    await rm(draft, { recursive: true, force: true });
    try {
      // nobody changes a copy in place
      await copyTree(source, draft, { byLinks: true });
      break;
    } catch (error) {
      // a job that lives on where nobody reaches it makes newer ones
      const isNewer = errorCode(error) === 'ENOENT' && (await executor.kept?.(name)) !== source;
      if (!isNewer || tries === mostTries) throw error;
    }
  }
  await syncTree(draft);
  await rename(draft, target);
  await syncFolder(dirname(target));
  return true;
}
