import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GenesisError } from '@genesis/contracts';
import { z } from 'zod';
import { createDurably, errorCode, type SpaceGuard } from '../../kernel/index.ts';
import { TusRefusal, tus } from './headers.ts';

const recordSchema = z.strictObject({
  /** Bytes of the whole. */
  length: z.int(),
  /** So many bytes are on disk for good. What the file holds beyond is worth nothing. */
  offset: z.int(),
  metadata: z.string(),
  sha256: z.string().nullable(),
});
export type UploadRecord = z.infer<typeof recordSchema>;

const recordOf = (folder: string) => join(folder, 'upload.json');
export const contentOf = (folder: string): string => join(folder, 'upload');

export const readRecord = async (folder: string): Promise<UploadRecord | undefined> => {
  try {
    return recordSchema.parse(JSON.parse(await readFile(recordOf(folder), 'utf8')));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
};

/** Returns once the record would survive a power cut. */
export const writeRecord = (folder: string, record: UploadRecord): Promise<void> =>
  createDurably(folder, async (handle) => {
    await handle.writeFile(JSON.stringify(record));
    return { path: recordOf(folder), result: undefined };
  });

/** An empty file and its record. */
export const createUpload = async (folder: string, record: UploadRecord): Promise<void> => {
  const handle = await open(contentOf(folder), 'w', 0o600);
  await handle.sync();
  await handle.close();
  await writeRecord(folder, record);
};

export const removeUpload = async (folder: string): Promise<void> => {
  await rm(recordOf(folder), { force: true });
  await rm(contentOf(folder), { force: true });
};

/** While bytes come, the record follows them at this distance. */
const keptEveryBytes = 8 * 1024 * 1024;

/**
 * Appends bytes from the offset of the record on. Without a checksum the record follows while they come, and what came
 * before the sender went away is kept; with one, all of them count or none. The record never reaches the length of the
 * whole: that it is there is for the caller to enter, with everything that follows from it.
 *
 * @returns the offset after them
 */
export const append = async (
  folder: string,
  record: UploadRecord,
  body: AsyncIterable<Uint8Array>,
  options: { checksum: Buffer | undefined; guard: SpaceGuard; seen: (chunk: Uint8Array) => void },
): Promise<number> => {
  const { checksum, guard, seen } = options;
  const handle = await open(contentOf(folder), 'r+');
  let at = record.offset;
  let kept = record.offset;
  const keep = async (): Promise<void> => {
    if (at === kept || at === record.length) return;
    await handle.sync();
    await writeRecord(folder, { ...record, offset: at });
    kept = at;
  };
  const hash = createHash('sha256');
  try {
    await handle.truncate(at);
    try {
      for await (const chunk of body) {
        if (at + chunk.length > record.length) {
          const message = `More bytes than the ${record.length} that were announced.`;
          throw new GenesisError({ code: 'too-large', message, limitBytes: record.length });
        }
        await guard.assertRoom(chunk.length);
        for (let done = 0; done < chunk.length; )
          done += (await handle.write(chunk, done, chunk.length - done, at + done)).bytesWritten;
        at += chunk.length;
        hash.update(chunk);
        seen(chunk);
        if (checksum === undefined && at - kept >= keptEveryBytes) await keep();
      }
    } catch (error) {
      if (checksum === undefined) await keep();
      throw error;
    }
    if (checksum !== undefined && !hash.digest().equals(checksum)) {
      const message =
        'Upload-Checksum: the bytes that came have another SHA-256. None of them was kept: send them again.';
      throw new TusRefusal(tus.mismatch, {
        code: 'invalid-input',
        message,
        problems: [{ field: 'Upload-Checksum', message: 'is not that of the bytes' }],
      });
    }
    await keep();
    await handle.sync();
    return at;
  } finally {
    await handle.close();
  }
};

/** SHA-256 of what was uploaded so far. */
export const hashOf = async (folder: string): Promise<Hash> => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(contentOf(folder), { highWaterMark: 1 << 20 }))
    hash.update(chunk as Buffer);
  return hash;
};
