import { closeSync, openSync, readSync } from 'node:fs';
import { type Block, type Hdf5Dataset, type Hdf5File, readBytes, readsInto } from './hdf5-file.ts';
import type { Stretch } from './slice-source.ts';

/** Shorter stretches are read faster through the library. */
const shortest = 256 * 2 ** 10;

/** Whether the file has these bytes there. */
const sameInFile = (path: string, stretches: readonly Stretch[], bytes: Uint8Array): boolean => {
  const found = Buffer.alloc(bytes.length);
  const file = openSync(path, 'r');
  try {
    let filled = 0;
    for (const { at, bytes: length } of stretches) filled += readSync(file, found, filled, length, at);
    return filled === bytes.length && found.equals(bytes);
  } finally {
    closeSync(file);
  }
};

/**
 * Where the values of some blocks lie in the file byte by byte, as what would be read for them in turn; null where they do not,
 * being packed, swapped, spread or never written, or where this takes longer than reading them. The library itself is asked: it
 * reads such values straight to where they are wanted, so its reads are looked at and not done. That the file holds there what
 * the library gives is checked on the first block.
 */
export const locateHdf5 = (
  file: Hdf5File,
  path: string,
  dataset: Hdf5Dataset,
  blocks: Iterable<Block>,
): Stretch[] | null => {
  const { metadata, size } = dataset;
  if (!metadata.littleEndian) return null;
  const stretches: Stretch[] = [];
  let total = 0;
  for (const block of blocks) {
    const bytes = block.count.reduce((product, count) => product * count, size);
    const first = total === 0 ? Buffer.from(readBytes(file, dataset, block)) : null;
    let covered = 0;
    for (const { to, at, bytes: length } of readsInto(file, dataset, block)) {
      if (to !== covered) return null;
      covered += length;
      const last = stretches.at(-1);
      if (last !== undefined && last.at + last.bytes === at) last.bytes += length;
      else stretches.push({ at, bytes: length });
    }
    total += bytes;
    if (covered !== bytes || stretches.length * shortest > Math.max(total, shortest)) return null;
    if (first !== null && !sameInFile(path, stretches, first)) return null;
  }
  return stretches;
};
