import { buffer } from 'node:stream/consumers';
import type { SliceHead, SliceRequest } from '../src/catalog/ingest/formats/slice.ts';
import { defaultLimits } from '../src/catalog/ingest/model.ts';
import { runChild } from '../src/catalog/ingest/run-child.ts';

/** A slice of a staged tree as the child gives it. */
export const sliceOf = async (
  stagingFolder: string,
  file: string,
  format: 'hdf5' | 'zarr',
  request: SliceRequest,
): Promise<{ head: SliceHead; body: Buffer }> => {
  let all = Buffer.alloc(0);
  const head = await runChild(
    { kind: 'slice', request: { ...request, file, format } },
    {
      ...{ stagingFolder, limits: defaultLimits, readOnly: true },
      onData: async (stream) => {
        all = await buffer(stream);
      },
    },
  );
  return { head, body: all.subarray(all.indexOf(10) + 1) };
};
