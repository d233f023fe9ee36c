import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { GenesisError } from '@genesis/contracts';
import type { SliceHead, SliceRequest } from './ingest/formats/slice.ts';
import type { Stretch } from './ingest/formats/slice-source.ts';
import { type ChildOptions, runChild } from './ingest/run-child.ts';

/** Reads of this size stay in the processor's cache on their way. */
const atOnce = 2 ** 20;

/** The slice that the child found in the file, read from the same file. */
async function* readStored(file: string, head: SliceHead, stretches: readonly Stretch[]) {
  yield Buffer.from(`${JSON.stringify(head)}\n`);
  for (const { at, bytes } of stretches) {
    let left = bytes;
    const reading = { start: at, end: at + bytes - 1, highWaterMark: atOnce };
    for await (const part of createReadStream(file, reading) as AsyncIterable<Buffer>) {
      left -= part.length;
      yield part;
    }
    if (left > 0)
      throw new GenesisError({
        code: 'internal',
        message: 'The file is shorter than what was found in it.',
      });
  }
}

/**
 * Gives a slice of a stored tree to `take`: a line that tells what it is, then its values. A sandboxed child reads the file; where
 * the values lie in the file as they are wanted it tells their places, and they are read from there without it.
 */
export const readSlice = async (
  request: SliceRequest & { file: string; format: 'hdf5' | 'zarr' },
  options: ChildOptions,
  take: (stream: Readable) => Promise<void>,
): Promise<void> => {
  const { head, stored } = await runChild(
    { kind: 'slice', request },
    { ...options, readOnly: true, onData: take },
  );
  if (stored !== null)
    await take(Readable.from(readStored(request.file, head, stored), { objectMode: false }));
};
