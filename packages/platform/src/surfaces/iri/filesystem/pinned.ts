import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { errorCode } from '../../../kernel/index.ts';

/**
 * O_PATH of Linux, for which Node has no name: a descriptor that stands for one thing of the file system, be it a link,
 * a pipe or a device, without opening it. What was looked at through it is what is used afterwards, whatever its name
 * means by then.
 */
const pathOnly = 0o10000000;

export type Kind = 'file' | 'folder' | 'link' | 'special';
/** One thing, held. */
export type Pinned = { handle: FileHandle; stats: Stats; kind: Kind };
/** A name in a folder. Names that are no UTF-8 come as bytes. */
export type Name = string | Buffer;

/** A path of one step below an open folder: nothing on the way can be exchanged, only `name` itself. */
export const stepTo = (folder: FileHandle, name: Name): string | Buffer =>
  typeof name === 'string'
    ? `/proc/self/fd/${folder.fd}/${name}`
    : Buffer.concat([Buffer.from(`/proc/self/fd/${folder.fd}/`), name]);

const kindOf = (stats: Stats): Kind => {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'folder';
  return stats.isSymbolicLink() ? 'link' : 'special';
};

async function held(handle: FileHandle): Promise<Pinned> {
  try {
    const stats = await handle.stat();
    return { handle, stats, kind: kindOf(stats) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The thing that a name means at this moment, links not followed; undefined when there is none. */
export async function pin(folder: FileHandle, name: Name): Promise<Pinned | undefined> {
  try {
    return await held(await open(stepTo(folder, name), pathOnly | constants.O_NOFOLLOW));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The folder that an operator has given: its own path is trusted. */
export const pinTrusted = async (path: string): Promise<Pinned> =>
  await held(await open(path, pathOnly | constants.O_DIRECTORY));

/** Opens what is held, and nothing else. The caller has looked at its kind: opening a device can have effects. */
export const reopen = (pinned: Pinned, flags: number): Promise<FileHandle> =>
  open(`/proc/self/fd/${pinned.handle.fd}`, flags | constants.O_NONBLOCK);
