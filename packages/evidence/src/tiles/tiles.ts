import { parseDecimal } from '../encoding.ts';
import { MalformedError } from '../malformed.ts';
import { foldPeaks } from '../merkle/compact.ts';
import { type Hash, hashBytes, nodeHash } from '../merkle/hash.ts';
import type { NodeReader } from '../merkle/prove.ts';

/** Hashes in a full tile: eight levels of the tree (C2SP tlog-tiles). */
export const tileWidth = 256;
const tileLevels = 8;

/** A tile of Merkle hashes at `level` 0 to 63, or a bundle of entries; `width` below 256 makes it a partial one. */
export interface TileCoordinate {
  readonly level: number | 'entries';
  readonly index: number;
  readonly width: number;
}

function refuse(message: string): never {
  throw new MalformedError('tile', message);
}

function checkTile({ level, index, width }: TileCoordinate): void {
  const levelFits = level === 'entries' || (Number.isInteger(level) && level >= 0 && level <= 63);
  if (!levelFits) refuse('the level is "entries" or an integer from 0 to 63');
  if (!Number.isSafeInteger(index) || index < 0) refuse('the index is an integer from 0 to 2^53 - 1');
  if (!Number.isInteger(width) || width < 1 || width > tileWidth) refuse('the width is from 1 to 256');
}

/** `tile/<L>/<N>[.p/<W>]`: the index in groups of three digits, all but the last with an `x` before it. */
export function tilePath(tile: TileCoordinate): string {
  checkTile(tile);
  const digits = String(tile.index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const groups = padded.match(/.{3}/g) ?? [];
  const path = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
  return `tile/${tile.level}/${path}${tile.width === tileWidth ? '' : `.p/${tile.width}`}`;
}

/** Reads what `tilePath` writes, and nothing else: other spellings of the same tile are refused. */
export function parseTilePath(path: string): TileCoordinate {
  const match = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/.exec(
    path,
  );
  if (match === null) refuse('expected tile/<level>/<index>[.p/<width>]');
  const [, levelText = '', indexText = '', widthText] = match;
  const level = levelText === 'entries' ? levelText : Number(levelText);
  const index = parseDecimal(indexText.replaceAll(/[x/]/g, '').replace(/^0+(?=.)/, ''));
  if (index === null) refuse('the index is above 2^53 - 1');
  const tile: TileCoordinate = {
    level,
    index,
    width: widthText === undefined ? tileWidth : Number(widthText),
  };
  if (tilePath(tile) !== path) refuse(`the path of this tile is ${tilePath(tile)}`);
  return tile;
}

/** The width of tile `index` at `level` in a log of `size` leaves; 0 where the log does not reach it. */
export function tileWidthAt(level: number, index: number, size: number): number {
  const hashes = Math.floor(size / tileWidth ** level);
  return Math.max(0, Math.min(tileWidth, hashes - index * tileWidth));
}

/** Concatenates the hashes of a tile in the order of their leaves. */
export function encodeTile(hashes: readonly Hash[]): Uint8Array {
  if (hashes.length < 1 || hashes.length > tileWidth || hashes.some((hash) => hash.length !== hashBytes)) {
    refuse('a tile holds 1 to 256 hashes of 32 bytes');
  }
  return Buffer.concat(hashes);
}

/** Splits a tile of exactly `width` hashes. */
export function decodeTile(bytes: Uint8Array, width: number): Hash[] {
  if (bytes.length !== width * hashBytes)
    refuse(`expected ${width * hashBytes} bytes, found ${bytes.length}`);
  return Array.from({ length: width }, (_, at) => bytes.subarray(at * hashBytes, (at + 1) * hashBytes));
}

/** Entries with a big-endian length of two bytes before each; an entry has at most 65,535 bytes. */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length < 1 || entries.length > tileWidth) refuse('a bundle holds 1 to 256 entries');
  return Buffer.concat(
    entries.flatMap((entry) => {
      if (entry.length > 0xffff) refuse('an entry in a bundle has at most 65,535 bytes');
      const length = Buffer.alloc(2);
      length.writeUInt16BE(entry.length);
      return [length, entry];
    }),
  );
}

/** Splits a bundle of exactly `width` entries. */
export function decodeEntryBundle(bytes: Uint8Array, width: number): Uint8Array[] {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const [high, low] = [bytes[at], bytes[at + 1]];
    const end = high === undefined || low === undefined ? Number.NaN : at + 2 + high * 256 + low;
    if (!(end <= bytes.length)) refuse('the bundle ends within an entry');
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  if (entries.length !== width) refuse(`expected ${width} entries, found ${entries.length}`);
  return entries;
}

/** Reads one tile of a log, full or partial, as stored; null when the log has none there. */
export type TileReader = (tile: TileCoordinate) => Uint8Array | null | Promise<Uint8Array | null>;

function foldComplete(hashes: readonly Hash[]): Hash {
  let level = hashes;
  while (level.length > 1) {
    const above: Hash[] = [];
    for (let i = 0; i < level.length; i += 2) above.push(nodeHash(level[i]!, level[i + 1]!));
    level = above;
  }
  return foldPeaks(level);
}

/** A node reader over the tiles of a log of `size` leaves, so that proofs come from static files alone. */
export function tileNodeReader(size: number, read: TileReader): NodeReader {
  return async (level, index) => {
    const tileLevel = Math.floor(level / tileLevels);
    const span = 2 ** (level % tileLevels);
    const first = index * span;
    const tileIndex = Math.floor(first / tileWidth);
    const width = tileWidthAt(tileLevel, tileIndex, size);
    const offset = first % tileWidth;
    if (offset + span > width) refuse(`the log of ${size} leaves has no complete node (${level}, ${index})`);
    const tile: TileCoordinate = { level: tileLevel, index: tileIndex, width };
    const bytes = await read(tile);
    if (bytes === null) refuse(`${tilePath(tile)} is missing`);
    return foldComplete(decodeTile(bytes, width).slice(offset, offset + span));
  };
}
