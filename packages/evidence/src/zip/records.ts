import { crc32 } from 'node:zlib';

/**
 * The records of our canonical zip: stored (method 0), no flags, no extra fields, no comments, no zip64, every time
 * stamp 1980-01-01 00:00. Offsets and field order follow PKWARE's APPNOTE sections 4.3.7, 4.3.12 and 4.3.16.
 * Stored, because what deflate writes differs between versions of zlib and between processors.
 */
export interface ZipEntry {
  readonly name: string;
  readonly content: Uint8Array;
}

export interface Placed {
  readonly entry: ZipEntry;
  readonly crc: number;
  readonly offset: number;
}

const firstDay = 0x0021;
const versionNeeded = 10;

export const localSignature = 0x04034b50;
export const localHeaderBytes = 30;
const centralHeaderBytes = 46;
export const endBytes = 22;
/** Without zip64: four bytes for offsets and two for the number of entries, the highest values being reserved. */
export const mostArchiveBytes = 0xffff_fffe;
export const mostEntries = 0xfffe;

export function checksum(content: Uint8Array): number {
  return crc32(content);
}

export function localHeader({ entry, crc }: Placed): Buffer {
  const name = Buffer.from(entry.name, 'ascii');
  const header = Buffer.alloc(localHeaderBytes);
  header.writeUInt32LE(localSignature, 0);
  header.writeUInt16LE(versionNeeded, 4);
  header.writeUInt16LE(firstDay, 12);
  header.writeUInt32LE(crc, 14);
  header.writeUInt32LE(entry.content.length, 18);
  header.writeUInt32LE(entry.content.length, 22);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, name]);
}

export function centralHeader({ entry, crc, offset }: Placed): Buffer {
  const name = Buffer.from(entry.name, 'ascii');
  const header = Buffer.alloc(centralHeaderBytes);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(versionNeeded, 4);
  header.writeUInt16LE(versionNeeded, 6);
  header.writeUInt16LE(firstDay, 14);
  header.writeUInt32LE(crc, 16);
  header.writeUInt32LE(entry.content.length, 20);
  header.writeUInt32LE(entry.content.length, 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt32LE(offset, 42);
  return Buffer.concat([header, name]);
}

export function endRecord(entries: number, centralOffset: number, centralBytes: number): Buffer {
  const end = Buffer.alloc(endBytes);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries, 8);
  end.writeUInt16LE(entries, 10);
  end.writeUInt32LE(centralBytes, 12);
  end.writeUInt32LE(centralOffset, 16);
  return end;
}
