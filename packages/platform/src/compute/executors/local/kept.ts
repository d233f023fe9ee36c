/**
 * Copies of a folder that a running job keeps: its own lies in memory and goes with the job. Each copy is a folder under
 * a number of its own that appears whole, on disk, or not at all; the one before it goes then. The folder may hold
 * anything that hostile code can make: plain files are taken, no link is followed, and all is bounded.
 */
import { constants } from 'node:fs';
import { type FileHandle, link, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { relativePathSchema } from '@genesis/contracts';
import { childPath, deepestLevel } from './collect.ts';
import type { StartedJob } from './started-job.ts';

const lookEveryMs = 500;
/** Copying takes at most this part of the time. */
const share = 0.2;
/** More files than this are no checkpoint: each of them is an input of the job that goes on from it. */
const mostFiles = 500;
const mostEntries = 5_000;
const draftName = '.draft';
const copyName = /^\d{9}$/;

const fileFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const folderFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_DIRECTORY;

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';
/** It is not there any more, or is something else by now; or the job lets nobody look. */
const passedOver = new Set(['ENOENT', 'ELOOP', 'ENOTDIR', 'EACCES', 'ENXIO']);

async function openBelow(folder: FileHandle, name: string, flags: number): Promise<FileHandle | null> {
  try {
    return await open(childPath(folder, name), flags);
  } catch (error) {
    if (passedOver.has(codeOf(error))) return null;
    throw error;
  }
}

/** Why a folder is not kept, for people. */
class Unkept extends Error {}

/** Of each file by its path, what changes with its content. */
type Listing = Map<string, string>;

/** Calls `take` with every plain file, open, by its path. Throws `Unkept` where there are too many. */
async function walk(
  root: FileHandle,
  take: (path: string, file: FileHandle) => Promise<void>,
): Promise<void> {
  let entries = 0;
  const enter = async (folder: FileHandle, prefix: string, level: number): Promise<void> => {
    for (const entry of await readdir(`/proc/self/fd/${folder.fd}`, { withFileTypes: true })) {
      entries += 1;
      if (entries > mostEntries) throw new Unkept(`it holds more than ${mostEntries} entries`);
      const path = prefix + entry.name;
      if (entry.name.startsWith('.') || !relativePathSchema.safeParse(path).success) continue;
      if (!entry.isFile() && !(entry.isDirectory() && level < deepestLevel)) continue;
      const found = await openBelow(folder, entry.name, entry.isFile() ? fileFlags : folderFlags);
      if (found === null) continue;
      try {
        if (entry.isDirectory()) await enter(found, `${path}/`, level + 1);
        else if ((await found.stat()).isFile()) await take(path, found);
      } finally {
        await found.close();
      }
    }
  };
  await enter(root, '', 0);
}

async function markOf(file: FileHandle): Promise<{ mark: string; bytes: number }> {
  const { ino, size, mtimeNs, ctimeNs } = await file.stat({ bigint: true });
  return { mark: `${ino} ${size} ${mtimeNs} ${ctimeNs}`, bytes: Number(size) };
}

async function listingOf(root: FileHandle, limitBytes: number): Promise<Listing> {
  const listing: Listing = new Map();
  let all = 0;
  await walk(root, async (path, file) => {
    const { mark, bytes } = await markOf(file);
    all += bytes;
    listing.set(path, mark);
    if (all > limitBytes) throw new Unkept(`it holds more than ${limitBytes} bytes`);
    if (listing.size > mostFiles) throw new Unkept(`it holds more than ${mostFiles} files`);
  });
  return listing;
}

const isSame = (one: Listing, other: Listing): boolean =>
  one.size === other.size && [...one].every(([path, mark]) => other.get(path) === mark);

async function copyFile(source: FileHandle, place: string, bytes: number): Promise<void> {
  // everybody may read it, within folders that only the server may enter: the next job may be another user's
  const target = await open(place, 'wx', 0o644);
  try {
    const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(bytes, 2 ** 20)));
    for (let at = 0; at < bytes; ) {
      const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, bytes - at), at);
      if (bytesRead === 0) break;
      await target.writeFile(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
    await target.sync();
  } finally {
    await target.close();
  }
}

