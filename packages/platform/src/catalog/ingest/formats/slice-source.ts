import type { Block } from './hdf5-file.ts';

/** Bytes of the file as it is. */
export type Stretch = { at: number; bytes: number };

/** An array of a tree, opened for reading blocks of it. Blocks count in values; `values` are row-major. */
export type ArraySource = {
  path: string;
  shape: number[];
  chunks: number[] | null;
  dtype: string;
  /** Bytes of one value, as `bytes` gives it. */
  size: number;
  units: string | null;
  /** Numbers as little-endian bytes, valid until the next read; null for text. */
  bytes: ((block: Block) => Promise<Uint8Array>) | null;
  /** Where the bytes of blocks lie in the file, in turn; null where they are not there as they are. */
  locate?: (blocks: Iterable<Block>) => Stretch[] | null;
  values(block: Block): Promise<(number | bigint | string | boolean)[]>;
};

export type SliceSource = {
  /** @throws GenesisError where there is no such array, or it cannot be read here */
  open(path: string): Promise<ArraySource>;
};
