import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The kernel's limit for a socket's path is 107 bytes on Linux and 103 elsewhere. */
const longestPath = 103;
const socketName = '/.s.PGSQL.5432';

/** Short enough, and free of what PostgreSQL's list of socket folders would have to quote. */
const usable = (folder: string): boolean =>
  Buffer.byteLength(folder) + socketName.length <= longestPath && /^[\w/.@-]+$/.test(folder);

const isPrivateToUs = async (folder: string): Promise<boolean> => {
  const found = await lstat(folder);
  return found.isDirectory() && found.uid === process.getuid?.();
};

/**
 * A folder of mode 0700 for the server's socket: in `parent` where its path is short enough, else below the system's
 * temporary folder under a name that depends on `parent` only, so that restarts leave no litter. If that name belongs
 * to somebody else, a fresh one is taken.
 */
export const socketFolderFor = async (parent: string, temporary: string = tmpdir()): Promise<string> => {
  const inside = join(parent, 'socket');
  const hash = createHash('sha256').update(parent).digest('hex').slice(0, 16);
  const folder = usable(inside) ? inside : join(temporary, `genesis-${hash}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (!(await isPrivateToUs(folder))) return mkdtemp(join(temporary, 'genesis-'));
  await chmod(folder, 0o700);
  return folder;
};
