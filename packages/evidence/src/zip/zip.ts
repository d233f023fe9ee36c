import { sameBytes } from '../encoding.ts';
import { MalformedError } from '../malformed.ts';
import { checkName, checkNames } from './names.ts';
import {
  centralHeader,
  checksum,
  endBytes,
  endRecord,
  localHeader,
  localHeaderBytes,
  localSignature,
  mostArchiveBytes,
  mostEntries,
  type Placed,
  type ZipEntry,
} from './records.ts';

export interface ZipLimits {
  /** Bytes of the whole archive. Nothing in it is compressed, so its contents cannot be larger. */
  readonly bytes: number;
  readonly entries: number;
}

/** Below the longest string of the runtime, so that every file can be read as text. */
const defaultLimits: ZipLimits = { bytes: 500_000_000, entries: 20_000 };

function refuse(message: string, place?: string): never {
  throw new MalformedError('zip', message, place === undefined ? {} : { place });
}

/**
 * The one archive of these entries: the order in which they are given, the machine and the moment do not matter.
 * Throws MalformedError for an unsafe, repeated or case-colliding name, or beyond 4 GiB or 65,534 entries.
 */
export function writeZip(entries: Iterable<ZipEntry>): Uint8Array {
  const sorted = [...entries].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  for (const { name } of sorted) checkName(name);
  checkNames(sorted.map(({ name }) => name));
  if (sorted.length > mostEntries) refuse(`more than ${mostEntries} entries`);
  const parts: Uint8Array[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const entry of sorted) {
    const placed: Placed = { entry, crc: checksum(entry.content), offset };
    const header = localHeader(placed);
    offset += header.length + entry.content.length;
    if (offset > mostArchiveBytes) refuse('the archive is larger than 4 GiB', entry.name);
    parts.push(header, entry.content);
    central.push(centralHeader(placed));
  }
  const directory = Buffer.concat(central);
  if (offset + directory.length > mostArchiveBytes) refuse('the archive is larger than 4 GiB');
  return Buffer.concat([...parts, directory, endRecord(sorted.length, offset, directory.length)]);
}

function sameAt(archive: Buffer, offset: number, expected: Buffer): boolean {
  const end = offset + expected.length;
  return end <= archive.length && sameBytes(archive.subarray(offset, end), expected);
}

/** Reads the local entry at `offset`; every byte of its header must be the one that the writer would write. */
function readEntry(archive: Buffer, offset: number): Placed {
  if (offset + localHeaderBytes > archive.length) refuse('the archive ends within a local header');
  const nameEnd = offset + localHeaderBytes + archive.readUInt16LE(offset + 26);
  const name = archive.toString('latin1', offset + localHeaderBytes, nameEnd);
  checkName(name);
  const end = nameEnd + archive.readUInt32LE(offset + 22);
  if (end > archive.length) refuse('the archive ends within the content', name);
  const content = archive.subarray(nameEnd, end);
  const placed: Placed = { entry: { name, content }, crc: checksum(content), offset };
  if (archive.readUInt32LE(offset + 14) !== placed.crc) refuse('the checksum does not fit the content', name);
  if (!sameAt(archive, offset, localHeader(placed))) {
    refuse('the local header is not canonical: stored, no flags, no extra field, fixed time', name);
  }
  return placed;
}

/**
 * Reads an archive that `writeZip` could have written, and nothing else: for everything accepted, writing the
 * entries again gives the same bytes, so no two archives have equal entries. Contents are views into `bytes`.
 * Throws MalformedError, which names the entry, for every other archive; reads each byte about once.
 */
export function readZip(bytes: Uint8Array, limits: ZipLimits = defaultLimits): ZipEntry[] {
  if (bytes.length > limits.bytes) refuse(`the archive has more than ${limits.bytes} bytes`);
  const archive = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (archive.length < endBytes) refuse('too short for a zip archive');
  const placed: Placed[] = [];
  let offset = 0;
  while (offset + 4 <= archive.length && archive.readUInt32LE(offset) === localSignature) {
    if (placed.length >= Math.min(limits.entries, mostEntries)) refuse(`more than ${limits.entries} entries`);
    const next = readEntry(archive, offset);
    placed.push(next);
    offset += localHeader(next).length + next.entry.content.length;
  }
  checkNames(placed.map(({ entry }) => entry.name));
  const centralOffset = offset;
  for (const next of placed) {
    const expected = centralHeader(next);
    if (!sameAt(archive, offset, expected)) {
      refuse('the central directory does not repeat the local header canonically', next.entry.name);
    }
    offset += expected.length;
  }
  if (!sameAt(archive, offset, endRecord(placed.length, centralOffset, offset - centralOffset))) {
    refuse(`expected the end record of ${placed.length} entries at byte ${offset}`);
  }
  if (offset + endBytes !== archive.length) refuse('there are bytes after the end record');
  return placed.map(({ entry }) => entry);
}
