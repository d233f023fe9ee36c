/** Taking the outputs of an ended job out of its folder, which may hold anything that hostile code can make. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type JobOutput, relativePathSchema } from '@genesis/contracts';

/** Names in the job folder that belong to the executor and are never outputs. */
export const reservedNames: { readonly inputs: string; readonly scratch: string } = {
  inputs: 'inputs',
  scratch: '.scratch',
};

export const deepestLevel = 64;
/** Files and folders in a job folder; more counts as a limit passed. */
export const mostEntries = 20_000;
const mostRefusals = 100;

export type Collected = {
  outputs: JobOutput[];
  refused: { path: string; reason: string }[];
  /** The files together are larger than allowed (a sparse file counts with its full length), or too many. */
  overLimit: boolean;
};

/** One step down that no link can divert: relative to an open folder, never following the last name. */
export const childPath = (folder: FileHandle, name: string): string => `/proc/self/fd/${folder.fd}/${name}`;

/**
 * Copies every plain file below `root` to `target` and says its SHA-256. Links, sockets, pipes and devices are
 * refused and named; no link is ever followed. The copies are not synced: whoever takes them on checks their hashes. Stops at the first file that would exceed `limitBytes` in all.
 * `without` is a name of `root` that is no output.
 */
export async function collectOutputs(
  root: FileHandle,
  target: string,
  limitBytes: number,
  without?: string,
): Promise<Collected> {
  const result: Collected = { outputs: [], refused: [], overLimit: false };
  let totalBytes = 0;
  let entries = 0;
  const refuse = (path: string, reason: string): void => {
    if (result.refused.length < mostRefusals) result.refused.push({ path, reason });
  };

  const takeFile = async (folder: FileHandle, name: string, path: string): Promise<void> => {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const source = await open(childPath(folder, name), flags).catch((error: NodeJS.ErrnoException) => error);
    if (source instanceof Error) return refuse(path, `cannot be opened (${source.code})`);
    try {
      const { size } = await source.stat();
      if (totalBytes + size > limitBytes) {
        result.overLimit = true;
        return;
      }
      const destination = join(target, path);
      await mkdir(dirname(destination), { recursive: true });
      const { sha256, bytes } = await copyAndHash(source, destination, size);
      totalBytes += bytes;
      result.outputs.push({ path, bytes, sha256 });
    } finally {
      await source.close();
    }
  };

  const walk = async (folder: FileHandle, prefix: string, level: number): Promise<void> => {
    const names = await readdir(`/proc/self/fd/${folder.fd}`, { withFileTypes: true, encoding: 'buffer' });
    for (const entry of names) {
      if (result.overLimit) return;
      const name = entry.name.toString('utf8');
      const path = prefix + name;
      if (level === 0 && [reservedNames.inputs, reservedNames.scratch, without].includes(name)) continue;
      entries += 1;
      if (entries > mostEntries) {
        result.overLimit = true;
        return;
      }
      if (!Buffer.from(name, 'utf8').equals(entry.name)) refuse(path, 'the name is not UTF-8');
      else if (!relativePathSchema.safeParse(path).success)
        refuse(JSON.stringify(path), 'the name is not allowed');
      else if (entry.isFile()) await takeFile(folder, name, path);
      else if (!entry.isDirectory()) refuse(path, entry.isSymbolicLink() ? 'a link' : 'a special file');
      else if (level === deepestLevel) refuse(path, 'nested too deep');
      else {
        const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
        const child = await open(childPath(folder, name), flags).catch(
          (error: NodeJS.ErrnoException) => error,
        );
        if (child instanceof Error) refuse(path, `cannot be opened (${child.code})`);
        else await walkAndClose(child, `${path}/`, level + 1);
      }
    }
  };

  const walkAndClose = async (folder: FileHandle, prefix: string, level: number): Promise<void> => {
    try {
      await walk(folder, prefix, level);
    } finally {
      await folder.close();
    }
  };

  await walk(root, '', 0);
  result.outputs.sort((a, b) => (a.path < b.path ? -1 : 1));
  return result;
}

/** Copies at most `limit` bytes, so that a file that is still growing (unsandboxed jobs) cannot run away. */
async function copyAndHash(
  source: FileHandle,
  destination: string,
  limit: number,
): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  const output = await open(destination, 'wx', 0o600);
  try {
    const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(limit, 2 ** 20)));
    let bytes = 0;
    while (bytes < limit) {
      const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, limit - bytes), bytes);
      if (bytesRead === 0) break;
      const part = buffer.subarray(0, bytesRead);
      hash.update(part);
      await output.writeFile(part);
      bytes += bytesRead;
    }
    return { sha256: hash.digest('hex'), bytes };
  } finally {
    await output.close();
  }
}
