import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

const run = promisify(execFile);
const mounted: string[] = [];

afterAll(async () => {
  for (const folder of mounted) await run('umount', ['--lazy', folder]);
});

/**
 * A folder on a disk of its own with so many mebibytes, or the reason why this machine allows none (mounting one needs
 * root). It is gone after the last test of the file.
 */
export const smallDisk = async (mebibytes: number): Promise<{ folder: string } | { reason: string }> => {
  if (process.getuid?.() !== 0) return { reason: 'a small disk needs root' };
  const folder = await temporaryFolder();
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=0700`, 'tmpfs', folder]);
  } catch (error) {
    return { reason: `a small disk cannot be mounted here: ${String(error)}` };
  }
  mounted.push(folder);
  return { folder };
};
