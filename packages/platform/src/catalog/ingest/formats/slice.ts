import { invalidField } from '@genesis/contracts/errors';
import type { Block } from './hdf5-file.ts';
import { toScalar } from './model.ts';
import type { ArraySource, SliceSource, Stretch } from './slice-source.ts';

/** Ends are exclusive; what is left out is the whole axis. One number for each axis. */
export type SliceRange = { start?: number[]; stop?: number[]; step?: number[] };
export type SliceRequest = SliceRange & { path: string; form: 'json' | 'bytes' };

/** What is told of a slice before its values come. `shape` is that of the slice. */
export type SliceHead = {
  path: string;
  dtype: string;
  units: string | null;
  shape: number[];
  of: number[];
  start: number[];
  step: number[];
};

/**
 * A slice is written, or said to be `stored`: then nothing was written, and its bytes are those of the file at these places in turn.
 */
export type WrittenSlice = { head: SliceHead; stored: Stretch[] | null };

const sliceLimits = {
  /** Values of an answer in JSON. */
  values: 100_000,
  /** Of an answer in bytes. */
  bytes: 4 * 2 ** 30,
  /** Read at once. */
  blockBytes: 4 * 2 ** 20,
  /** Where less is wanted, it is not looked for where it is stored. */
  storedBytes: 2 ** 20,
} as const;

const rangeOf = (shape: readonly number[], { start, stop, step }: SliceRange): Block => {
  for (const [field, given] of Object.entries({ start, stop, step })) {
    if (given !== undefined && given.length !== shape.length) {
      throw invalidField(
        field,
        `has ${given.length} numbers, and the dataset has ${shape.length} axes (${shape.join(' x ')}); give one for each axis`,
      );
    }
  }
  const block: Block = { start: [], count: [], step: [] };
  for (const [axis, length] of shape.entries()) {
    const from = start?.[axis] ?? 0;
    const to = stop?.[axis] ?? length;
    const by = step?.[axis] ?? 1;
    if (from > length)
      throw invalidField('start', `${from} lies beyond axis ${axis}, which has ${length} values`);
    if (to > length) throw invalidField('stop', `${to} lies beyond axis ${axis}, which has ${length} values`);
    if (to < from) throw invalidField('stop', `${to} lies before start, ${from}, on axis ${axis}`);
    if (by < 1) throw invalidField('step', 'at least 1 is expected');
    block.start.push(from);
    block.count.push(Math.ceil((to - from) / by));
    block.step.push(by);
  }
  return block;
};

/** Blocks of a selection in row-major order, each of about `most` values, cut along chunks where that is possible. */
export function* blocksOf(whole: Block, chunks: readonly number[] | null, most: number): Generator<Block> {
  const { count } = whole;
  if (count.includes(0)) return;
  let axis = count.length;
  let inner = 1;
  while (axis > 0 && inner * (count[axis - 1] as number) <= most) {
    axis--;
    inner *= count[axis] as number;
  }
  if (axis === 0) {
    yield whole;
    return;
  }
  const cut = axis - 1;
  let rows = Math.max(1, Math.floor(most / inner));
  const chunk = whole.step[cut] === 1 ? (chunks?.[cut] ?? 1) : 1;
  if (rows > chunk) rows -= rows % chunk;
  const outer = count.slice(0, cut);
  const total = outer.reduce((product, length) => product * length, 1);
  for (let index = 0; index < total; index++) {
    const at: number[] = [];
    let rest = index;
    for (let place = outer.length - 1; place >= 0; place--) {
      const length = outer[place] as number;
      at[place] = rest % length;
      rest = Math.floor(rest / length);
    }
    for (let row = 0; row < (count[cut] as number); ) {
      // The first block ends where a chunk does.
      const offset = ((whole.start[cut] as number) + row) % chunk;
      const size = Math.min(rows - (rows > offset ? offset : 0), (count[cut] as number) - row);
      const places = [...at, row, ...count.slice(axis).map(() => 0)];
      yield {
        start: whole.start.map(
          (start, place) => start + (places[place] as number) * (whole.step[place] as number),
        ),
        count: [...at.map(() => 1), size, ...count.slice(axis)],
        step: whole.step,
      };
      row += size;
    }
  }
}

const nested = (flat: readonly unknown[], shape: readonly number[]): unknown => {
  if (shape.length === 0) return flat[0] ?? null;
  if (shape.length === 1) return flat;
  const inner = shape.slice(1);
  const size = inner.reduce((product, length) => product * length, 1);
  return Array.from({ length: shape[0] as number }, (_, index) =>
    nested(flat.slice(index * size, (index + 1) * size), inner),
  );
};

const open = async (
  source: SliceSource,
  request: SliceRequest,
): Promise<{ array: ArraySource; block: Block; values: number }> => {
  const array = await source.open(request.path);
  const block = rangeOf(array.shape, request);
  return { array, block, values: block.count.reduce((product, count) => product * count, 1) };
};

/**
 * Writes a slice: one line of JSON that tells what it is, then its values, as one JSON document or as little-endian bytes in
 * row-major order. Bytes are read and written block by block, in constant memory; many that lie in the file as they are wanted are
 * told of instead, and not written.
 */
export const writeSlice = async (
  source: SliceSource,
  request: SliceRequest,
  sink: (part: string | Uint8Array) => Promise<void>,
): Promise<WrittenSlice> => {
  const { array, block, values } = await open(source, request);
  const { path, dtype, units, shape: of, size, chunks } = array;
  const head: SliceHead = {
    path,
    dtype,
    units,
    shape: block.count,
    of,
    start: block.start,
    step: block.step,
  };
  if (request.form === 'json') {
    if (values > sliceLimits.values) {
      throw invalidField(
        'stop',
        `the slice has ${values} values, and an answer in JSON at most ${sliceLimits.values}; ask for less, for a wider step, or for form=bytes`,
      );
    }
    const data: unknown[] = [];
    for (const part of blocksOf(block, chunks, sliceLimits.values))
      for (const value of await array.values(part))
        data.push(typeof value === 'string' ? value : toScalar(value));
    await sink(`${JSON.stringify(head)}\n`);
    await sink(JSON.stringify({ ...head, data: nested(data, block.count) }));
    return { head, stored: null };
  }
  if (array.bytes === null) throw invalidField('form', `${path} holds ${dtype}, which is given as json only`);
  if (values * size > sliceLimits.bytes) {
    throw invalidField(
      'stop',
      `the slice has ${values * size} bytes, and an answer at most ${sliceLimits.bytes}; ask for less at once`,
    );
  }
  const blocks = () => blocksOf(block, chunks, Math.max(1, Math.floor(sliceLimits.blockBytes / size)));
  const stored = values * size < sliceLimits.storedBytes ? null : (array.locate?.(blocks()) ?? null);
  if (stored !== null) return { head, stored };
  await sink(`${JSON.stringify(head)}\n`);
  // While one block is on its way the next is read. What the library gives is valid until its next read only, so it is copied.
  const buffers = [Buffer.alloc(0), Buffer.alloc(0)];
  let writing: Promise<void> = Promise.resolve();
  let turn = 0;
  for (const part of blocks()) {
    const bytes = await array.bytes(part);
    turn = 1 - turn;
    let buffer = buffers[turn] as Buffer;
    if (buffer.length < bytes.length) buffers[turn] = buffer = Buffer.allocUnsafeSlow(bytes.length);
    buffer.set(bytes);
    await writing;
    writing = sink(buffer.subarray(0, bytes.length));
    // It is awaited in the next turn, and throws there.
    writing.catch(() => undefined);
  }
  await writing;
  return { head, stored: null };
};
