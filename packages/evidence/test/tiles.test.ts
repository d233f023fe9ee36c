import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeEntryBundle,
  decodeTile,
  encodeEntryBundle,
  encodeTile,
  type Hash,
  leafHash,
  parseTilePath,
  proveConsistency,
  proveInclusion,
  rootFromLeaves,
  tileNodeReader,
  tilePath,
  tileWidth,
  tileWidthAt,
  verifyConsistency,
  verifyInclusion,
} from '../src/index.ts';

test('tile paths are those of the specification', () => {
  expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067');
  expect(tilePath({ level: 'entries', index: 0, width: 1 })).toBe('tile/entries/000.p/1');
  expect(tilePath({ level: 63, index: 999, width: 255 })).toBe('tile/63/999.p/255');
  expect(tilePath({ level: 1, index: 1000, width: 256 })).toBe('tile/1/x001/000');
});

test('a path is read back, and no other spelling of it is', () => {
  const level = fc.oneof(fc.constant('entries' as const), fc.integer({ min: 0, max: 63 }));
  const index = fc.oneof(fc.nat(5000), fc.maxSafeNat());
  fc.assert(
    fc.property(level, index, fc.integer({ min: 1, max: 256 }), (l, i, w) => {
      const tile = { level: l, index: i, width: w };
      expect(parseTilePath(tilePath(tile))).toEqual(tile);
    }),
  );
});

test.each([
  'tile/64/000',
  'tile/00/000',
  'tile/0/0',
  'tile/0/x000/001',
  'tile/0/000/001',
  'tile/0/x001',
  'tile/0/000.p/256',
  'tile/0/000.p/0',
  'tile/0/000.p/01',
  'tile/0/000/',
  '/tile/0/000',
  'tile/0/../000',
  'tile/-1/000',
  'tile/0/x999/x999/x999/x999/x999/999',
])('refuses %s', (path) => {
  expect(() => parseTilePath(path)).toThrow('tile');
});

test('a log of 70,000 entries has the tiles that the specification counts', () => {
  expect(tileWidthAt(0, 272, 70_000)).toBe(256);
  expect(tileWidthAt(0, 273, 70_000)).toBe(112);
  expect(tileWidthAt(0, 274, 70_000)).toBe(0);
  expect(tileWidthAt(1, 0, 70_000)).toBe(256);
  expect(tileWidthAt(1, 1, 70_000)).toBe(17);
  expect(tileWidthAt(2, 0, 70_000)).toBe(1);
  expect(tileWidthAt(1, 0, 256)).toBe(1);
});

test('bundles and tiles are split exactly', () => {
  const entries = [Buffer.from(''), Buffer.from('abc'), Buffer.alloc(65_535, 7)];
  const bundle = encodeEntryBundle(entries);
  expect(decodeEntryBundle(bundle, 3).map((entry) => Buffer.from(entry))).toEqual(entries);
  expect(() => decodeEntryBundle(bundle, 2)).toThrow('expected 2 entries');
  expect(() => decodeEntryBundle(bundle.subarray(0, -1), 3)).toThrow('ends within');
  expect(() => decodeEntryBundle(Buffer.of(0), 1)).toThrow('ends within');
  expect(() => encodeEntryBundle([Buffer.alloc(65_536)])).toThrow('65,535');
  const hash = leafHash(Buffer.from('a'));
  expect(decodeTile(encodeTile([hash, hash]), 2)).toEqual([hash, hash]);
  expect(() => decodeTile(encodeTile([hash]), 2)).toThrow('expected 64 bytes');
});

test('proofs come out of static tiles alone', async () => {
  const size = 70_000;
  const leaves: Hash[] = Array.from({ length: size }, (_, i) => leafHash(Buffer.from(String(i))));
  const root = rootFromLeaves(leaves);
  const files = new Map<string, Uint8Array>();
  let level: readonly Hash[] = leaves;
  for (let at = 0; level.length > 0; at++) {
    const above: Hash[] = [];
    for (let index = 0; index * tileWidth < level.length; index++) {
      const hashes = level.slice(index * tileWidth, (index + 1) * tileWidth);
      files.set(tilePath({ level: at, index, width: hashes.length }), encodeTile(hashes));
      if (hashes.length === tileWidth) above.push(rootFromLeaves(hashes));
    }
    level = above;
  }
  expect(files.size).toBe(274 + 2 + 1);
  let reads = 0;
  const read = tileNodeReader(size, (tile) => {
    reads += 1;
    return files.get(tilePath(tile)) ?? null;
  });
  for (const index of [0, 255, 256, 65_535, 65_536, 69_999]) {
    const proof = await proveInclusion(index, size, read);
    expect(verifyInclusion(index, size, leaves[index]!, proof, root)).toBe(true);
  }
  expect(reads).toBeLessThan(6 * 40);
  const old = rootFromLeaves(leaves.slice(0, 12_345));
  expect(verifyConsistency(12_345, size, old, root, await proveConsistency(12_345, size, read))).toBe(true);
  await expect(
    proveInclusion(
      0,
      512,
      tileNodeReader(512, () => null),
    ),
  ).rejects.toThrow('is missing');
  await expect(Promise.resolve(tileNodeReader(3, () => null)(1, 1))).rejects.toThrow('no complete node');
});
