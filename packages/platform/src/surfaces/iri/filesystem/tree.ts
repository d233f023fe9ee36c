import { readdir } from 'node:fs/promises';
import { type ErrorCode, GenesisError, invalidField } from '@genesis/contracts';
import type { ConfinedRoot } from './confined-root.ts';
import { missing } from './failures.ts';
import { type Budget, deepest } from './limits.ts';
import { type Pinned, pin } from './pinned.ts';

/** A thing below a folder. `path` is relative to where the walk began, "" for that itself. */
export type Found = { path: string; pinned: Pinned };

/** The names in a folder as text, sorted, without those that are not UTF-8: no caller can name them. */
async function namesIn(folder: Pinned): Promise<string[]> {
  const all = await readdir(`/proc/self/fd/${folder.handle.fd}`, { encoding: 'buffer' });
  return all
    .map((bytes) => ({ bytes, text: bytes.toString('utf8') }))
    .filter(({ bytes, text }) => Buffer.from(text).equals(bytes))
    .map(({ text }) => text)
    .sort();
}

export type Walk = {
  budget: Budget;
  /** Visit what links mean instead of the links; those that lead out of the root are told as `dead`. */
  dereference: boolean;
  /** Whether to go into this folder after visiting it. */
  enter: (found: Found) => boolean;
  visit: (found: Found) => Promise<void>;
  /** A link that leads nowhere or outside. */
  dead: (path: string) => void;
};

const leadsNowhere: ReadonlySet<ErrorCode> = new Set(['not-found', 'invalid-input']);

/** Visits a thing and everything below it, folders before what is in them, each held open while it is visited. */
export async function walkTree(root: ConfinedRoot, base: string, walk: Walk): Promise<void> {
  async function visit(found: Found, depth: number): Promise<void> {
    walk.budget.entry();
    await walk.visit(found);
    if (found.pinned.kind !== 'folder' || !walk.enter(found)) return;
    if (depth === deepest) throw invalidField('path', `it has more than ${deepest} folders in each other`);
    for (const name of await namesIn(found.pinned)) {
      const path = found.path === '' ? name : `${found.path}/${name}`;
      await child(found.pinned, name, path, depth + 1);
    }
  }

  async function child(parent: Pinned, name: string, path: string, depth: number): Promise<void> {
    const pinned = await pin(parent.handle, name);
    if (pinned === undefined) return;
    try {
      if (pinned.kind !== 'link' || !walk.dereference) return await visit({ path, pinned }, depth);
    } finally {
      await pinned.handle.close();
    }
    let led = false;
    try {
      await root.at(base === '' ? path : `${base}/${path}`, 'follow', async ({ found }) => {
        led = found !== undefined;
        if (found === undefined) walk.dead(path);
        else await visit({ path, pinned: found }, depth);
      });
    } catch (error) {
      const nowhere = error instanceof GenesisError && leadsNowhere.has(error.failure.code);
      if (led || !nowhere) throw error;
      walk.dead(path);
    }
  }

  await root.at(base, walk.dereference ? 'follow' : 'keep-last', async ({ found }) => {
    if (found === undefined) throw missing(base);
    await visit({ path: '', pinned: found }, 0);
  });
}
