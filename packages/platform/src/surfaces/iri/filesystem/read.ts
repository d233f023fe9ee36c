import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { invalidField } from '@genesis/contracts';
import { type ConfinedRoot, openPlain, present } from './confined-root.ts';
import { createBudget, mostFileBytes, tooLarge } from './limits.ts';

/** Opens a plain file for the time of `use`; links that stay in the project are followed. `size` is in bytes. */
export async function withFile<T>(
  root: ConfinedRoot,
  path: string,
  use: (file: FileHandle, size: number) => Promise<T>,
): Promise<T> {
  return await root.at(path, 'follow', async (place) => {
    const file = await openPlain(present(place), path);
    try {
      return await use(file, (await file.stat()).size);
    } finally {
      await file.close();
    }
  });
}

/** Bytes from `offset` on: `length`, or fewer at the end of the file. */
async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  if (length > mostFileBytes)
    throw tooLarge(`One operation reads at most ${mostFileBytes} bytes.`, mostFileBytes);
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/** The whole of a file of at most 5 MiB. */
export const download = (root: ConfinedRoot, path: string): Promise<Buffer> =>
  withFile(root, path, (file, size) => readAt(file, 0, size));

/** `size` bytes from byte `offset` on, by default as many as one operation gives. */
export const view = (root: ConfinedRoot, path: string, size = mostFileBytes, offset = 0): Promise<Buffer> =>
  withFile(root, path, (file) => readAt(file, offset, size));

/** SHA-256 of a plain file, in hexadecimal. */
export const checksum = (root: ConfinedRoot, path: string): Promise<string> =>
  withFile(root, path, async (file) => {
    const budget = createBudget();
    const hash = createHash('sha256');
    for (let offset = 0; ; ) {
      const piece = await readAt(file, offset, 2 ** 20);
      if (piece.length === 0) return hash.digest('hex');
      budget.bytes(piece.length);
      hash.update(piece);
      offset += piece.length;
    }
  });

/** How much of a file: so many bytes or so many lines, ten lines by default. */
export type Amount = { bytes?: number | null | undefined; lines?: number | null | undefined };

function amountOf({ bytes, lines }: Amount): { unit: 'bytes' | 'lines'; count: number } {
  if (bytes != null && lines != null) throw invalidField('lines', 'expected either bytes or lines, not both');
  const [unit, count] = bytes == null ? (['lines', lines ?? 10] as const) : (['bytes', bytes] as const);
  if (!Number.isSafeInteger(count) || count < 0)
    throw invalidField(unit, 'expected a whole number, 0 or more');
  return { unit, count };
}

const newline = 10;

/** Index behind the first `count` lines. */
function endOfLines(bytes: Buffer, count: number): number {
  let end = 0;
  for (let line = 0; line < count && end < bytes.length; line += 1) {
    const next = bytes.indexOf(newline, end);
    if (next < 0) return bytes.length;
    end = next + 1;
  }
  return end;
}

/** Index where the last `count` lines begin. */
function startOfLines(bytes: Buffer, count: number): number {
  if (count === 0) return bytes.length;
  let at = bytes.at(-1) === newline ? bytes.length - 1 : bytes.length;
  for (let line = 0; line < count; line += 1) {
    if (at <= 0) return 0;
    at = bytes.lastIndexOf(newline, at - 1);
    if (at < 0) return 0;
  }
  return at + 1;
}

const tooLong = () =>
  tooLarge(`The part that was asked for is longer than ${mostFileBytes} bytes.`, mostFileBytes);

/** The first part of a file; with `skipTrailing` all but the last part. */
export async function head(
  root: ConfinedRoot,
  path: string,
  amount: Amount = {},
  skipTrailing = false,
): Promise<Buffer> {
  const { unit, count } = amountOf(amount);
  return await withFile(root, path, async (file, size) => {
    if (unit === 'bytes')
      return await readAt(file, 0, skipTrailing ? Math.max(0, size - count) : Math.min(size, count));
    const bytes = await readAt(file, 0, skipTrailing ? size : Math.min(size, mostFileBytes));
    if (skipTrailing) return bytes.subarray(0, startOfLines(bytes, count));
    const end = endOfLines(bytes, count);
    if (end === bytes.length && size > bytes.length) throw tooLong();
    return bytes.subarray(0, end);
  });
}

/** The last part of a file; with `skipHeading` all but the first part. */
export async function tail(
  root: ConfinedRoot,
  path: string,
  amount: Amount = {},
  skipHeading = false,
): Promise<Buffer> {
  const { unit, count } = amountOf(amount);
  return await withFile(root, path, async (file, size) => {
    if (unit === 'bytes') {
      const length = skipHeading ? Math.max(0, size - count) : Math.min(size, count);
      return await readAt(file, size - length, length);
    }
    if (skipHeading) {
      const bytes = await readAt(file, 0, size);
      return bytes.subarray(endOfLines(bytes, count));
    }
    const length = Math.min(size, mostFileBytes);
    const bytes = await readAt(file, size - length, length);
    const start = startOfLines(bytes, count);
    if (start === 0 && size > length) throw tooLong();
    return bytes.subarray(start);
  });
}
