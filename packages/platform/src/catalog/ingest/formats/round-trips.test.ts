import { deflateSync, zstdCompressSync } from 'node:zlib';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { expect, test } from 'vitest';
import { create, get, open, root, set, slice } from 'zarrita';
import { bigEndianHdf5, featherLz4, featherZstd } from '../../../../test/foreign-files.ts';
import { hdf5Made } from '../../../../test/hdf5-made.ts';
import { sliceOf } from '../../../../test/sliced.ts';
import { stageFile } from '../../../../test/staged-file.ts';
import { rowsOf, stage } from '../../../../test/staged-table.ts';
import { zipFile } from '../../../../test/zip-file.ts';
import { defaultLimits } from '../model.ts';
import { runChild } from '../run-child.ts';
import { lz4Frame } from './lz4-frame.ts';
import { blocksOf } from './slice.ts';

const columns = {
  'Q (1/A)': Float64Array.from([0.1, 0.2, 0.3]),
  n: BigInt64Array.from([1n, -2n, 2n ** 62n]),
  sample: ['a', null, 'ü'],
  ok: [true, false, null],
};

test.each(['file', 'stream'] as const)('an Arrow %s is a table', async (form) => {
  const table = await stage(tableToIPC(tableFromArrays(columns), form));
  expect(table).toMatchObject({ format: 'arrow', rows: 3 });
  expect(table.columns).toEqual([
    { name: 'Q (1/A)', unit: '1/A', type: 'number' },
    { name: 'n', unit: null, type: 'integer' },
    { name: 'sample', unit: null, type: 'text' },
    { name: 'ok', unit: null, type: 'boolean' },
  ]);
  expect(await rowsOf(table)).toEqual([
    [0.1, 1, 'a', true],
    [0.2, -2, null, false],
    [0.3, String(2n ** 62n), 'ü', null],
  ]);
});

test.each([
  ['LZ4', featherLz4],
  ['zstd', featherZstd],
])('an Arrow file of another writer is read, packed with %s', async (_, bytes) => {
  const table = await stage(bytes);
  expect(table).toMatchObject({ format: 'arrow', rows: 200 });
  expect(table.columns.map(({ name, type }) => `${name}:${type}`)).toEqual([
    'q:number',
    's:text',
    't:timestamp',
  ]);
  const rows = await rowsOf(table);
  expect(rows[199]).toEqual([49.75, 'genesis', '2026-01-31T12:00:00.250000Z']);
});

test('LZ4 data that is no frame, or is cut off, is refused', () => {
  expect(() => lz4Frame(zstdCompressSync(Buffer.from('x')), 10_000)).toThrow(/no LZ4/);
  expect(() => lz4Frame(Buffer.from('BCJNGGBAggoAAABhYmNkZWZnaGlq', 'base64'), 10_000)).toThrow();
});

test('JSON Lines are a table of all keys, and big integers keep their digits', async () => {
  const text =
    '{"a":1,"t":"2026-01-31T12:00:00Z"}\n{"b":"x","a":2.5}\n\n{"a":null,"c":true}\n{"n":9007199254740993}\n';
  const table = await stage(text);
  expect(table.format).toBe('jsonl');
  expect(table.columns.map(({ name, type }) => `${name}:${type}`)).toEqual([
    'a:number',
    't:timestamp',
    'b:text',
    'c:boolean',
    'n:integer',
  ]);
  expect(await rowsOf(table)).toEqual([
    [1, '2026-01-31T12:00:00Z', null, null, null],
    [2.5, null, 'x', null, null],
    [null, null, null, true, null],
    [null, null, null, null, '9007199254740993'],
  ]);
});

test.each([
  ['{"a":1}\n{"a":"x"}\n', 'line 2, column 1 ("a")', /integer.*found "x"/],
  ['{"a":1}\n{"a":[1]}\n', 'line 2, column 1 ("a")', /found "a list"/],
  ['{"a":1}\n{"a":\n', 'line 2', /not JSON/],
  ['{"a":1}\n{"a":1e999}\n', 'line 2, column 1 ("a")', /beyond a double/],
])('JSON Lines with a bad value are refused with its place: %j', async (text, place, words) => {
  const error: unknown = await stageFile(text, { format: 'jsonl' }).catch((thrown: unknown) => thrown);
  const { problems } = (error as { failure: { problems: { field: string; message: string }[] } }).failure;
  expect(problems[0]?.field).toBe(place);
  expect(problems[0]?.message).toMatch(words);
});

