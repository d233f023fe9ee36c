import { createHash } from 'node:crypto';
import { type FileHandle, open, readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { createDurably } from '../durable-file.ts';
import { asStoreError, s3Trouble } from './s3-client.ts';

const mebibyte = 1024 * 1024;
/** Above this size an object goes up in parts of this size, or larger ones where there would be too many. */
const partBytes = 8 * mebibyte;
const mostParts = 9_000;
const mostBreaks = 5;

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('base64');

const readAt = async (file: FileHandle, position: number, length: number): Promise<Buffer> => {
  const buffer = Buffer.alloc(length);
  for (let at = 0; at < length; ) {
    const { bytesRead } = await file.read(buffer, at, length - at, position + at);
    if (bytesRead === 0) throw new Error('a draft became shorter while it was sent');
    at += bytesRead;
  }
  return buffer;
};

/**
 * Objects of one bucket, each whole or not there at all. An upload in parts is noted in the folder `notes` before it
 * begins, so that one which a crash or a broken connection left unfinished is found by its key and aborted.
 */
export const createObjects = (client: S3Client, bucket: string, notes: string) => {
  const noteEnd = '.upload';
  /** Notes of uploads that go on just now. */
  const active = new Set<string>();
  const named = (key: string) => ({ Bucket: bucket, Key: key });

  const sizeOf = async (key: string): Promise<number | undefined> => {
    try {
      return (await client.send(new HeadObjectCommand(named(key)))).ContentLength;
    } catch (error) {
      if (s3Trouble(error) === 'missing') return undefined;
      throw asStoreError(error);
    }
  };

  const abortUploadsOf = async (key: string): Promise<void> => {
    const { Uploads = [] } = await client.send(
      new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: key }),
    );
    for (const { Key, UploadId } of Uploads) {
      if (Key !== key) continue;
      await client
        .send(new AbortMultipartUploadCommand({ ...named(key), UploadId }))
        .catch((error: unknown) => {
          if (s3Trouble(error) !== 'missing') throw error;
        });
    }
  };

  const putInParts = async (key: string, file: FileHandle, bytes: number): Promise<void> => {
    const each = Math.max(partBytes, Math.ceil(bytes / mostParts));
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(named(key)));
    const Parts: { ETag: string | undefined; PartNumber: number }[] = [];
    for (let at = 0; at < bytes; at += each) {
      const Body = await readAt(file, at, Math.min(each, bytes - at));
      const PartNumber = Parts.length + 1;
      const part = { ...named(key), UploadId, PartNumber, Body, ContentMD5: md5(Body) };
      const { ETag } = await client.send(new UploadPartCommand(part));
      Parts.push({ ETag, PartNumber });
    }
    await client.send(
      new CompleteMultipartUploadCommand({ ...named(key), UploadId, MultipartUpload: { Parts } }),
    );
  };

  const noteUpload = async (key: string): Promise<string> =>
    await createDurably(notes, async (handle) => {
      const note = `${createHash('sha256').update(key).digest('hex').slice(0, 16)}-${Date.now()}${noteEnd}`;
      active.add(note);
      await handle.writeFile(JSON.stringify({ key }));
      return { path: join(notes, note), result: join(notes, note) };
    });

  /** Aborts what earlier uploads in parts left unfinished. Repeatable; throws `unavailable` while the store is away. */
  const abortUnfinished = async (): Promise<void> => {
    for (const name of await readdir(notes)) {
      if (!name.endsWith(noteEnd) || active.has(name)) continue;
      const { key } = JSON.parse(await readFile(join(notes, name), 'utf8')) as { key: string };
      try {
        await abortUploadsOf(key);
      } catch (error) {
        throw asStoreError(error);
      }
      await rm(join(notes, name), { force: true });
    }
  };

  const putLarge = async (key: string, file: FileHandle, bytes: number): Promise<void> => {
    await abortUnfinished();
    const note = await noteUpload(key);
    try {
      await putInParts(key, file, bytes);
      await rm(note);
    } finally {
      // A note that is still there is looked after by the next upload, or at the next start.
      active.delete(basename(note));
    }
  };

  return {
    sizeOf,
    abortUnfinished,
    /** Puts a file under a key; returns once the store has acknowledged the whole of it. */
    putFile: async (key: string, path: string, bytes: number): Promise<void> => {
      const file = await open(path, 'r');
      try {
        if (bytes > partBytes) await putLarge(key, file, bytes);
        else {
          const Body = await readAt(file, 0, bytes);
          await client.send(new PutObjectCommand({ ...named(key), Body, ContentMD5: md5(Body) }));
        }
      } catch (error) {
        // An upload in parts that somebody else aborted is tried again by whoever wanted it.
        throw asStoreError(
          s3Trouble(error) === 'missing' ? Object.assign(new Error('aborted'), { cause: error }) : error,
        );
      } finally {
        await file.close();
      }
    },
    putBytes: async (key: string, Body: Buffer): Promise<void> => {
      await client.send(new PutObjectCommand({ ...named(key), Body, ContentMD5: md5(Body) }));
    },
    delete: async (key: string): Promise<void> => {
      await client.send(new DeleteObjectCommand(named(key))).catch((error: unknown) => {
        throw asStoreError(error);
      });
    },
    /** The bytes of an object; a connection that breaks is taken up again where it broke, a few times. */
    get: async function* (key: string): AsyncGenerator<Buffer> {
      let offset = 0;
      let first: { etag: string | undefined; bytes: number | undefined } | undefined;
      for (let breaks = 0; ; ) {
        try {
          const rest = first && { Range: `bytes=${offset}-`, IfMatch: first.etag };
          const answer = await client.send(new GetObjectCommand({ ...named(key), ...(rest ?? {}) }));
          first ??= { etag: answer.ETag, bytes: answer.ContentLength };
          for await (const chunk of answer.Body as Readable) {
            offset += (chunk as Buffer).length;
            breaks = 0;
            yield chunk as Buffer;
          }
          return;
        } catch (error) {
          if (s3Trouble(error) !== 'away' || ++breaks > mostBreaks) throw asStoreError(error);
          if (first !== undefined && offset === first.bytes) return;
          await wait(100 * 2 ** breaks);
        }
      }
    },
    list: async function* (prefix: string): AsyncGenerator<{ key: string; bytes: number }> {
      let ContinuationToken: string | undefined;
      do {
        const page = await client
          .send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken }))
          .catch((error: unknown) => {
            throw asStoreError(error);
          });
        for (const { Key, Size } of page.Contents ?? []) yield { key: Key ?? '', bytes: Size ?? 0 };
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken !== undefined);
    },
  };
};
export type Objects = ReturnType<typeof createObjects>;
