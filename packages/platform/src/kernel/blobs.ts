import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GenesisError } from '@genesis/contracts';
import { asGenesisError } from './database-error.ts';
import { createDurably, ensureFolder, writeAll } from './durable-file.ts';
import type { Keyring } from './keys.ts';
import { seal, unseal } from './sealing.ts';
import type { SpaceGuard } from './space-guard.ts';
import { errorCode } from './system-error.ts';

type BlobSource = AsyncIterable<Uint8Array> | Uint8Array;

/** Where a blob lies (a name inside the store, no secret and no permission), and what is in it. */
export type BlobRef = { address: string; sha256: string; bytes: number };

/** A sealed blob. Its key lies wrapped beside its record in the database; without that record nothing opens it. */
export type SealedRef = { address: string; bytes: number; wrappedKey: string };

export type BlobStore = {
  /**
   * Stores bytes under their SHA-256 and returns once they are on disk under that name. Equal bytes are stored once
   * within one `labelKey`, and apart for different ones, so that no one learns from the store what another has.
   * Throws `too-large` beyond `limitBytes` and `storage-full` when the disk is; then nothing is left behind.
   */
  put(source: BlobSource, options: { labelKey: string; limitBytes?: number }): Promise<BlobRef>;
  /** Streams a blob; the stream ends with an error (`internal`) when the bytes are not the ones that were stored. */
  open(ref: BlobRef): AsyncIterable<Buffer>;
  /** A whole small blob, checked before it is returned. */
  read(ref: BlobRef): Promise<Buffer>;
  /** The file of a blob, for programs that need a path. It must be read only. */
  path(address: string): string;
  /** Stores bytes encrypted under a key of their own. */
  putSealed(source: BlobSource, options?: { limitBytes?: number }): Promise<SealedRef>;
  /** Decrypts a sealed blob; see `unseal` for when its end is known. Throws `not-found` when it was deleted. */
  openSealed(ref: SealedRef): AsyncIterable<Buffer>;
  /**
   * Removes a blob of either kind; removing it again does nothing. Nobody may refer to it any more: delete after the
   * commit that forgets it.
   */
  delete(address: string): Promise<void>;
  /** From now on deletions wait, until the function that comes back is called; a backup reads what it found. */
  holdDeletes(): () => Promise<void>;
};

const addressPattern = /^(?:[0-9a-f]{32}\/[0-9a-f]{2}\/[0-9a-f]{64}|sealed\/[0-9a-f]{2}\/[0-9a-f]{32})$/;

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const asStream = (source: BlobSource): AsyncIterable<Uint8Array> =>
  source instanceof Uint8Array ? once(source) : source;

const addressOf = (labelKey: string, sha256: string): string => {
  const label = createHash('sha256').update(labelKey).digest('hex').slice(0, 32);
  return `${label}/${sha256.slice(0, 2)}/${sha256}`;
};

async function* readFileStream(path: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) yield chunk as Buffer;
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    throw new GenesisError(
      { code: 'not-found', message: 'These bytes are not stored here any more.' },
      { cause: error },
    );
  }
}

async function* checked(path: string, ref: BlobRef): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of readFileStream(path)) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== ref.sha256) {
    throw new GenesisError({
      code: 'internal',
      message: `The stored bytes ${ref.address} are damaged: their SHA-256 is not their name. Restore them from a backup.`,
    });
  }
}

/** Counts what passes and refuses what is beyond the limit or does not fit on the disk. */
async function* bounded(
  source: AsyncIterable<Uint8Array>,
  limitBytes: number,
  guard: SpaceGuard,
  count: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const chunk of source) {
    total += chunk.length;
    if (total > limitBytes) {
      throw new GenesisError({
        code: 'too-large',
        message: `More than the ${limitBytes} bytes allowed here.`,
        limitBytes,
      });
    }
    await guard.assertRoom(chunk.length);
    count(chunk.length);
    yield chunk;
  }
}

/** Opens the store below the data folder, and removes what an interrupted write left behind. */
export const openBlobStore = async (options: {
  dataFolder: string;
  keyring: Keyring;
  guard: SpaceGuard;
}): Promise<BlobStore> => {
  const { keyring, guard } = options;
  const folder = join(options.dataFolder, 'blobs');
  const drafts = join(folder, 'drafts');
  await ensureFolder(drafts);
  for (const name of await readdir(drafts)) await rm(join(drafts, name));

  const path = (address: string): string => {
    if (!addressPattern.test(address)) {
      throw new GenesisError({ code: 'internal', message: 'That is not the address of a blob.' });
    }
    return join(folder, address);
  };

  const create = async <Result>(
    write: (handle: FileHandle) => Promise<{ path: string; result: Result }>,
  ): Promise<Result> => {
    try {
      return await createDurably(drafts, write);
    } catch (error) {
      throw asGenesisError(error);
    }
  };

  let holders = 0;
  const waiting = new Set<string>();
  const remove = (address: string) => rm(path(address), { force: true });

  const open = (ref: BlobRef) => checked(path(ref.address), ref);

  return {
    put: (source, { labelKey, limitBytes = Number.POSITIVE_INFINITY }) =>
      create(async (handle) => {
        const hash = createHash('sha256');
        let bytes = 0;
        const count = (added: number) => {
          bytes += added;
        };
        for await (const chunk of bounded(asStream(source), limitBytes, guard, count)) {
          hash.update(chunk);
          await writeAll(handle, chunk);
        }
        const sha256 = hash.digest('hex');
        const address = addressOf(labelKey, sha256);
        waiting.delete(address);
        return { path: path(address), result: { address, sha256, bytes } };
      }),
    open,
    read: async (ref) => {
      const chunks: Buffer[] = [];
      for await (const chunk of open(ref)) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    path,
    putSealed: (source, { limitBytes = Number.POSITIVE_INFINITY } = {}) =>
      create(async (handle) => {
        const id = randomBytes(16).toString('hex');
        const address = `sealed/${id.slice(0, 2)}/${id}`;
        const key = randomBytes(32);
        let bytes = 0;
        const count = (added: number) => {
          bytes += added;
        };
        const plain = bounded(asStream(source), limitBytes, guard, count);
        for await (const frame of seal(plain, key, address)) await writeAll(handle, frame);
        return { path: path(address), result: { address, bytes, wrappedKey: keyring.wrap(key, address) } };
      }),
    openSealed: (ref) =>
      unseal(readFileStream(path(ref.address)), keyring.unwrap(ref.wrappedKey, ref.address), ref.address),
    delete: async (address) => {
      if (holders === 0) await remove(address);
      else waiting.add(address);
    },
    holdDeletes: () => {
      holders++;
      return async () => {
        if (--holders > 0) return;
        for (const address of waiting) await remove(address);
        waiting.clear();
      };
    },
  };
};
