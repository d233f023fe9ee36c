import { closeSync, openSync, readSync } from 'node:fs';

/** Each file of these is a page or a few. */
const piece = Buffer.allocUnsafeSlow(16_384);

/**
 * Text of a file that the kernel makes as it is read (below /proc and of control groups), or `null` when it cannot be
 * read: one that is absent is an answer, not a fault. Such a read waits for no disk, and these files tell no size, so
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
  } catch {
    return null;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
