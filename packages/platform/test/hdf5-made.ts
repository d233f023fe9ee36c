import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type File, File as Hdf5, ready } from 'h5wasm/node';
import { temporaryFolder } from './temporary-folder.ts';

/** The bytes of an HDF5 file that `fill` writes. */
export const hdf5Made = async (fill: (file: File) => void): Promise<Buffer> => {
  await ready;
  const path = join(await temporaryFolder(), 'made.h5');
  const file = new Hdf5(path, 'w');
  fill(file);
  file.close();
  return readFileSync(path);
};
