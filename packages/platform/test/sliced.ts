import { buffer } from 'node:stream/consumers';
import type { SliceHead, SliceRequest } from '../src/catalog/ingest/formats/slice.ts';
import { defaultLimits } from '../src/catalog/ingest/model.ts';
import { readSlice } from '../src/catalog/read-slice.ts';

/** A slice of a staged tree as its reader gets it. */
export const sliceOf = async (
  stagingFolder: string,
  file: string,
  format: 'hdf5' | 'zarr',
  request: SliceRequest,
): Promise<{ head: SliceHead; body: Buffer }> => {
  const parts: Buffer[] = [];
  await readSlice({ ...request, file, format }, { stagingFolder, limits: defaultLimits }, async (stream) => {
    parts.push(await buffer(stream));
  });
  const all = Buffer.concat(parts);
  const end = all.indexOf(10);
  return { head: JSON.parse(all.toString('utf8', 0, end)) as SliceHead, body: all.subarray(end + 1) };
};
