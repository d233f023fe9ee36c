import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { invalidField } from '@genesis/contracts/errors';
import type { Format } from './model.ts';

/** The line, from 1, on which a byte of a file lies. */
const lineOf = async (file: string, byte: number): Promise<number> => {
  let line = 1;
  if (byte === 0) return line;
  for await (const chunk of createReadStream(file, { end: byte - 1 }) as AsyncIterable<Buffer>) {
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) line++;
  }
  return line;
};

/** How many of the last bytes belong to a character that is not complete yet (0 to 3). */
const unfinished = (bytes: Buffer): number => {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
  }
  return 0;
};

const firstInvalid = (bytes: Buffer): number => {
  let low = 0;
  let high = bytes.length;
  // A prefix that ends at a character boundary is valid exactly up to the first invalid byte.
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const prefix = bytes.subarray(0, middle);
    if (isUtf8(prefix.subarray(0, prefix.length - unfinished(prefix)))) low = middle;
    else high = middle - 1;
  }
  return low - unfinished(bytes.subarray(0, low));
};

/**
 * Reads the file once, in constant memory: its SHA-256 and size, and, for text, that it is UTF-8 without NUL bytes
 * (else `invalid-input` naming line and byte).
 */
export const inspectBytes = async (
  file: string,
  format: Format,
  onBytes: (bytes: number) => void,
): Promise<{ sha256: string; bytes: number }> => {
  const hash = createHash('sha256');
  const isText = format === 'csv' || format === 'jsonl';
  let bytes = 0;
  let carried = Buffer.alloc(0);
  const fail = async (at: number, what: string): Promise<never> => {
    const line = await lineOf(file, bytes + at);
    throw invalidField(`line ${line}`, `${what} at byte ${bytes + at}; text must be UTF-8`);
  };
  const check = async (chunk: Buffer): Promise<void> => {
    const nul = chunk.indexOf(0);
    if (nul !== -1) await fail(nul, 'there is a NUL byte');
    if (!isUtf8(chunk)) await fail(firstInvalid(chunk), 'there are bytes that are not UTF-8');
  };
  for await (const read of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    hash.update(read);
    if (isText) {
      const chunk = carried.length === 0 ? read : Buffer.concat([carried, read]);
      const cut = chunk.length - unfinished(chunk);
      const whole = chunk.subarray(0, cut);
      await check(whole);
      bytes += whole.length;
      carried = Buffer.from(chunk.subarray(cut));
    } else bytes += read.length;
    onBytes(bytes);
  }
  if (carried.length > 0) await fail(0, 'there are bytes that are not UTF-8');
  return { sha256: hash.digest('hex'), bytes };
};
