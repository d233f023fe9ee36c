import { createHash, randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { BlobStore } from '../src/kernel/index.ts';

/** A store under test, and a way around it. */
export type StoreUnderTest = {
  store: BlobStore;
  /** The same data opened as a new process would. */
  reopen: () => Promise<BlobStore>;
  /** Changes what is stored behind the store's back. */
  overwrite: (address: string, bytes: Buffer) => Promise<void>;
  /** What lies where drafts and unfinished uploads do. */
  leftOver: () => Promise<string[]>;
};

export const collected = async (stream: AsyncIterable<Buffer>): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
};

export async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.subarray(offset, offset + size);
}

const storedIn = async (store: BlobStore): Promise<string[]> => {
  const addresses: string[] = [];
  for await (const { address } of store.stored()) addresses.push(address);
  return addresses.sort();
};

const lentBytes = async (store: BlobStore, address: string): Promise<Buffer> => {
  await using file = await store.lend(address);
  return await readFile(file.path);
};

/** What every store of blobs must do; `large` is the size of a blob that it would send in parts. */
export function blobConformance(open: () => Promise<StoreUnderTest>, large: number): void {
  test('equal bytes are stored once within a label and apart for different labels', async () => {
    const { store } = await open();
    const bytes = randomBytes(300_000);
    const first = await store.put(bytes, { labelKey: 'internal' });
    const second = await store.put(inPieces(bytes, 1000), { labelKey: 'internal' });
    const third = await store.put(bytes, { labelKey: 'controlled|cui' });
    expect(first.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(first.bytes).toBe(300_000);
    expect(second).toEqual(first);
    expect(third.sha256).toBe(first.sha256);
    expect(third.address).not.toBe(first.address);
    expect(await storedIn(store)).toEqual([first.address, third.address].sort());
    expect(await store.read(third)).toEqual(bytes);
  });

  test('what is stored is there after a new start, whatever its size', async () => {
    const { store, reopen, leftOver } = await open();
    for (const size of [0, 1, 65_536, large]) {
      const bytes = randomBytes(size);
      const ref = await store.put(inPieces(bytes, 1_000_003), { labelKey: 'x' });
      const again = await reopen();
      expect((await collected(again.open(ref))).equals(bytes)).toBe(true);
      expect((await lentBytes(again, ref.address)).equals(bytes)).toBe(true);
      expect((await collected(again.raw(ref.address))).equals(bytes)).toBe(true);
    }
    expect(await leftOver()).toEqual([]);
  });

  test('one changed byte ends the stream with an error that names the blob', async () => {
    const { store, overwrite } = await open();
    const ref = await store.put(Buffer.from('twelve bytes'), { labelKey: 'public' });
    await overwrite(ref.address, Buffer.from('twelve bytez'));
    await expect(store.read(ref)).rejects.toMatchObject({ failure: { code: 'internal' } });
    await expect(store.read(ref)).rejects.toThrow(ref.address);
  });

  test('a lent file can be read by nobody else, and is lent to several at once', async () => {
    const { store } = await open();
    const bytes = randomBytes(100_000);
    const { address } = await store.put(bytes, { labelKey: 'x' });
    const lent = await Promise.all(Array.from({ length: 8 }, () => store.lend(address)));
    for (const file of lent) {
      expect((await readFile(file.path)).equals(bytes)).toBe(true);
      expect((await stat(file.path)).mode & 0o077).toBe(0);
      await file[Symbol.asyncDispose]();
      await file[Symbol.asyncDispose]();
    }
  });

  test('a deleted blob is not found, and deleting again does nothing', async () => {
    const { store } = await open();
    const ref = await store.put(Buffer.from('short-lived'), { labelKey: 'public' });
    expect(await lentBytes(store, ref.address)).toHaveLength(11);
    await store.delete(ref.address);
    await store.delete(ref.address);
    await expect(store.read(ref)).rejects.toMatchObject({ failure: { code: 'not-found' } });
    await expect(store.lend(ref.address)).rejects.toMatchObject({ failure: { code: 'not-found' } });
    expect(await storedIn(store)).toEqual([]);
  });

  test('deletions wait while they are held, and not at all where the bytes are stored anew', async () => {
    const { store } = await open();
    const gone = await store.put(Buffer.from('gone'), { labelKey: 'x' });
    const kept = await store.put(Buffer.from('kept'), { labelKey: 'x' });
    const letGo = store.holdDeletes();
    const letGoToo = store.holdDeletes();
    await store.delete(gone.address);
    await store.delete(kept.address);
    await store.put(Buffer.from('kept'), { labelKey: 'x' });
    await letGo();
    expect(await storedIn(store)).toHaveLength(2);
    await letGoToo();
    expect(await storedIn(store)).toEqual([kept.address]);
  });

  test.each(['../../etc/passwd', '/etc/passwd', '', 'sealed/../../keys/master.key'])(
    '%j is no address',
    async (address) => {
      const { store } = await open();
      await expect(store.lend(address)).rejects.toThrow('not the address of a blob');
      await expect(store.delete(address)).rejects.toThrow('not the address of a blob');
    },
  );

  test('beyond the limit nothing is stored, nor after a source that fails', async () => {
    const { store, leftOver } = await open();
    const tooLarge = { failure: { code: 'too-large', limitBytes: 1000 } };
    const limit = { limitBytes: 1000 };
    await expect(store.put(randomBytes(1001), { labelKey: 'x', ...limit })).rejects.toMatchObject(tooLarge);
    await expect(store.putSealed(randomBytes(1001), limit)).rejects.toMatchObject(tooLarge);
    async function* broken() {
      yield randomBytes(10);
      throw new Error('the sender went away');
    }
    await expect(store.put(broken(), { labelKey: 'x' })).rejects.toThrow('the sender went away');
    await expect(store.putSealed(broken())).rejects.toThrow('the sender went away');
    expect(await storedIn(store)).toEqual([]);
    expect(await leftOver()).toEqual([]);
  });

  test.each([0, 1, 65_535, 65_536, 65_537, 300_000])(
    '%i sealed bytes come back, and do not lie open',
    async (bytes) => {
      const { store, reopen } = await open();
      const plain = randomBytes(bytes);
      const ref = await store.putSealed(inPieces(plain, 7919));
      const again = await reopen();
      expect(ref.bytes).toBe(bytes);
      expect((await collected(again.openSealed(ref))).equals(plain)).toBe(true);
      const stored = await collected(again.raw(ref.address));
      if (bytes > 100) expect(stored.includes(plain.subarray(0, 32))).toBe(false);
    },
  );

  test('sealed bytes that were changed, cut, reordered or swapped do not open, and are lent to nobody', async () => {
    const { store, overwrite } = await open();
    const ref = await store.putSealed(randomBytes(200_000));
    const other = await store.putSealed(randomBytes(200_000));
    await expect(store.lend(ref.address)).rejects.toThrow('not the address of a blob');
    const good = await collected(store.raw(ref.address));
    const frame = 4 + 65_536 + 16;
    const frames = [0, 1, 2, 3].map((index) => good.subarray(index * frame, (index + 1) * frame));
    const flipped = Buffer.from(good);
    flipped[frame + 100]! ^= 1;
    const attempts = {
      'a flipped bit': flipped,
      'the last byte missing': good.subarray(0, -1),
      'the last frame missing': good.subarray(0, 3 * frame),
      'frames swapped': Buffer.concat([frames[1]!, frames[0]!, frames[2]!, frames[3]!]),
      'a frame doubled': Buffer.concat([good, frames[3]!]),
      'another blob': await collected(store.raw(other.address)),
      nothing: Buffer.alloc(0),
    };
    for (const [name, bytes] of Object.entries(attempts)) {
      await overwrite(ref.address, bytes);
      await expect(collected(store.openSealed(ref)), name).rejects.toMatchObject({
        failure: { code: 'internal' },
      });
    }
    await overwrite(ref.address, good);
    expect(() => store.openSealed({ ...ref, wrappedKey: other.wrappedKey })).toThrow('cannot be opened');
  });
}
