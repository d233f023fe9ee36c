import { constants } from 'node:fs';
import { type FileHandle, readlink } from 'node:fs/promises';
import { invalidField } from '@genesis/contracts';
import { conflict, explained, missing } from './failures.ts';
import { mostLinks } from './limits.ts';
import { stepsOf } from './path.ts';
import { type Pinned, pin, pinTrusted, reopen, stepTo } from './pinned.ts';

/**
 * What becomes of links: `follow` them as long as they stay below the root; `keep-last` follows those on the way and
 * means the last one itself; `refuse` goes through none, which is what everything that writes asks for.
 */
export type Links = 'follow' | 'keep-last' | 'refuse';

/** Where a path leads: a name in an open folder. `name` is "." where it leads to a folder by way of a link or root. */
export type Place = {
  folder: FileHandle;
  name: string;
  path: string;
  found: Pinned | undefined;
  /** Whom the root belongs to. */
  owner: Owner;
};

export type Owner = { uid: number; gid: number };

/** A folder of the machine that nothing here leaves. */
export interface ConfinedRoot {
  /** Finds the place of a path and holds it open while `use` works there; everything is closed afterwards. */
  at<T>(path: string, links: Links, use: (place: Place) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const farthest = 256;

/**
 * Opens a root. Each step of a path is one descriptor, opened from that of the step before without following a link;
 * links are read and walked here, ".." in them goes back to a descriptor that is held already. So there is no moment at
 * which exchanging a folder for a link, or moving it, leads outside. Other mounted file systems are not entered.
 *
 * @throws GenesisError `not-found` when the folder is not there
 */
export async function openConfinedRoot(folder: string): Promise<ConfinedRoot> {
  const root = await explained('', () => pinTrusted(folder));
  const { uid, gid } = root.stats;
  const owner = { uid, gid };

  async function at<T>(path: string, links: Links, use: (place: Place) => Promise<T>): Promise<T> {
    const held: Pinned[] = [];
    try {
      return await explained(path, async () => await use(await find(path, links, held)));
    } finally {
      for (const one of held) await one.handle.close();
    }
  }

  async function find(path: string, links: Links, held: Pinned[]): Promise<Place> {
    const ahead = stepsOf(path);
    const trail = [root];
    let followed = 0;
    for (let walked = 0; ahead.length > 0; walked += 1) {
      if (walked > farthest) throw invalidField('path', 'its links lead too far');
      const name = ahead.shift()!;
      const here = trail.at(-1)!;
      if (name === '..') {
        if (trail.length === 1) throw invalidField('path', 'a link on it leads out of the project');
        trail.pop();
        continue;
      }
      const isLast = ahead.length === 0;
      const found = await pin(here.handle, name);
      if (found === undefined) {
        if (isLast) return { folder: here.handle, name, path, found, owner };
        throw missing(path);
      }
      held.push(found);
      if (found.stats.dev !== root.stats.dev)
        throw invalidField('path', 'another file system is mounted there, which is not part of the project');
      if (found.kind === 'link' && !(isLast && links !== 'follow')) {
        if (links === 'refuse') throw invalidField('path', 'it goes through a link: name the folder itself');
        followed += 1;
        if (followed > mostLinks) throw invalidField('path', `it goes through more than ${mostLinks} links`);
        ahead.unshift(...(await readTarget(here, name)));
        continue;
      }
      if (isLast) return { folder: here.handle, name, path, found, owner };
      if (found.kind !== 'folder') throw invalidField('path', 'a part of it is not a folder');
      trail.push(found);
    }
    const end = trail.at(-1)!;
    const found = await pin(end.handle, '.');
    if (found !== undefined) held.push(found);
    return { folder: end.handle, name: '.', path, found, owner };
  }

  return { at, close: () => root.handle.close() };
}

async function readTarget(folder: Pinned, name: string): Promise<string[]> {
  const target = await readlink(stepTo(folder.handle, name));
  if (target.startsWith('/'))
    throw invalidField('path', 'a link on it leads to an absolute path, which may be outside of the project');
  return target.split('/').filter((step) => step !== '' && step !== '.');
}

/** What is at a place. @throws GenesisError `not-found` */
export function present(place: Place): Pinned {
  if (place.found === undefined) throw missing(place.path);
  return place.found;
}

/** The name that a change works on. @throws GenesisError `invalid-input` for the root itself */
export function changeable(place: Place): string {
  if (place.name === '.') throw invalidField('path', 'the root of the project itself stays as it is');
  return place.name;
}

/**
 * A plain file, open for reading.
 *
 * @throws GenesisError for what is no plain file, and `conflict` for one with a second name (a hard link): that name may
 * be outside of the project
 */
export async function openPlain(found: Pinned, path: string): Promise<FileHandle> {
  if (found.kind !== 'file')
    throw invalidField('path', `${JSON.stringify(path)} is a ${found.kind}, expected a plain file`);
  assertOneName(found, path);
  return await reopen(found, constants.O_RDONLY);
}

export function assertOneName(found: Pinned, path: string): void {
  if (found.kind === 'file' && found.stats.nlink > 1)
    throw conflict(
      `${JSON.stringify(path)} has a second name (a hard link), so it is neither read nor changed.`,
    );
}