test('an HDF5 file is a tree with attributes, units and slices', async () => {
  const counts = Float64Array.from({ length: 6000 }, (_, index) => index / 2);
  const bytes = await hdf5Made((file) => {
    const entry = file.create_group('entry');
    entry.create_attribute('NX_class', 'NXentry');
    entry.create_dataset({ name: 'title', data: 'A run' });
    entry.create_dataset({
      name: 'counts',
      data: counts,
      shape: [20, 30, 10],
      chunks: [4, 30, 10],
      compression: 4,
    });
    entry.create_dataset({ name: 'ids', data: BigUint64Array.from([1n, 2n ** 63n]) });
  });
  const { read, file, stagingFolder } = await stageFile(bytes);
  if (read.content !== 'tree') throw new Error('no tree');
  expect(read.metadata).toMatchObject({ entry: 'entry', title: 'A run' });
  const node = read.description.nodes.find(({ path }) => path === '/entry/counts');
  expect(node).toMatchObject({ kind: 'dataset', shape: [20, 30, 10], dtype: 'float64', note: null });

  const range = { path: '/entry/counts', start: [3, 1, 0], stop: [19, 5, 10], step: [5, 2, 3] };
  const { head, body } = await sliceOf(stagingFolder, file, 'hdf5', { ...range, form: 'json' });
  expect(head.shape).toEqual([4, 2, 4]);
  const at = (i: number, j: number, k: number) => counts[(i * 30 + j) * 10 + k];
  const expected = [3, 8, 13, 18].map((i) => [1, 3].map((j) => [0, 3, 6, 9].map((k) => at(i, j, k))));
  expect((JSON.parse(body.toString()) as { data: unknown }).data).toEqual(expected);
  const raw = await sliceOf(stagingFolder, file, 'hdf5', { ...range, form: 'bytes' });
  expect([
    ...new Float64Array(raw.body.buffer.slice(raw.body.byteOffset, raw.body.byteOffset + raw.body.length)),
  ]).toEqual(expected.flat(2));
  const ids = await sliceOf(stagingFolder, file, 'hdf5', { path: 'entry/ids', form: 'json' });
  expect(JSON.parse(ids.body.toString())).toMatchObject({ dtype: 'uint64', data: [1, String(2n ** 63n)] });
}, 60_000);

test('long slices are read from the file where they lie in it as they are, and through the library where not', async () => {
  const length = 400_000;
  const values = Float64Array.from({ length }, (_, index) => index * 1.5);
  const shape = [1000, 400];
  // Its chunks do not fit in the library's cache, so they are read straight to where they are wanted.
  const large = Float64Array.from({ length: 2_200_000 }, (_, index) => index / 3);
  const bytes = await hdf5Made((file) => {
    file.create_dataset({ name: 'plain', data: values, shape });
    file.create_dataset({ name: 'chunked', data: values, shape, chunks: [500, 400] });
    file.create_dataset({ name: 'large', data: large, shape: [2, 1_100_000], chunks: [1, 1_100_000] });
    file.create_dataset({ name: 'small', data: values, shape, chunks: [10, 400] });
    file.create_dataset({ name: 'packed', data: values, shape, chunks: [500, 400], compression: 1 });
    const empty = {
      name: 'unwritten',
      data: new Float64Array(),
      shape: [0, 400],
      maxshape: shape,
      chunks: [500, 400],
    };
    const unwritten = file.create_dataset(empty);
    unwritten.resize(shape);
    unwritten.write_slice([[0, 500]], values.subarray(0, 200_000));
  });
  const { file, stagingFolder } = await stageFile(bytes);
  const ranges = [
    {},
    { start: [3, 0], stop: [903, 400] },
    { start: [0, 5], stop: [1000, 399] },
    { step: [2, 1] },
  ];
  for (const name of ['plain', 'chunked', 'small', 'packed', 'unwritten']) {
    for (const range of name === 'plain' || name === 'chunked' ? ranges : [{}]) {
      const { start = [0, 0], stop = shape, step = [1, 1] } = range as Record<string, number[]>;
      const expected: number[] = [];
      for (let row = start[0]!; row < stop[0]!; row += step[0]!)
        for (let column = start[1]!; column < stop[1]!; column++)
          expected.push(name === 'unwritten' && row >= 500 ? 0 : values[row * 400 + column]!);
      const wanted = { path: `/${name}`, form: 'bytes' as const, ...range };
      const { body } = await sliceOf(stagingFolder, file, 'hdf5', wanted);
      expect(body.equals(Buffer.from(Float64Array.from(expected).buffer)), JSON.stringify(wanted)).toBe(true);
    }
  }
  // Which way each goes.
  const located = async (path: string, range: object = {}) => {
    const request = { path, form: 'bytes' as const, file, format: 'hdf5' as const, ...range };
    const job = { kind: 'slice' as const, request };
    const options = { stagingFolder, limits: defaultLimits, readOnly: true };
    return (await runChild(job, options)).stored?.reduce((sum, stretch) => sum + stretch.bytes, 0) ?? null;
  };
  expect(await located('/plain')).toBe(length * 8);
  expect(await located('/plain', ranges[1])).toBe(900 * 400 * 8);
  expect(await located('/chunked')).toBeNull();
  expect(await located('/large')).toBe(large.length * 8);
  const { body } = await sliceOf(stagingFolder, file, 'hdf5', { path: '/large', form: 'bytes' });
  expect(body.equals(Buffer.from(large.buffer))).toBe(true);
  expect(await located('/plain', ranges[2])).toBeNull();
  expect(await located('/packed')).toBeNull();
  expect(await located('/unwritten')).toBeNull();
}, 240_000);

