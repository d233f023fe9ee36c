/**
 * HDF5 slice reads as the platform does them (sandboxed child, library, pipe to the server) against plain reads of as many
 * bytes of the same file, in turns. Both begin with the file out of the page cache where the system lets it be put out.
 */
import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { File, ready } from 'h5wasm/node';
import { defaultLimits } from '../src/catalog/ingest/model.ts';
import { runChild } from '../src/catalog/ingest/run-child.ts';

const run = promisify(execFile);
const mebibyte = 2 ** 20;
const promisedShare = 0.7;
/** One slice of the file: as much as a person takes of a detector at once. */
const frames = 64;

/** Throughput in MiB/s of the median turn; `share` is ours over plain. `cold` says whether the cache was emptied before each read. */
export type SliceFigures = {
  bytes: number;
  cold: boolean;
  sliceMiBs: number;
  plainMiBs: number;
  share: number;
  promisedShare: number;
  holds: boolean;
};

/** A contiguous dataset of float64 with `frames` frames, written by the library in slices. */
const write = async (file: string, bytes: number): Promise<{ values: number; rows: number }> => {
  await ready;
  const columns = 1024;
  const rows = Math.floor(bytes / (8 * frames * columns));
  const made = new File(file, 'w');
  const shape = [frames, rows, columns];
  // Shape and type alone make the library lay the dataset out; the frames are written one by one.
  const frame = new Float64Array(rows * columns);
  const dataset = made.create_dataset({
    name: 'frames',
    data: new Float64Array(),
    shape: [0, rows, columns],
    maxshape: [frames, rows, columns],
    chunks: [1, rows, columns],
  });
  dataset.resize(shape);
  for (let index = 0; index < frames; index++) {
    for (let at = 0; at < frame.length; at++) frame[at] = Math.sin(index + at);
    dataset.write_slice([[index, index + 1]], frame);
  }
  made.close();
  return { values: frames * rows * columns, rows };
};

/** Puts a file out of the page cache; false where that is not possible here. */
const evict = (file: string): Promise<boolean> =>
  run('dd', [`of=${file}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0']).then(
    () => true,
    () => false,
  );

const count = async (stream: AsyncIterable<Uint8Array>): Promise<number> => {
  let bytes = 0;
  for await (const chunk of stream) bytes += chunk.length;
  return bytes;
};

const timed = async (work: () => Promise<number>, expected: number): Promise<number> => {
  const begun = performance.now();
  const bytes = await work();
  const seconds = (performance.now() - begun) / 1000;
  if (bytes < expected) throw new Error(`${bytes} bytes came where ${expected} were expected`);
  return bytes / mebibyte / seconds;
};

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;

export async function measureSlices({ quick = false } = {}): Promise<SliceFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'genesis-slices-'));
  const file = join(folder, 'frames.h5');
  try {
    const { values } = await write(file, (quick ? 256 : 1024) * mebibyte);
    const bytes = values * 8;
    const slice = async (): Promise<number> => {
      let got = 0;
      await runChild(
        { kind: 'slice', request: { path: '/frames', form: 'bytes', file, format: 'hdf5' } },
        {
          ...{ stagingFolder: folder, limits: defaultLimits, readOnly: true },
          onData: async (stream) => {
            got = await count(stream);
          },
        },
      );
      return got;
    };
    const plain = () => count(createReadStream(file, { highWaterMark: mebibyte, end: bytes - 1 }));
    const ours: number[] = [];
    const theirs: number[] = [];
    let cold = true;
    for (let turn = 0; turn < 3; turn++) {
      cold = (await evict(file)) && cold;
      theirs.push(await timed(plain, bytes));
      cold = (await evict(file)) && cold;
      ours.push(await timed(slice, bytes));
    }
    const [sliceMiBs, plainMiBs] = [median(ours), median(theirs)];
    const share = sliceMiBs / plainMiBs;
    return { bytes, cold, sliceMiBs, plainMiBs, share, promisedShare, holds: share >= promisedShare };
  } finally {
    await rm(folder, { recursive: true });
  }
}
