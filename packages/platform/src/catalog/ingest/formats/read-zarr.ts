import { GenesisError, invalidField } from '@genesis/contracts/errors';
import { get, open, root, slice, type Array as ZarrArray } from 'zarrita';
import { z } from 'zod';
import { isNumberType } from './hdf5-file.ts';
import { type SmallValue, shown, type TreeNode, toScalar, treeLimits } from './model.ts';
import type { ArraySource, SliceSource } from './slice-source.ts';
import type { TreeBuilder } from './tree-builder.ts';
import { openZip, type ZipStore, zarrRoot } from './zip-store.ts';

const metadataBytes = 16 * 2 ** 20;
const lengths = z.array(z.int().min(0)).max(32);
const attributes = z.record(z.string(), z.unknown());

const arrayV2 = z.object({
  zarr_format: z.literal(2),
  shape: lengths,
  chunks: lengths,
  dtype: z.unknown(),
  compressor: z.object({ id: z.string() }).nullish(),
  filters: z.array(z.object({ id: z.string() })).nullish(),
});
const nodeV3 = z.discriminatedUnion('node_type', [
  z.object({ zarr_format: z.literal(3), node_type: z.literal('group'), attributes: attributes.default({}) }),
  z.object({
    zarr_format: z.literal(3),
    node_type: z.literal('array'),
    shape: lengths,
    data_type: z.unknown(),
    chunk_grid: z.object({ name: z.string(), configuration: z.object({ chunk_shape: lengths }) }),
    codecs: z.array(z.object({ name: z.string() })).max(20),
    attributes: attributes.default({}),
  }),
]);

export type ZarrStore = { zip: ZipStore; root: string; version: 2 | 3 };

export const openZarr = async (file: string): Promise<ZarrStore> => {
  const zip = await openZip(file);
  const folder = zarrRoot(zip.names);
  if (folder === null)
    throw invalidField(
      'file',
      'is a zip archive without a Zarr store: no zarr.json, .zgroup or .zarray in it',
    );
  return { zip, root: folder, version: zip.names.has(`${folder}zarr.json`) ? 3 : 2 };
};

const readJson = async <T extends z.ZodType>(
  store: ZarrStore,
  name: string,
  schema: T,
): Promise<z.output<T> | undefined> => {
  const bytes = await store.zip.read(`${store.root}${name}`);
  if (bytes === undefined) return undefined;
  const told = JSON.stringify(shown(name));
  if (bytes.length > metadataBytes)
    throw invalidField(
      'file',
      `has metadata of ${bytes.length} bytes in ${told}; at most ${metadataBytes} are allowed`,
    );
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw invalidField('file', `has metadata that is not JSON in ${told}`, { cause });
  }
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw invalidField(
    'file',
    `has metadata that is no Zarr in ${told}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`.slice(
      0,
      300,
    ),
  );
};

type ArrayStatement = {
  shape: number[];
  chunks: number[];
  dtype: string;
  codecs: string[];
  attributes: Record<string, unknown>;
};

const letters: Record<string, string> = { i: 'int', u: 'uint', f: 'float', c: 'complex' };
/** `<f8` is float64; what has no such name stays as it is written. */
const dtypeV2 = (dtype: unknown): string => {
  if (typeof dtype !== 'string') return 'compound';
  const [, letter = '', size = ''] = /^[<>|]?([a-zA-Z])(\d*)$/.exec(dtype) ?? [];
  if (letter === 'b') return 'bool';
  if (letter === 'U' || letter === 'S' || letter === 'O') return 'text';
  return letters[letter] === undefined ? shown(dtype) : `${letters[letter]}${Number(size) * 8}`;
};
const dtypeV3 = (dtype: unknown): string =>
  typeof dtype === 'string' ? (dtype === 'string' ? 'text' : shown(dtype)) : 'extension';

const statedOf = async (store: ZarrStore, path: string): Promise<ArrayStatement | 'group' | undefined> => {
  const folder = path === '/' ? '' : `${path.slice(1)}/`;
  if (store.version === 3) {
    const node = await readJson(store, `${folder}zarr.json`, nodeV3);
    if (node === undefined || node.node_type === 'group') return node && 'group';
    const { shape, data_type: type, chunk_grid: grid, codecs } = node;
    return {
      shape,
      chunks: grid.configuration.chunk_shape,
      dtype: dtypeV3(type),
      codecs: codecs.map(({ name }) => name),
      attributes: node.attributes,
    };
  }
  const array = await readJson(store, `${folder}.zarray`, arrayV2);
  if (array === undefined)
    return (await readJson(store, `${folder}.zgroup`, z.object({ zarr_format: z.literal(2) }))) && 'group';
  const codecs = [...(array.filters ?? []), ...(array.compressor ? [array.compressor] : [])].map(
    ({ id }) => id,
  );
  return {
    shape: array.shape,
    chunks: array.chunks,
    dtype: dtypeV2(array.dtype),
    codecs,
    attributes: await attributesV2(store, folder),
  };
};

