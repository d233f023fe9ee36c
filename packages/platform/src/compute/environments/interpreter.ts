/** The interpreter behind environments, as jobs see it. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobSpec } from '@genesis/contracts';
import { errorCode, nullIfAbsent } from '../../kernel/index.ts';
import { copyTree } from '../copy-tree.ts';
import type { Python } from './python.ts';

/** In the name of what is not whole yet. */
export const unfinishedMark = '.unfinished-';

/** Whether every sandbox sees it anyway, as part of the system. */
const isOfSystem = ({ prefix }: Pick<Python, 'prefix'>): boolean =>
  prefix === '/usr' || prefix.startsWith('/usr/');

/** Only the interpreter and its standard library: what else its user has installed is nobody else's business. */
const isLeftOut = (path: string): boolean => {
  const [top = '', second, third] = path.split('/');
  if (top !== '' && top !== 'bin' && top !== 'lib') return true;
  if (top === 'bin') return second !== undefined && !/^python3?(\.\d+)?$/.test(second);
  if (second === undefined) return false;
  if (!/^(python3\.\d+|libpython.*)$/.test(second)) return true;
  return (
    third !== undefined && ['site-packages', 'dist-packages', 'test', 'idlelib', 'turtledemo'].includes(third)
  );
};

/**
 * The folder of an interpreter, seen at its own path, since it was built for that: kept once below `folder`, as links to
 * the same bytes where the disk allows it.
 */
export async function keepInterpreter(folder: string, python: Python): Promise<JobSpec['mounts']> {
  if (isOfSystem(python)) return [];
  const { prefix, executable, version } = python;
  const { size, mtimeMs } = await stat(executable);
  const digest = createHash('sha256')
    .update(JSON.stringify(['interpreter', 1, prefix, executable, version, size, mtimeMs]))
    .digest('hex');
  const place = join(folder, digest);
  const there = await nullIfAbsent(stat(place));
  if (there === null) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const draft = `${place}${unfinishedMark}${randomUUID()}`;
    try {
      await copyTree(prefix, draft, { byLinks: true, without: isLeftOut });
      await rename(draft, place);
    } catch (error) {
      await rm(draft, { recursive: true, force: true });
      if (!['EEXIST', 'ENOTEMPTY'].includes(errorCode(error) ?? '')) throw error;
    }
  }
  return [{ path: prefix, source: place, digest }];
}
