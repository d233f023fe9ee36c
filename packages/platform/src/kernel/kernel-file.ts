import { closeSync, openSync, readSync } from 'node:fs';

/** Absent, gone with its process or group, not for us to read, or not kept by this kernel. */
const absent = new Set([
  'ENOENT',
  'ENOTDIR',
  'ESRCH',
  'ENODEV',
  'EACCES',
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'EINVAL',
]);

/** Whether such a file has nothing to tell, which is an answer; another error (no descriptor left, say) is a fault. */
export const isAbsent = (error: unknown): boolean => absent.has((error as NodeJS.ErrnoException).code ?? '');

/** Each file of these is a page or a few. */
const piece = Buffer.allocUnsafeSlow(16_384);

/**
 * Text of a file that the kernel makes as it is read (below /proc and of control groups), or `null` when it is absent.
 * Throws any other error. Such a read waits for no disk, and these files tell no size, so
 * that `readFile()` would take 64 KiB of memory anew for each of many looks a second.
 */
export function readKernelFile(path: string): string | null {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    const pieces: Buffer[] = [];
    for (;;) {
      const bytes = readSync(descriptor, piece);
      if (bytes === 0) return Buffer.concat(pieces).toString('utf8');
      pieces.push(Buffer.from(piece.subarray(0, bytes)));
    }
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