const attributesV2 = async (store: ZarrStore, folder: string): Promise<Record<string, unknown>> =>
  (await readJson(store, `${folder}.zattrs`, attributes)) ?? {};

/** Codecs that zarrita has built in, of either version. */
const knownCodecs = new Set([
  ...[
    'bytes',
    'transpose',
    'gzip',
    'zstd',
    'blosc',
    'crc32c',
    'sharding_indexed',
    'vlen-utf8',
    'bitround',
    'json2',
  ],
  ...['zlib', 'lz4', 'shuffle', 'delta', 'fixedscaleoffset'],
]);
const bytesOf = (dtype: string): number =>
  dtype === 'bool' ? 1 : Number(/\d+$/.exec(dtype)?.[0] ?? 128) / 8;

const unreadable = ({ shape, chunks, dtype, codecs }: ArrayStatement): string | null => {
  if (!isNumberType(dtype) && dtype !== 'bool' && dtype !== 'text')
    return `of type ${dtype}; numbers, text and booleans can be read`;
  const codec = codecs.find((name) => !knownCodecs.has(name));
  if (codec !== undefined)
    return `packed with the codec ${JSON.stringify(shown(codec))}, which is not available here`;
  if (chunks.length !== shape.length || chunks.includes(0)) return 'in chunks that do not fit its shape';
  const chunkBytes = chunks.reduce((product, length) => product * length, bytesOf(dtype));
  return chunkBytes > treeLimits.chunkBytes
    ? `in chunks of ${chunkBytes} bytes; at most ${treeLimits.chunkBytes} are allowed`
    : null;
};

const small = (value: unknown): SmallValue => {
  if (Array.isArray(value))
    return value
      .slice(0, treeLimits.values)
      .map((one) => toScalar(typeof one === 'object' ? JSON.stringify(one) : one));
  return toScalar(typeof value === 'object' && value !== null ? JSON.stringify(value) : value);
};

const keptAttributes = (all: Record<string, unknown>, tree: TreeBuilder): TreeNode['attributes'] => {
  const entries = Object.entries(all).filter(([name]) => name !== '__proto__');
  tree.leaveAttribute(Math.max(0, entries.length - treeLimits.attributes));
  return Object.fromEntries(
    entries.slice(0, treeLimits.attributes).map(([name, value]) => [shown(name), small(value)]),
  );
};

/** Every group and array whose metadata the archive holds. */
export const walkZarr = async (store: ZarrStore, tree: TreeBuilder): Promise<void> => {
  const marks = store.version === 3 ? /^(.*?)\/?zarr\.json$/ : /^(.*?)\/?\.z(?:group|array)$/;
  const paths = new Set<string>();
  for (const name of store.zip.names) {
    if (!name.startsWith(store.root)) continue;
    const folder = marks.exec(name.slice(store.root.length))?.[1];
    if (folder !== undefined) paths.add(`/${folder}`);
  }
  for (const path of [...paths].sort()) {
    tree.count(path, path.split('/').length - 1);
    const stated = await statedOf(store, path);
    if (stated === undefined) continue;
    if (stated === 'group') {
      const folder = path === '/' ? '' : `${path.slice(1)}/`;
      const all =
        store.version === 3
          ? (await readJson(store, `${folder}zarr.json`, z.object({ attributes: attributes.default({}) })))
              ?.attributes
          : await attributesV2(store, folder);
      tree.add({ path, kind: 'group', attributes: keptAttributes(all ?? {}, tree) });
      continue;
    }
    const { shape, dtype } = stated;
    const note = unreadable(stated);
    const few = shape.length <= 1 && (shape[0] ?? 1) > 0 && (shape[0] ?? 1) <= treeLimits.values;
    const value = few && note === null ? await fewValues(store, path, stated) : null;
    tree.add({
      path,
      kind: 'dataset',
      shape,
      dtype,
      attributes: keptAttributes(stated.attributes, tree),
      value,
      note,
    });
  }
};

const fewValues = async (store: ZarrStore, path: string, stated: ArrayStatement): Promise<SmallValue> => {
  const { shape } = stated;
  const source = await openArray(store, path, stated);
  try {
    const values = await source.values({ start: shape.map(() => 0), count: shape, step: shape.map(() => 1) });
    return shape.length === 0 || values.length === 1 ? toScalar(values[0]) : values.map(toScalar);
  } catch (error) {
    if (error instanceof GenesisError) return null;
    throw error;
  }
};

