import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GenesisError } from '@genesis/contracts';
import { z } from 'zod';
import { createDurably } from '../durable-file.ts';
import { errorCode } from '../system-error.ts';
import { collect } from './model.ts';
import type { S3Place } from './s3-client.ts';
import type { Objects } from './s3-objects.ts';

const markSchema = z.strictObject({
  id: z.string(),
  bucket: z.string(),
  prefix: z.string(),
  bound: z.boolean(),
});
type Mark = z.infer<typeof markSchema>;

const fileOf = (folder: string) => join(folder, 's3.json');

/** What a data folder notes of the bucket that holds its blobs. */
export const readMark = async (folder: string): Promise<Mark | undefined> => {
  try {
    return markSchema.parse(JSON.parse(await readFile(fileOf(folder), 'utf8')));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
};

const writeMark = (folder: string, mark: Mark): Promise<void> =>
  createDurably(join(folder, 'drafts'), async (handle) => {
    await handle.writeFile(JSON.stringify(mark));
    return { path: fileOf(folder), result: undefined };
  });

const conflict = (message: string) => new GenesisError({ code: 'conflict', message });

/**
 * Binds a data folder and a place in a bucket to each other, once and for good: two platforms on one place would delete
 * each other's blobs, and a platform on another place than before would find none of its own.
 */
export const bindPlace = async (folder: string, place: S3Place, objects: Objects): Promise<void> => {
  const key = `${place.prefix}genesis-owner`;
  const where = `bucket "${place.bucket}", prefix "${place.prefix}"`;
  const mark = await readMark(folder);
  if (mark?.bound && (mark.bucket !== place.bucket || mark.prefix !== place.prefix)) {
    throw conflict(
      `The blobs of this data folder lie in bucket "${mark.bucket}", prefix "${mark.prefix}", not in ${where}. Name that place, or restore a backup into an empty folder to move them.`,
    );
  }
  const size = await objects.sizeOf(key);
  const owner = size === undefined ? undefined : String(await collect(objects.get(key)));
  if (owner !== undefined && owner !== mark?.id) {
    throw conflict(`Another Genesis keeps its blobs in ${where}. Choose another s3Prefix or s3Bucket.`);
  }
  if (mark?.bound) {
    if (owner === mark.id) return;
    throw conflict(
      `The blobs of this data folder are not in ${where} any more: it is another store, or it was emptied.`,
    );
  }
  const id = mark?.id ?? randomBytes(16).toString('hex');
  const { bucket, prefix } = place;
  await writeMark(folder, { id, bucket, prefix, bound: false });
  await objects.putBytes(key, Buffer.from(id));
  await writeMark(folder, { id, bucket, prefix, bound: true });
};
