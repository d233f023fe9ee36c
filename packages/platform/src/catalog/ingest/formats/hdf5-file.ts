import { realpathSync } from 'node:fs';
import { GenesisError, invalidField } from '@genesis/contracts/errors';
import type { Filter, Metadata as Hdf5Metadata } from 'h5wasm/node';
import { Dataset, File, library } from './hdf5-library.ts';
import { shown, treeLimits } from './model.ts';

type H5Module = typeof library;

/** A file that is open for reading, with the library's own functions and what it is named inside. */
export type Hdf5File = { module: H5Module; id: bigint };

const damaged = (what: string, cause?: unknown): GenesisError =>
  invalidField('file', `is damaged HDF5: ${what}`, { cause });

let allowed: string | null = null;
/** The last other file that the library asked for. */
let refused: string | null = null;

type ReadCall = (
  this: void,
  stream: unknown,
  memory: Uint8Array,
  to: number,
  bytes: number,
  at?: number,
) => number;

/** Takes the place of a read of the file where it returns true. */
let instead: ((to: number, bytes: number, at: number | undefined) => boolean) | null = null;

/**
 * Lets the library open this one file, for reading, and nothing else: a link, an external data file or a virtual source that
 * names another file fails there, whatever else would let it through.
 */
const confine = (module: H5Module): void => {
  const fs = module.FS as unknown as {
    open: (this: void, path: string, flags: number | string, mode?: number) => unknown;
    read: ReadCall;
  };
  const { open, read } = fs;
  fs.read = (stream, memory, to, bytes, at) =>
    instead?.(to, bytes, at) ? bytes : read(stream, memory, to, bytes, at);
  fs.open = (path, flags, mode) => {
    // Flags other than O_CLOEXEC and O_LARGEFILE would create or write.
    if (path !== allowed || (typeof flags === 'number' && (flags & 0o1103) !== 0)) {
      refused = path;
      throw Object.assign(new Error('not allowed'), { code: 'EACCES' });
    }
    return open(path, flags, mode);
  };
};

/** Opens an HDF5 file. One file in the life of a process. */
export const openHdf5 = (file: string): Hdf5File => {
  const module = library;
  allowed = realpathSync(file);
  confine(module);
  try {
    const { file_id: id } = new File(allowed, 'r');
    if (id <= 0n) throw new Error('cannot be opened');
    return { module, id };
  } catch (cause) {
    throw damaged('its head cannot be read, or it is cut off', cause);
  }
};

/** Runs a call of the library; what it throws becomes an error about the place. */
export const guarded = <T>(path: string, work: () => T): T => {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof GenesisError) throw cause;
    if (refused !== null) {
      const message = `${JSON.stringify(path)} lies in another file (${shown(refused)}); other files are never opened`;
      refused = null;
      throw new GenesisError({ code: 'unsupported', message });
    }
    throw damaged(`${JSON.stringify(path)} cannot be read`, cause);
  }
};

export type Hdf5Dataset = {
  path: string;
  shape: number[] | null;
  dtype: string;
  /** Bytes of one value. */
  size: number;
  chunks: number[] | null;
  metadata: Hdf5Metadata;
  /** Why its values cannot be read here; null where they can. */
  unreadable: string | null;
};

const floats: Record<number, string> = { 4: 'float32', 8: 'float64' };

/** The type as numpy would name it, where it has such a name. */
const dtypeOf = ({ module }: Hdf5File, metadata: Hdf5Metadata): string => {
  const { type, size, signed, vlen } = metadata;
  const classes = module.H5T_class_t;
  if (type === classes.H5T_INTEGER.value) return `${signed ? '' : 'u'}int${size * 8}`;
  if (type === classes.H5T_FLOAT.value) return floats[size] ?? `float${size * 8}`;
  if (type === classes.H5T_STRING.value) return 'text';
  if (type === classes.H5T_COMPOUND.value) return 'compound';
  if (type === classes.H5T_ENUM.value) return 'enum';
  if (type === classes.H5T_REFERENCE.value) return 'reference';
  if (type === classes.H5T_ARRAY.value) return 'array';
  return vlen || type === classes.H5T_VLEN.value ? 'vlen' : 'opaque';
};

const readableTypes = /^(?:u?int(?:8|16|32|64)|float(?:32|64)|text)$/;
/** Filters that are part of HDF5 itself and built into the library. */
const builtInFilters = new Set([1, 2, 3, 5, 6]);

