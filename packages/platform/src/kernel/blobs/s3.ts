import { createHash, randomBytes } from 'node:crypto';
import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { asGenesisError } from '../database-error.ts';
import { ensureFolder, writeAll } from '../durable-file.ts';
import type { Keyring } from '../keys.ts';
import type { Log } from '../log.ts';
import { seal, unseal } from '../sealing.ts';
import type { SpaceGuard } from '../space-guard.ts';
import { createDeletions } from './deletions.ts';
import { openFileCache } from './file-cache.ts';
import { blobsBelow } from './folder.ts';
import {
  addressOf,
  assertAddress,
  type BlobRef,
  type BlobStore,
  bounded,
  checked,
  collect,
  freshSealedAddress,
  isAddress,
} from './model.ts';
import { assertClock, createS3Client, type S3Place, s3Trouble, whyUnusable } from './s3-client.ts';
import { createObjects } from './s3-objects.ts';
import { bindPlace } from './s3-owner.ts';

const startTries = 5;

/**
 * Opens a store in an S3 bucket. Refuses with the reason when the bucket is absent, the credentials are wrong, the clock
 * is off, the store does not answer for some twenty seconds, or the place belongs to another platform. Unfinished
 * uploads of an earlier process are aborted, and blobs that still lie in the data folder are moved into the bucket.
 *
 * Bytes go to a draft in the data folder first: what is sent is hashed, sealed and whole by then, and can be sent again.
 */
export const openS3Blobs = async (options: {
  dataFolder: string;
  keyring: Keyring;
  guard: SpaceGuard;
  log: Log;
  place: S3Place;
  /** Local copies that are kept for programs which need files. */
  cacheBytes: number;
}): Promise<BlobStore & { close(): Promise<void> }> => {
  const { keyring, guard, log, place } = options;
  const folder = join(options.dataFolder, 'blobs');
  const drafts = join(folder, 'drafts');
  const notes = join(folder, 'unfinished');
  await ensureFolder(drafts);
  await ensureFolder(notes);
  for (const name of await readdir(drafts)) await rm(join(drafts, name));

  const client = createS3Client(place);
  const objects = createObjects(client, place.bucket, notes);
  const keyOf = (address: string): string => `${place.prefix}${assertAddress(address)}`;
  const fetch = (address: string) => objects.get(keyOf(address));

  for (let tries = 1; ; tries++) {
    try {
      const first = { Bucket: place.bucket, Prefix: place.prefix, MaxKeys: 1 };
      await client.send(new ListObjectsV2Command(first));
      assertClock(client, place);
      await bindPlace(folder, place, objects);
      await objects.abortUnfinished();
      break;
    } catch (error) {
      if (s3Trouble(error) !== 'away' || tries === startTries) {
        client.destroy();
        throw whyUnusable(error, place);
      }
      log.warn({ err: error }, 'The object store does not answer yet');
      await wait(500 * 2 ** tries);
    }
  }

  /** Writes what comes to a draft; it is removed when that fails. */
  const draftOf = async (source: AsyncIterable<Uint8Array>): Promise<{ path: string; bytes: number }> => {
    const path = join(drafts, randomBytes(12).toString('hex'));
    const handle = await open(path, 'wx', 0o600);
    let bytes = 0;
    try {
      for await (const chunk of source) {
        bytes += chunk.length;
        await writeAll(handle, chunk);
      }
      return { path, bytes };
    } catch (error) {
      await rm(path, { force: true });
      throw asGenesisError(error);
    } finally {
      await handle.close();
    }
  };

  const cache = await openFileCache({
    folder: join(folder, 'cache'),
    limitBytes: options.cacheBytes,
    download: async (address) => {
      const bytes = bounded(
        checked(fetch(address), address),
        Number.POSITIVE_INFINITY,
        guard,
        () => undefined,
      );
      return (await draftOf(bytes)).path;
    },
  });

  /** Sends a draft unless equal bytes are there: an object appears whole, so its size says that it is right. */
  const send = async (address: string, draft: { path: string; bytes: number }): Promise<void> => {
    const key = keyOf(address);
    if ((await objects.sizeOf(key)) !== draft.bytes) await objects.putFile(key, draft.path, draft.bytes);
  };

  for await (const { address, bytes } of blobsBelow(folder)) {
    const path = join(folder, address);
    await send(address, { path, bytes });
    await rm(path);
    log.info({ address, bytes }, 'A blob of the data folder was moved into the object store');
  }

  const { keep, ...deletions } = createDeletions(async (address) => {
    await objects.delete(keyOf(address));
    if (!address.startsWith('sealed/')) await cache.forget(address);
  });
  const read = ({ address }: BlobRef) => checked(fetch(address), address);

  return {
    ...deletions,
    put: async (source, { labelKey, limitBytes = Number.POSITIVE_INFINITY }) => {
      const hash = createHash('sha256');
      async function* hashed(): AsyncGenerator<Uint8Array> {
        for await (const chunk of bounded(source, limitBytes, guard, () => undefined)) {
          hash.update(chunk);
          yield chunk;
        }
      }
      const draft = await draftOf(hashed());
      try {
        const sha256 = hash.digest('hex');
        const address = addressOf(labelKey, sha256);
        keep(address);
        await send(address, draft);
        await cache.keep(address, draft.path);
        return { address, sha256, bytes: draft.bytes };
      } finally {
        await rm(draft.path, { force: true });
      }
    },
    open: read,
    read: (ref) => collect(read(ref)),
    lend: (address) => cache.lend(address),
    putSealed: async (source, { limitBytes = Number.POSITIVE_INFINITY } = {}) => {
      const address = freshSealedAddress();
      const key = randomBytes(32);
      let bytes = 0;
      const plain = bounded(source, limitBytes, guard, (added) => {
        bytes += added;
      });
      const draft = await draftOf(seal(plain, key, address));
      try {
        await send(address, draft);
      } finally {
        await rm(draft.path, { force: true });
      }
      return { address, bytes, wrappedKey: keyring.wrap(key, address) };
    },
    openSealed: (ref) => unseal(fetch(ref.address), keyring.unwrap(ref.wrappedKey, ref.address), ref.address),
    stored: async function* () {
      for await (const { key, bytes } of objects.list(place.prefix)) {
        const address = key.slice(place.prefix.length);
        if (isAddress(address)) yield { address, bytes };
      }
    },
    raw: fetch,
    close: async () => client.destroy(),
  };
};
