import { join } from 'node:path';
import { GenesisError } from '@genesis/contracts';
import type { Keyring } from '../keys.ts';
import type { Log } from '../log.ts';
import type { SpaceGuard } from '../space-guard.ts';
import { openFolderBlobs } from './folder.ts';
import type { BlobStore } from './model.ts';
import { openS3Blobs } from './s3.ts';
import type { S3Place } from './s3-client.ts';
import { readMark } from './s3-owner.ts';

/** Opens the store of a data folder: in the folder itself, or in the bucket that `s3` names. */
export const openBlobStore = async (options: {
  dataFolder: string;
  keyring: Keyring;
  guard: SpaceGuard;
  s3?: { place: S3Place; cacheBytes: number; log: Log } | undefined;
}): Promise<BlobStore & { close(): Promise<void> }> => {
  const { s3, ...rest } = options;
  if (s3 !== undefined) return await openS3Blobs({ ...rest, ...s3 });
  const mark = await readMark(join(options.dataFolder, 'blobs'));
  if (mark?.bound) {
    const message = `blobs: the blobs of this data folder lie in the bucket "${mark.bucket}". Say blobs: s3, or restore a backup into an empty folder to have them there.`;
    throw new GenesisError({ code: 'conflict', message });
  }
  return { ...(await openFolderBlobs(rest)), close: async () => undefined };
};
