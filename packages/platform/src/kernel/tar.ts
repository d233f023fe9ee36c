import { GenesisError } from '@genesis/contracts';

/*
 * The POSIX ustar format, as much of it as an archive of plain files needs, so that any `tar` can list and unpack it.
 * (IEEE Std 1003.1, pax, "ustar Interchange Format"; sizes of 8 GiB and more in the base-256 form of GNU tar.)
 */

const block = 512;

const broken = (what: string): GenesisError =>
  new GenesisError({
    code: 'invalid-input',
    message: `The archive is damaged: ${what}.`,
    problems: [{ field: 'archive', message: what }],
  });

/** The longest suffix that begins at a slash and fits in 100 bytes is the name; what is before it is the prefix. */
const splitName = (name: string): { prefix: string; rest: string } => {
  if (Buffer.byteLength(name) <= 100) return { prefix: '', rest: name };
  for (let slash = name.indexOf('/'); slash > 0; slash = name.indexOf('/', slash + 1)) {
    const [prefix, rest] = [name.slice(0, slash), name.slice(slash + 1)];
    if (Buffer.byteLength(rest) <= 100 && Buffer.byteLength(prefix) <= 155) return { prefix, rest };
  }
  throw new Error(`too long a name for an archive: ${name}`);
};

const largestOctal = 0o77777777777;

const writeSize = (header: Buffer, size: number): void => {
  if (size <= largestOctal) {
    header.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
    return;
  }
  header.writeUInt8(0x80, 124);
  header.writeBigUInt64BE(BigInt(size), 128);
};

const readSize = (header: Buffer): number => {
  if (header.readUInt8(124) === 0x80) return Number(header.readBigUInt64BE(128));
  const text = header.toString('latin1', 124, 136).replace(/[\0 ]+$/, '');
  if (!/^[0-7]+$/.test(text)) throw broken('an entry without a size');
  return Number.parseInt(text, 8);
};

const checksum = (header: Buffer): number => {
  let sum = 0;
  for (let index = 0; index < block; index++) sum += index >= 148 && index < 156 ? 32 : header[index]!;
  return sum;
};

/** The header of a plain file; `tarPadding` goes behind its bytes. */
export const tarHeader = (name: string, size: number): Buffer => {
  const { prefix, rest } = splitName(name);
  const header = Buffer.alloc(block);
  header.write(rest, 0);
  header.write('0000600\0' + '0000000\0' + '0000000\0', 100, 'latin1');
  writeSize(header, size);
  header.write('00000000000\0', 136, 'latin1');
  header.write('0', 156, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  header.write(prefix, 345);
  header.write(`${checksum(header).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
};

export const tarPadding = (size: number): Buffer => Buffer.alloc((block - (size % block)) % block);
export const tarEnd = (): Buffer => Buffer.alloc(2 * block);

export type TarEntry = { name: string; size: number; body: AsyncIterable<Buffer> };

const text = (header: Buffer, from: number, to: number): string => {
  const bytes = header.subarray(from, to);
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
};

/** Bytes in pieces as they come, and in portions as they are wanted. */
const createPortions = (source: AsyncIterable<Uint8Array>) => {
  const iterator = source[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  /** Up to `most` bytes; none only at the end. */
  const some = async (most: number): Promise<Buffer> => {
    while (held.length === 0) {
      const next = await iterator.next();
      if (next.done) return held;
      held = Buffer.from(next.value);
    }
    const piece = held.subarray(0, most);
    held = held.subarray(piece.length);
    return piece;
  };
  const exactly = async (size: number): Promise<Buffer> => {
    const pieces: Buffer[] = [];
    for (let left = size; left > 0; ) {
      const piece = await some(left);
      if (piece.length === 0) throw broken('it ends too early');
      pieces.push(piece);
      left -= piece.length;
    }
    return Buffer.concat(pieces);
  };
  return { some, exactly };
};

/**
 * The files of an archive, one after the other; each body must be read to its end before the next is asked for, or is
 * skipped. Throws `invalid-input` for anything but plain files, and when the archive ends too early.
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const { some, exactly } = createPortions(source);
  for (;;) {
    const header = await exactly(block);
    if (header.every((byte) => byte === 0)) return;
    const claimed = Number.parseInt(text(header, 148, 156), 8);
    if (claimed !== checksum(header)) throw broken('a header with a wrong checksum');
    if (text(header, 156, 157) !== '0') throw broken('an entry that is no plain file');
    const size = readSize(header);
    const prefix = text(header, 345, 500);
    const rest = text(header, 0, 100);
    let left = size;
    const body = async function* (): AsyncGenerator<Buffer> {
      while (left > 0) {
        const piece = await some(left);
        if (piece.length === 0) throw broken('it ends too early');
        left -= piece.length;
        yield piece;
      }
    };
    const entry: TarEntry = { name: prefix === '' ? rest : `${prefix}/${rest}`, size, body: body() };
    yield entry;
    for await (const _rest of body()) {
      // What the reader left is skipped.
    }
    await exactly(tarPadding(size).length);
  }
}
