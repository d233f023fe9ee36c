import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, readdir, rm, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { asGenesisError } from '../database-error.ts';
import { createDurably, ensureFolder, writeAll } from '../durable-file.ts';
import type { Keyring } from '../keys.ts';
import { seal, unseal } from '../sealing.ts';
import type { SpaceGuard } from '../space-guard.ts';
import { createDeletions } from './deletions.ts';
import { createFileChecks, readFileStream } from './local-files.ts';
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

/** Blobs that lie in the folder of a store, drafts and the like not counted. */
export async function* blobsBelow(folder: string): AsyncGenerator<{ address: string; bytes: number }> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const address = relative(folder, path).split(sep).join('/');
    if (entry.isFile() && isAddress(address)) yield { address, bytes: (await stat(path)).size };
  }
}

/** Opens the store in the data folder, and removes what an interrupted write left behind. */
export const openFolderBlobs = async (options: {
  dataFolder: string;
  keyring: Keyring;
  guard: SpaceGuard;
}): Promise<BlobStore> => {
  const { keyring, guard } = options;
  const folder = join(options.dataFolder, 'blobs');
  const drafts = join(folder, 'drafts');
  await ensureFolder(drafts);
  for (const name of await readdir(drafts)) await rm(join(drafts, name));

  const path = (address: string): string => join(folder, assertAddress(address));

  const create = async <Result>(
    write: (handle: FileHandle) => Promise<{ path: string; result: Result }>,
  ): Promise<Result> => {
    try {
      return await createDurably(drafts, write);
    } catch (error) {
      throw asGenesisError(error);
    }
  };

  const { keep, ...deletions } = createDeletions((address) => rm(path(address), { force: true }));
  const checks = createFileChecks();
  const open = ({ address }: BlobRef) => checked(readFileStream(path(address)), address);

  return {
    ...deletions,
    put: (source, { labelKey, limitBytes = Number.POSITIVE_INFINITY }) =>
      create(async (handle) => {
        const hash = createHash('sha256');
        let bytes = 0;
        const count = (added: number) => {
          bytes += added;
        };
        for await (const chunk of bounded(source, limitBytes, guard, count)) {
          hash.update(chunk);
          await writeAll(handle, chunk);
        }
        const sha256 = hash.digest('hex');
        const address = addressOf(labelKey, sha256);
        keep(address);
        return { path: path(address), result: { address, sha256, bytes } };
      }),
    open,
    read: (ref) => collect(open(ref)),
    lend: async (address) => {
      const lent = path(address);
      await checks.check(lent, address);
      return { path: lent, [Symbol.asyncDispose]: async () => undefined };
    },
    putSealed: (source, { limitBytes = Number.POSITIVE_INFINITY } = {}) =>
      create(async (handle) => {
        const address = freshSealedAddress();
        const key = randomBytes(32);
        let bytes = 0;
        const count = (added: number) => {
          bytes += added;
        };
        const plain = bounded(source, limitBytes, guard, count);
        for await (const frame of seal(plain, key, address)) await writeAll(handle, frame);
        return { path: path(address), result: { address, bytes, wrappedKey: keyring.wrap(key, address) } };
      }),
    openSealed: (ref) =>
      unseal(readFileStream(path(ref.address)), keyring.unwrap(ref.wrappedKey, ref.address), ref.address),
    stored: () => blobsBelow(folder),
    raw: (address) => readFileStream(path(address)),
  };
};
