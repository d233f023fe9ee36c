import { createHash, randomBytes } from 'node:crypto';
import { GenesisError } from '@genesis/contracts';
import type { SpaceGuard } from '../space-guard.ts';

export type BlobSource = AsyncIterable<Uint8Array> | Uint8Array;

/** Where a blob lies (a name inside the store, no secret and no permission), and what is in it. */
export type BlobRef = { address: string; sha256: string; bytes: number };

/** A sealed blob. Its key lies wrapped beside its record in the database; without that record nothing opens it. */
export type SealedRef = { address: string; bytes: number; wrappedKey: string };

/** A local file that is there, with the right bytes, until it is given back. It must be read only. */
export type LentFile = AsyncDisposable & { path: string };

export type BlobStore = {
  /**
   * Stores bytes under their SHA-256 and returns once they are there for good under that name. Equal bytes are stored
   * once within one `labelKey`, and apart for different ones, so that no one learns from the store what another has.
   * Throws `too-large` beyond `limitBytes`, `storage-full` when the disk is, and `unavailable` while the store is
   * away; then nothing is left behind.
   */
  put(source: BlobSource, options: { labelKey: string; limitBytes?: number }): Promise<BlobRef>;
  /** Streams a blob; the stream ends with an error (`internal`) when the bytes are not the ones that were stored. */
  open(ref: BlobRef): AsyncIterable<Buffer>;
  /** A whole small blob, checked before it is returned. */
  read(ref: BlobRef): Promise<Buffer>;
  /**
   * A blob (no sealed one) as a local file, for programs that need a path or parts of it; its SHA-256 was checked since
   * the file was last written. Use it with `await using`.
   */
  lend(address: string): Promise<LentFile>;
  /** Stores bytes encrypted under a key of their own. They are encrypted before they touch disk or network. */
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
  /** Every blob of both kinds that is there, with its stored size. */
  stored(): AsyncIterable<{ address: string; bytes: number }>;
  /** The bytes of a blob as they are stored, those of a sealed one encrypted. Not checked: a backup has hashes of its own. */
  raw(address: string): AsyncIterable<Buffer>;
};

const plainAddress = /^[0-9a-f]{32}\/[0-9a-f]{2}\/(?<sha256>[0-9a-f]{64})$/;
const sealedAddress = /^sealed\/[0-9a-f]{2}\/[0-9a-f]{32}$/;

export const isAddress = (text: string): boolean => plainAddress.test(text) || sealedAddress.test(text);

const noAddress = () => new GenesisError({ code: 'internal', message: 'That is not the address of a blob.' });

/** Throws when a text is no address, so that none leads out of the store. */
export const assertAddress = (address: string): string => {
  if (!isAddress(address)) throw noAddress();
  return address;
};

/** What the bytes of a blob that is not sealed must hash to: its own name. */
export const sha256Of = (address: string): string => {
  const sha256 = plainAddress.exec(address)?.groups?.['sha256'];
  if (sha256 === undefined) throw noAddress();
  return sha256;
};

export const addressOf = (labelKey: string, sha256: string): string => {
  const label = createHash('sha256').update(labelKey).digest('hex').slice(0, 32);
  return `${label}/${sha256.slice(0, 2)}/${sha256}`;
};

export const freshSealedAddress = (): string => {
  const id = randomBytes(16).toString('hex');
  return `sealed/${id.slice(0, 2)}/${id}`;
};

const damaged = (address: string): GenesisError =>
  new GenesisError({
    code: 'internal',
    message: `The stored bytes ${address} are damaged: their SHA-256 is not their name. Restore them from a backup.`,
  });

export const gone = (cause?: unknown): GenesisError =>
  new GenesisError({ code: 'not-found', message: 'These bytes are not stored here any more.' }, { cause });

/** Passes bytes on, and ends with an error unless they are those of the address. */
export async function* checked(source: AsyncIterable<Buffer>, address: string): AsyncGenerator<Buffer> {
  const expected = sha256Of(address);
  const hash = createHash('sha256');
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== expected) throw damaged(address);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Counts what passes and refuses what is beyond the limit or does not fit on the disk. */
export async function* bounded(
  source: BlobSource,
  limitBytes: number,
  guard: SpaceGuard,
  count: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const chunk of source instanceof Uint8Array ? once(source) : source) {
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

export const collect = async (stream: AsyncIterable<Buffer>): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
};