test('big-endian numbers come little-endian, and texts of any length as they are', async () => {
  const { file, stagingFolder } = await stageFile(bigEndianHdf5);
  const swapped = await sliceOf(stagingFolder, file, 'hdf5', { path: '/big', form: 'bytes' });
  expect(Array.from({ length: 6 }, (_, index) => swapped.body.readFloatLE(index * 4))).toEqual([
    0, 1, 2, 3, 4, 5,
  ]);
  const texts = await sliceOf(stagingFolder, file, 'hdf5', { path: '/s', start: [1], form: 'json' });
  expect(JSON.parse(texts.body.toString())).toMatchObject({ dtype: 'text', data: ['b'] });
});

test.each([2, 3] as const)(
  'a zipped Zarr store of version %i is a tree with slices',
  async (version) => {
    const store = new Map<string, Uint8Array>();
    const text = (value: unknown) => Buffer.from(JSON.stringify(value));
    const data = Int32Array.from({ length: 35 }, (_, index) => index - 7);
    const units = { units: 'counts', long: { nested: [1] } };
    if (version === 3) {
      const array = await create(root(store).resolve('/scan/counts'), {
        ...{ shape: [5, 7], chunkShape: [2, 3], dtype: 'int32', attributes: units },
        codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
      });
      await set(array, null, { data, shape: [5, 7], stride: [7, 1] });
      store.set('/zarr.json', text({ zarr_format: 3, node_type: 'group', attributes: { title: 'Scan' } }));
      store.set('/scan/zarr.json', text({ zarr_format: 3, node_type: 'group' }));
    } else {
      store.set('/.zgroup', text({ zarr_format: 2 }));
      store.set('/.zattrs', text({ title: 'Scan' }));
      store.set('/scan/.zgroup', text({ zarr_format: 2 }));
      store.set('/scan/counts/.zattrs', text(units));
      store.set(
        '/scan/counts/.zarray',
        text({
          zarr_format: 2,
          shape: [5, 7],
          chunks: [5, 7],
          dtype: '<i4',
          order: 'C',
          compressor: { id: 'zlib', level: 1 },
          filters: null,
          fill_value: 0,
        }),
      );
      store.set('/scan/counts/0.0', deflateSync(new Uint8Array(data.buffer)));
    }
    const zip = zipFile(
      [...store].map(([name, bytes]) => ({ name: `run.zarr${name}`, data: bytes, deflate: true })),
    );
    const { read, file, stagingFolder } = await stageFile(zip, { fileName: 'run.zarr.zip' });
    if (read.content !== 'tree') throw new Error('no tree');
    expect(read.format).toBe('zarr');
    expect(read.description.nodes.map(({ path, kind }) => `${kind} ${path}`)).toEqual([
      'group /',
      'group /scan',
      'dataset /scan/counts',
    ]);
    expect(read.description.nodes[0]?.attributes).toEqual({ title: 'Scan' });
    expect(read.description.nodes[2]).toMatchObject({
      shape: [5, 7],
      dtype: 'int32',
      units: 'counts',
      note: null,
    });
    const range = { path: '/scan/counts', start: [1, 0], stop: [5, 7], step: [3, 2] };
    const { body } = await sliceOf(stagingFolder, file, 'zarr', { ...range, form: 'json' });
    const expected = [1, 4].map((row) => [0, 2, 4, 6].map((column) => row * 7 + column - 7));
    expect((JSON.parse(body.toString()) as { data: unknown }).data).toEqual(expected);
    const raw = await sliceOf(stagingFolder, file, 'zarr', { ...range, form: 'bytes' });
    expect(Array.from({ length: 8 }, (_, index) => raw.body.readInt32LE(index * 4))).toEqual(expected.flat());
    // The same by the library itself, over the store as it was made.
    const direct = await open(root(store).resolve('/scan/counts'), { kind: 'array' });
    expect(Array.from((await get(direct, [slice(1, 5, 3), slice(0, 7, 2)])).data as Int32Array)).toEqual(
      expected.flat(),
    );
  },
  60_000,
);

test('blocks of a slice cover it once, in order, however it is cut', () => {
  for (const [count, chunks, most] of [
    [[5, 7], [2, 3], 6],
    [[10], [3], 4],
    [[3, 4, 5], null, 1],
    [[3, 4, 5], [2, 2, 5], 1000],
    [[], null, 10],
    [[4, 0], null, 2],
  ] as [number[], number[] | null, number][]) {
    const whole = { start: count.map((_, axis) => axis + 1), count, step: count.map((_, axis) => axis + 1) };
    const seen: string[] = [];
    const visit = (block: typeof whole, axis: number, at: number[]): void => {
      if (axis === count.length) seen.push(at.join());
      else
        for (let i = 0; i < (block.count[axis] ?? 0); i++)
          visit(block, axis + 1, [...at, (block.start[axis] ?? 0) + i * (block.step[axis] ?? 1)]);
    };
    for (const block of blocksOf(whole, chunks, most)) visit(block, 0, []);
    const blocks = [...seen];
    seen.length = 0;
    visit(whole, 0, []);
    expect(blocks).toEqual(seen);
  }
});