async function syncFolders(folders: Iterable<string>): Promise<void> {
  for (const folder of folders) {
    const handle = await open(folder, folderFlags);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

async function copiesIn(target: string): Promise<string[]> {
  try {
    return (await readdir(target)).filter((name) => copyName.test(name)).sort();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** The newest whole copy, or null. */
export async function newestCopy(target: string): Promise<string | null> {
  const newest = (await copiesIn(target)).at(-1);
  return newest === undefined ? null : join(target, newest);
}

export type Keeper = {
  /** Resolves when no copy is being made any more; `last`: with one of the folder as the job has left it. */
  finish(last: boolean): Promise<void>;
};

/**
 * Copies a folder of a job's whenever it has changed. A folder that changes meanwhile is copied again at the next look;
 * one without files changes nothing, so that a job that has kept nothing yet takes nothing away.
 */
export function keepCopies(given: {
  job: Pick<StartedJob, 'folder'>;
  name: string;
  target: string;
  limitBytes: number;
  /** Hears, once for each reason, why there is no copy. */
  tell: (why: string) => void;
}): Keeper {
  const { job, name, target, limitBytes } = given;
  const draft = join(target, draftName);
  const told = new Set<string>();
  let made: Listing = new Map();
  let number = 0;

  const copy = async (root: FileHandle, listing: Listing): Promise<boolean> => {
    const before = await newestCopy(target);
    await rm(draft, { recursive: true, force: true });
    // not with what is above it: that goes when the job is released, and stays gone
    await mkdir(target, { mode: 0o755 }).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
    await mkdir(draft, { mode: 0o755 });
    const folders = new Set([draft]);
    const isWhole = { yet: true };
    await walk(root, async (path, file) => {
      const { mark, bytes } = await markOf(file);
      isWhole.yet &&= listing.get(path) === mark;
      if (!isWhole.yet) return;
      const place = join(draft, path);
      for (let at = dirname(place); !folders.has(at); at = dirname(at)) folders.add(at);
      await mkdir(dirname(place), { recursive: true, mode: 0o755 });
      if (before !== null && made.get(path) === mark) await link(join(before, path), place);
      else await copyFile(file, place, bytes);
    });
    if (!isWhole.yet || !isSame(await listingOf(root, limitBytes), listing)) return false;
    await syncFolders(folders);
    number = Math.max(number, before === null ? 0 : Number(before.slice(-9))) + 1;
    await rename(draft, join(target, String(number).padStart(9, '0')));
    await syncFolders([target]);
    made = listing;
    for (const old of (await copiesIn(target)).slice(0, -1))
      await rm(join(target, old), { recursive: true, force: true });
    return true;
  };

  const look = async (): Promise<void> => {
    const root = await openBelow(job.folder, name, folderFlags);
    if (root === null) return;
    try {
      const listing = await listingOf(root, limitBytes);
      if (listing.size === 0 || isSame(listing, made)) return;
      await copy(root, listing);
    } finally {
      await root.close();
    }
  };
  /** A copy that fails ends no job: the one before it is still there. */
  const lookAndTell = async (): Promise<void> => {
    try {
      await look();
    } catch (error) {
      const why = error instanceof Unkept ? error.message : `it cannot be copied (${codeOf(error)})`;
      if (!told.has(why)) given.tell(why);
      told.add(why);
    }
  };

  const ending = new AbortController();
  const loop = (async () => {
    while (!ending.signal.aborted) {
      const began = performance.now();
      await lookAndTell();
      const wait = Math.max(lookEveryMs, (performance.now() - began) * (1 / share - 1));
      await pause(wait, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  })();

  return {
    finish: async (last) => {
      ending.abort();
      await loop;
      if (last) await lookAndTell();
      await rm(draft, { recursive: true, force: true });
    },
  };
}