const openArray = async (store: ZarrStore, path: string, stated: ArrayStatement): Promise<ArraySource> => {
  const { shape, chunks, dtype } = stated;
  const failed = (cause: unknown) =>
    cause instanceof GenesisError
      ? cause
      : invalidField('file', `is damaged Zarr: ${JSON.stringify(shown(path))} cannot be read`, { cause });
  const array = await (async () => {
    const at = root({ get: (key: string) => store.zip.read(`${store.root}${key.slice(1)}`) }).resolve(path);
    const opened =
      store.version === 3 ? await open.v3(at, { kind: 'array' }) : await open.v2(at, { kind: 'array' });
    return opened as ZarrArray<'float64'>;
  })().catch((cause: unknown) => {
    throw failed(cause);
  });
  const read = async ({ start, count, step }: { start: number[]; count: number[]; step: number[] }) => {
    if (count.includes(0)) return [];
    try {
      const selection = start.map((from, axis) =>
        slice(from, from + ((count[axis] ?? 1) - 1) * (step[axis] ?? 1) + 1, step[axis] ?? 1),
      );
      const found = await get(array, selection.length === 0 ? null : selection);
      if (typeof found !== 'object' || found === null || !('data' in found)) return [found];
      // A transposed array keeps its own order in memory; rows come first here.
      return rowMajor(found.data as Iterable<unknown> & ArrayLike<unknown>, found.shape, found.stride);
    } catch (cause) {
      throw failed(cause);
    }
  };
  const numeric = isNumberType(dtype) ? dtype : null;
  return {
    ...{ path, shape, chunks, dtype, size: numeric === null ? 1 : bytesOf(dtype) },
    units: typeof stated.attributes['units'] === 'string' ? shown(stated.attributes['units']) : null,
    bytes:
      numeric === null
        ? null
        : async (block) => {
            const values = await read(block);
            return ArrayBuffer.isView(values)
              ? new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
              : packed(values, numeric);
          },
    values: async (block) => Array.from(await read(block)) as (number | bigint | string | boolean)[],
  };
};

const rowMajor = (
  data: Iterable<unknown> & ArrayLike<unknown>,
  shape: number[],
  stride: number[],
): Iterable<unknown> & ArrayLike<unknown> => {
  let expected = 1;
  const plain = shape
    .map((_, axis) => axis)
    .reverse()
    .every((axis) => {
      const fits = shape[axis] === 1 || stride[axis] === expected;
      expected *= shape[axis] ?? 1;
      return fits;
    });
  if (plain && ArrayBuffer.isView(data)) return data;
  const values = Array.from(data);
  if (plain) return values;
  const out: unknown[] = [];
  const visit = (axis: number, at: number): void => {
    if (axis === shape.length) out.push(values[at]);
    else for (let i = 0; i < (shape[axis] ?? 0); i++) visit(axis + 1, at + i * (stride[axis] ?? 0));
  };
  visit(0, 0);
  return out;
};

const packed = (values: Iterable<unknown>, dtype: string): Uint8Array => {
  const list = Array.from(values);
  const size = bytesOf(dtype);
  const bytes = Buffer.alloc(list.length * size);
  const unsigned = dtype.startsWith('u');
  for (const [index, value] of list.entries()) {
    const at = index * size;
    if (dtype === 'float64') bytes.writeDoubleLE(Number(value), at);
    else if (dtype === 'float32') bytes.writeFloatLE(Number(value), at);
    else if (size === 8 && unsigned) bytes.writeBigUInt64LE(BigInt(value as bigint), at);
    else if (size === 8) bytes.writeBigInt64LE(BigInt(value as bigint), at);
    else if (unsigned) bytes.writeUIntLE(Number(value), at, size);
    else bytes.writeIntLE(Number(value), at, size);
  }
  return bytes;
};

/** Arrays of a zipped Zarr store, for slices. */
export const zarrSlices = (store: ZarrStore): SliceSource => ({
  open: async (wanted) => {
    const path = `/${wanted
      .split('/')
      .filter((part) => part !== '')
      .join('/')}`;
    const stated = await statedOf(store, path);
    if (stated === undefined || stated === 'group') {
      throw invalidField(
        'path',
        `there is no array ${JSON.stringify(wanted)}; the tree of the version lists them`,
      );
    }
    const reason = unreadable(stated);
    if (reason !== null) throw new GenesisError({ code: 'unsupported', message: `${path} is ${reason}` });
    return openArray(store, path, stated);
  },
});
