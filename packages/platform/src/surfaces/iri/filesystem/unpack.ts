import { invalidField } from '@genesis/contracts';

/**
 * Reading of archives that anybody may have made: plain files and folders of POSIX tar (IEEE Std 1003.1, pax), with the
 * long names of pax and of GNU tar.
 */
export type Packed = { name: string; kind: 'file' | 'folder'; size: number; body: AsyncIterable<Buffer> };

const block = 512;
const mostHeaderBytes = 64 * 1024;

const broken = (what: string) => invalidField('path', `the archive cannot be unpacked: ${what}`);

function textIn(header: Buffer, from: number, to: number): string {
  const bytes = header.subarray(from, to);
  const end = bytes.indexOf(0);
  const part = end < 0 ? bytes : bytes.subarray(0, end);
  const text = part.toString('utf8');
  if (!Buffer.from(text).equals(part)) throw broken('a name in it is not UTF-8');
  return text;
}

function numberIn(header: Buffer, from: number, to: number): number {
  const text = header
    .toString('latin1', from, to)
    .replace(/[\0 ]+$/, '')
    .trim();
  if (!/^[0-7]{1,12}$/.test(text)) throw broken('a number in it is not octal');
  return Number.parseInt(text, 8);
}

const sumOf = (header: Buffer): number =>
  header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0);

/** The records of a pax header: `LENGTH KEY=VALUE\n`, lengths in bytes. */
function recordsOf(bytes: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const length = Number(/^(\d{1,6}) /.exec(bytes.toString('latin1', at, at + 7))?.[1]);
    if (!(length > 0) || at + length > bytes.length) throw broken('a pax record has a wrong length');
    const record = textIn(bytes, at, at + length);
    const [, key, value] = /^\d+ ([^=]+)=([\s\S]*)\n$/.exec(record) ?? [];
    if (key === undefined || value === undefined) throw broken('a pax record is not a key with a value');
    records.set(key, value);
    at += length;
  }
  return records;
}

type Portions = ReturnType<typeof portions>;

function portions(source: AsyncIterable<Uint8Array>) {
  const iterator = source[Symbol.asyncIterator]();
  let kept: Buffer = Buffer.alloc(0);
  const some = async (most: number): Promise<Buffer> => {
    while (kept.length === 0) {
      const next = await iterator.next();
      if (next.done === true) throw broken('it ends too early');
      kept = Buffer.from(next.value);
    }
    const piece = kept.subarray(0, most);
    kept = kept.subarray(piece.length);
    return piece;
  };
  const exactly = async (size: number): Promise<Buffer> => {
    const pieces: Buffer[] = [];
    for (let left = size; left > 0; left -= pieces.at(-1)!.length) pieces.push(await some(left));
    return Buffer.concat(pieces);
  };
  const end = async (): Promise<void> => {
    await iterator.return?.();
  };
  return { some, exactly, end };
}

/**
 * The entries of an archive in order; a body is read before the next entry is asked for, or skipped.
 *
 * @throws GenesisError `invalid-input` for a damaged archive and for links, devices and anything else than files and
 * folders
 */
export async function* unpack(source: AsyncIterable<Uint8Array>): AsyncGenerator<Packed> {
  const bytes = portions(source);
  try {
    yield* entriesOf(bytes);
  } finally {
    await bytes.end();
  }
}

async function* entriesOf({ some, exactly }: Portions): AsyncGenerator<Packed> {
  let longName: string | undefined;
  let longSize: number | undefined;
  const extra = async (size: number): Promise<Buffer> => {
    if (size > mostHeaderBytes) throw broken('a header in it is too long');
    const bytes = await exactly(size);
    await exactly((block - (size % block)) % block);
    return bytes;
  };
  for (;;) {
    const header = await exactly(block);
    if (header.every((byte) => byte === 0)) return;
    if (numberIn(header, 148, 156) !== sumOf(header)) throw broken('a header has a wrong checksum');
    const type = header.toString('latin1', 156, 157);
    const size = longSize ?? numberIn(header, 124, 136);
    if (type === 'L') {
      longName = textIn(await extra(size), 0, size);
      continue;
    }
    if (type === 'x' || type === 'g') {
      const records = recordsOf(await extra(size));
      if (type === 'g') continue;
      longName = records.get('path') ?? longName;
      const stated = records.get('size');
      if (stated !== undefined && !/^\d{1,15}$/.test(stated)) throw broken('a size in it is no number');
      longSize = stated === undefined ? undefined : Number(stated);
      continue;
    }
    if (type !== '0' && type !== '\0' && type !== '5')
      throw broken('it holds a link, a device or something else that is neither a file nor a folder');
    const isPosix = textIn(header, 257, 263) === 'ustar' && header[262] === 0;
    const prefix = isPosix ? textIn(header, 345, 500) : '';
    const short = textIn(header, 0, 100);
    const name = longName ?? (prefix === '' ? short : `${prefix}/${short}`);
    longName = undefined;
    longSize = undefined;
    let left = type === '5' ? 0 : size;
    const body = async function* (): AsyncGenerator<Buffer> {
      while (left > 0) {
        const piece = await some(left);
        left -= piece.length;
        yield piece;
      }
    };
    yield { name, kind: type === '5' ? 'folder' : 'file', size: left, body: body() };
    for await (const _rest of body()) {
      // What the reader left is skipped.
    }
    if (type !== '5') await exactly((block - (size % block)) % block);
  }
}
