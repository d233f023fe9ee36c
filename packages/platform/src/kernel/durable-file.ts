import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode } from './system-error.ts';

/** Makes what happened in a folder (a new name, a rename) survive a power cut. */
export const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Writes all of `bytes`; the system may take them in several pieces. */
export const writeAll = async (handle: FileHandle, bytes: Uint8Array): Promise<void> => {
  let offset = 0;
  while (offset < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, offset);
    offset += bytesWritten;
  }
};

/** Makes a folder and every missing one above it, and makes their names survive a power cut. */
export const ensureFolder = async (folder: string): Promise<void> => {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let path = folder; path.length >= dirname(first).length; path = dirname(path)) {
    await syncFolder(path);
    if (path === dirname(path)) break;
  }
};

/**
 * A new file that appears under its name whole and on disk, or not at all. `write` fills it and returns where it
 * belongs and what to answer; whatever fails, the draft is gone. An existing file of that name is left as it is.
 */
export const createDurably = async <Result>(
  draftFolder: string,
  write: (handle: FileHandle) => Promise<{ path: string; result: Result }>,
): Promise<Result> => {
  const draft = join(draftFolder, randomBytes(12).toString('hex'));
  const handle = await open(draft, 'wx', 0o600);
  try {
    const { path, result } = await write(handle);
    await handle.sync();
    await handle.close();
    await ensureFolder(dirname(path));
    await rename(draft, path);
    await syncFolder(dirname(path));
    return result;
  } catch (error) {
    await handle.close().catch((closing: unknown) => {
      if (errorCode(closing) !== 'EBADF') throw closing;
    });
    await rm(draft, { force: true });
    throw error;
  }
};