const reasonOf = (dtype: string, metadata: Hdf5Metadata, filters: Filter[]): string | null => {
  if (metadata.virtual_sources !== undefined) {
    const names = [...new Set(metadata.virtual_sources.map(({ file_name: name }) => name))].slice(0, 3);
    return `a virtual dataset over ${names.map((name) => JSON.stringify(name)).join(', ')}; other files are never opened`;
  }
  const filter = filters.find(({ id }) => !builtInFilters.has(id));
  if (filter !== undefined) {
    const name = filter.name === '' ? '' : ` (${filter.name.slice(0, 60)})`;
    return `packed with filter ${filter.id}${name}, which is not available here; repack it with gzip, for example by h5repack`;
  }
  if (!readableTypes.test(dtype)) return `of type ${dtype}; numbers and text can be read`;
  const chunkBytes = (metadata.chunks ?? []).reduce((product, length) => product * length, metadata.size);
  if (metadata.chunks !== null && chunkBytes > treeLimits.chunkBytes) {
    return `in chunks of ${chunkBytes} bytes; at most ${treeLimits.chunkBytes} are allowed`;
  }
  return null;
};

/** What is stated of a dataset; none of its values are read. */
export const describeHdf5 = (file: Hdf5File, path: string): Hdf5Dataset =>
  guarded(path, () => {
    const { module, id } = file;
    const metadata = module.get_dataset_metadata(id, path);
    const dtype = dtypeOf(file, metadata);
    const shape = metadata.shape === null ? null : metadata.shape.map(Number);
    const chunks = metadata.chunks === null ? null : metadata.chunks.map(Number);
    const filters = chunks === null ? [] : module.get_dataset_filters(id, path);
    const unreadable = reasonOf(dtype, { ...metadata, chunks }, filters);
    return { path, shape, dtype, size: metadata.size, chunks, metadata, unreadable };
  });

export type Block = { start: number[]; count: number[]; step: number[] };

const arrays = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
};
type NumberType = keyof typeof arrays;
export const isNumberType = (dtype: string): dtype is NumberType => dtype in arrays;

/** Little-endian bytes as numbers. */
export const numbersOf = (bytes: Uint8Array, dtype: NumberType): ArrayLike<number | bigint> => {
  const aligned = bytes.slice();
  return new arrays[dtype](aligned.buffer, 0, aligned.byteLength / arrays[dtype].BYTES_PER_ELEMENT);
};

/** The bytes of one block of numbers, row-major and little-endian. They stay valid until the next call of the library. */
export const readBytes = (file: Hdf5File, dataset: Hdf5Dataset, block: Block): Uint8Array => {
  const { module, id } = file;
  const bytes = block.count.reduce((product, count) => product * count, dataset.size);
  if (bytes === 0) return new Uint8Array();
  return guarded(dataset.path, () => {
    const whole = block.count.length === 0;
    const list = (numbers: number[]) => (whole ? null : numbers.map(BigInt));
    const at = scratch(module, bytes);
    const status = module.get_dataset_data(
      id,
      dataset.path,
      list(block.count),
      list(block.start),
      list(block.step),
      BigInt(at),
    );
    if (status < 0) throw new Error('reading failed');
    return module.HEAPU8.subarray(at, at + bytes);
  });
};

/**
 * The reads that the library would do straight into the memory of a block: `to` is the place in the block, `at` that in the file.
 * They are not done.
 */
export const readsInto = (
  file: Hdf5File,
  dataset: Hdf5Dataset,
  block: Block,
): { to: number; at: number; bytes: number }[] => {
  const length = block.count.reduce((product, count) => product * count, dataset.size);
  const begin = scratch(file.module, length);
  const reads: { to: number; at: number; bytes: number }[] = [];
  instead = (to, bytes, at) => {
    if (at === undefined || to < begin || to + bytes > begin + length) return false;
    reads.push({ to: to - begin, at, bytes });
    return true;
  };
  try {
    readBytes(file, dataset, block);
  } finally {
    instead = null;
  }
  return reads;
};

let held: { at: number; bytes: number } | null = null;
/** Memory of the library that is used again from block to block. */
const scratch = (module: H5Module, bytes: number): number => {
  if (held !== null && held.bytes >= bytes) return held.at;
  if (held !== null) module._free(held.at);
  const at = module._malloc(bytes);
  if (at === 0) throw new Error('no memory');
  held = { at, bytes };
  return at;
};

/** The texts of one block. */
export const readTexts = (file: Hdf5File, dataset: Hdf5Dataset, block: Block): string[] =>
  guarded(dataset.path, () => {
    const { id } = file;
    const source = new Dataset(id, dataset.path);
    const value: unknown =
      block.count.length === 0
        ? source.value
        : source.slice(
            block.start.map((start, axis) => {
              const [count, step] = [block.count[axis] ?? 0, block.step[axis] ?? 1];
              return [start, count === 0 ? start : start + (count - 1) * step + 1, step];
            }),
          );
    return (Array.isArray(value) ? value : [value]).map(String);
  });
