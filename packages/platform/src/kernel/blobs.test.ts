import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { smallDisk } from '../../test/small-disk.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { openBlobStore } from './blobs.ts';
import { openKeyring } from './keys.ts';
import { createSpaceGuard } from './space-guard.ts';

const openStore = async (dataFolder: string, reserveBytes = 0) => {
  const keyring = await openKeyring(dataFolder);
  return openBlobStore({
    dataFolder,
    keyring,
    guard: createSpaceGuard({ folder: dataFolder, reserveBytes }),
  });
};

const filesBelow = async (folder: string) =>
  (await readdir(join(folder, 'blobs'), { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );

const collect = async (stream: AsyncIterable<Buffer>) => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
};

async function* inPieces(bytes: Buffer, size: number) {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.subarray(offset, offset + size);
}

test('equal bytes are stored once within a label and apart for different labels', async () => {
  const folder = await temporaryFolder();
  const store = await openStore(folder);
  const bytes = randomBytes(300_000);
  const first = await store.put(bytes, { labelKey: 'internal' });
  const second = await store.put(inPieces(bytes, 1000), { labelKey: 'internal' });
  const third = await store.put(bytes, { labelKey: 'controlled|cui' });
  expect(second).toEqual(first);
  expect(third.sha256).toBe(first.sha256);
  expect(third.address).not.toBe(first.address);
  expect(await filesBelow(folder)).toHaveLength(2);
  expect(await store.read(third)).toEqual(bytes);
  expect((await stat(store.path(first.address))).mode & 0o777).toBe(0o600);
});

test('one changed byte ends the stream with an error that names the blob', async () => {
  const store = await openStore(await temporaryFolder());
  const ref = await store.put(Buffer.from('twelve bytes'), { labelKey: 'public' });
  await writeFile(store.path(ref.address), 'twelve bytez');
  await expect(store.read(ref)).rejects.toMatchObject({ failure: { code: 'internal' } });
  await expect(store.read(ref)).rejects.toThrow(ref.address);
});

test('a deleted blob is not found, and deleting again does nothing', async () => {
  const store = await openStore(await temporaryFolder());
  const ref = await store.put(Buffer.from('short-lived'), { labelKey: 'public' });
  await store.delete(ref.address);
  await store.delete(ref.address);
  await expect(store.read(ref)).rejects.toMatchObject({ failure: { code: 'not-found' } });
});

test.each(['../../etc/passwd', '/etc/passwd', '', 'sealed/../../keys/master.key'])(
  '%j is no address',
  async (address) => {
    const store = await openStore(await temporaryFolder());
    expect(() => store.path(address)).toThrow('not the address of a blob');
  },
);

test('beyond the limit nothing is stored, nor after a source that fails', async () => {
  const folder = await temporaryFolder();
  const store = await openStore(folder);
  await expect(store.put(randomBytes(1001), { labelKey: 'x', limitBytes: 1000 })).rejects.toMatchObject({
    failure: { code: 'too-large', limitBytes: 1000 },
  });
  async function* broken() {
    yield randomBytes(10);
    throw new Error('the sender went away');
  }
  await expect(store.put(broken(), { labelKey: 'x' })).rejects.toThrow('the sender went away');
  await expect(store.putSealed(broken())).rejects.toThrow('the sender went away');
  expect(await filesBelow(folder)).toEqual([]);
});

test('what an interrupted write left behind is gone after the next start', async () => {
  const folder = await temporaryFolder();
  await openStore(folder);
  await writeFile(join(folder, 'blobs', 'drafts', 'left'), 'half');
  await openStore(folder);
  expect(await filesBelow(folder)).toEqual([]);
});

test.each([0, 1, 65_535, 65_536, 65_537, 300_000])(
  '%i sealed bytes come back, and do not lie open',
  async (bytes) => {
    const folder = await temporaryFolder();
    const plain = randomBytes(bytes);
    const ref = await (await openStore(folder)).putSealed(inPieces(plain, 7919));
    const again = await openStore(folder);
    expect(ref.bytes).toBe(bytes);
    expect(await collect(again.openSealed(ref))).toEqual(plain);
    const stored = await readFile(again.path(ref.address));
    if (bytes > 100) expect(stored.includes(plain.subarray(0, 32))).toBe(false);
  },
);

test('sealed bytes that were changed, cut, reordered or swapped do not open', async () => {
  const folder = await temporaryFolder();
  const store = await openStore(folder);
  const ref = await store.putSealed(randomBytes(200_000));
  const other = await store.putSealed(randomBytes(200_000));
  const path = store.path(ref.address);
  const good = await readFile(path);
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
    'another blob': await readFile(store.path(other.address)),
    nothing: Buffer.alloc(0),
  };
  for (const [name, bytes] of Object.entries(attempts)) {
    await writeFile(path, bytes);
    await expect(collect(store.openSealed(ref)), name).rejects.toMatchObject({
      failure: { code: 'internal' },
    });
  }
  await writeFile(path, good);
  expect(() => store.openSealed({ ...ref, wrappedKey: other.wrappedKey })).toThrow('cannot be opened');
  const elsewhere = await openKeyring(await temporaryFolder());
  expect(() => elsewhere.unwrap(ref.wrappedKey, ref.address)).toThrow('cannot be opened');
});

test('a key that others can read, or of the wrong length, is refused', async () => {
  const folder = await temporaryFolder();
  const keyring = await openKeyring(folder);
  const made = await Promise.all(Array.from({ length: 8 }, () => keyring.secret('shared', 16)));
  expect(new Set(made.map(String)).size).toBe(1);
  await writeFile(join(folder, 'keys', 'short.key'), 'short', { mode: 0o600 });
  await expect(keyring.secret('short', 32)).rejects.toThrow('5 bytes instead of 32');
  await writeFile(join(folder, 'keys', 'open.key'), randomBytes(32), { mode: 0o644 });
  await expect(keyring.secret('open', 32)).rejects.toThrow('chmod 600');
});

test('a full disk refuses a blob, leaves nothing of it, and takes blobs again once there is room', async (context) => {
  const disk = await smallDisk(4);
  if ('reason' in disk) return context.skip(disk.reason);
  const store = await openStore(disk.folder);
  const kept = await store.put(randomBytes(2_000_000), { labelKey: 'x' });
  const full = { failure: { code: 'storage-full' }, transient: true };
  await expect(store.put(randomBytes(3_000_000), { labelKey: 'x' })).rejects.toMatchObject(full);
  await expect(store.putSealed(randomBytes(3_000_000))).rejects.toMatchObject(full);
  expect(await filesBelow(disk.folder)).toHaveLength(1);
  await store.delete(kept.address);
  expect((await store.put(randomBytes(3_000_000), { labelKey: 'x' })).bytes).toBe(3_000_000);
});

test('a reserve is never touched', async (context) => {
  const disk = await smallDisk(4);
  if ('reason' in disk) return context.skip(disk.reason);
  const store = await openStore(disk.folder, 3_000_000);
  await expect(store.put(randomBytes(2_000_000), { labelKey: 'x' })).rejects.toThrow(
    '2 MiB are kept in reserve',
  );
  expect(await filesBelow(disk.folder)).toEqual([]);
  expect((await store.put(randomBytes(1000), { labelKey: 'x' })).bytes).toBe(1000);
});
