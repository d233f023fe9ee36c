/**
 * HDF5 slice reads as the platform does them (sandboxed child, then the streams that a request is answered with) against plain
 * reads of as many bytes of the same file, in turns, both counted by the same consumer: first with the file put out of the page
 * cache before each read (posix_fadvise, by `dd`), then with all of it in the cache. A child waits for each slice, as one does on
 * the platform from the second slice on; the time until the first byte is told without one too.
 */
import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { link, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { File, ready } from 'h5wasm/node';
import { defaultLimits } from '../src/catalog/ingest/model.ts';
import { createWaitingChild, type Waiting } from '../src/catalog/ingest/waiting-child.ts';
import { readSlice } from '../src/catalog/read-slice.ts';
import { splitHead, streamOut } from '../src/catalog/stream-out.ts';

const run = promisify(execFile);
const mebibyte = 2 ** 20;
const promisedShare = 0.7;
/** One slice of the file: as much as a person takes of a detector at once. */
const frames = 64;

/**
 * Medians of the turns. `share`: how fast ours was over plain right before it, start of the child included; `startMs` is the time
 * until our first byte.
 */
export type Speeds = {
  sliceMiBs: number;
  plainMiBs: number;
  share: number;
  startMs: number;
  /** Where no child waits. */
  freshStartMs: number;
};
/** The promise is about files that are not in the cache; `evicted` says whether this system let them be put out. */
export type SliceFigures = {
  bytes: number;
  evicted: boolean;
  cold: Speeds;
  warm: Speeds;
  promisedShare: number;
  holds: boolean;
};

/** A dataset of float64 in chunks of a frame each, with `frames` frames, written by the library in slices. */
const write = async (file: string, bytes: number): Promise<void> => {
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
  if (bytes !== expected) throw new Error(`${bytes} bytes came where ${expected} were expected`);
  return bytes / mebibyte / seconds;
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** Plain and ours in turns. `before` comes ahead of each read. */
const compare = async (file: string, bytes: number, turns: number, before: () => Promise<void>) => {
  const root = dirname(file);
  let jobs = 0;
  const folders = {
    open: async () => {
      const job = String(jobs++);
      const folder = join(root, job);
      await mkdir(folder);
      return { job, folder };
    },
    clear: (job: string) => rm(join(root, job), { recursive: true }),
  };
  const waitingChild = createWaitingChild(folders, defaultLimits, (error) => {
    throw error;
  });
  const slice = async (waiting: Waiting | null, starts: number[]): Promise<number> => {
    const begun = performance.now();
    const { job, folder } = waiting
      ? { job: waiting.job, folder: waiting.child.stagingFolder }
      : await folders.open();
    const stored = join(folder, 'stored');
    await link(file, stored);
    const stream = await streamOut((take) =>
      readSlice(
        { path: '/frames', form: 'bytes', file: stored, format: 'hdf5' },
        { stagingFolder: folder, limits: defaultLimits, child: waiting?.child },
        take,
      ),
    );
    const { body } = await splitHead(stream);
    starts.push(performance.now() - begun);
    // Where no child waited, the time until the first byte is all that is asked: whoever leaves ends the reading.
    if (waiting === null) body.destroy();
    const counted = waiting === null ? 0 : await count(body);
    await folders.clear(job);
    return counted;
  };
  const plain = () => count(createReadStream(file, { highWaterMark: mebibyte, end: bytes - 1 }));
  const [ours, theirs, starts, freshStarts]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (let turn = 0; turn < turns; turn++) {
    await before();
    await slice(null, freshStarts);
    await waitingChild.renew();
    await waitingChild.ready();
    await before();
    theirs.push(await timed(plain, bytes));
    await before();
    ours.push(await timed(() => slice(waitingChild.take(), starts), bytes));
  }
  await waitingChild.close();
  const shares = ours.map((speed, turn) => speed / (theirs[turn] as number));
  return {
    ...{ sliceMiBs: median(ours), plainMiBs: median(theirs) },
    ...{ share: median(shares), startMs: median(starts), freshStartMs: median(freshStarts) },
  };
};

export async function measureSlices({ quick = false } = {}): Promise<SliceFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'genesis-slices-'));
  const file = join(folder, 'frames.h5');
  try {
    const bytes = (quick ? 1024 : 2048) * mebibyte;
    await write(file, bytes);
    let evicted = true;
    const cold = await compare(file, bytes, quick ? 3 : 7, async () => {
      evicted = (await evict(file)) && evicted;
    });
    // Read once, so that the first turn finds it in the cache.
    await count(createReadStream(file));
    const warm = await compare(file, bytes, quick ? 3 : 7, async () => undefined);
    return { bytes, evicted, cold, warm, promisedShare, holds: cold.share >= promisedShare };
  } finally {
    await rm(folder, { recursive: true });
  }
}
