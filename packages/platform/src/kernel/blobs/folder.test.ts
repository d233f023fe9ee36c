import { randomBytes } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { blobConformance } from '../../../test/blob-conformance.ts';
import { smallDisk } from '../../../test/small-disk.ts';
import { temporaryFolder } from '../../../test/temporary-folder.ts';
import { openKeyring } from '../keys.ts';
import { createSpaceGuard } from '../space-guard.ts';
import { openBlobStore } from './open.ts';

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

blobConformance(async () => {
  const folder = await temporaryFolder();
  return {
    store: await openStore(folder),
    reopen: () => openStore(folder),
    overwrite: (address, bytes) => writeFile(join(folder, 'blobs', address), bytes),
    leftOver: () => readdir(join(folder, 'blobs', 'drafts')),
  };
}, 300_000);

test('a file that was changed after it was lent is not lent again', async () => {
  const folder = await temporaryFolder();
  const store = await openStore(folder);
  const { address } = await store.put(Buffer.from('twelve bytes'), { labelKey: 'x' });
  await (await store.lend(address))[Symbol.asyncDispose]();
  await writeFile(join(folder, 'blobs', address), 'twelve bytez');
  await expect(store.lend(address)).rejects.toThrow(address);
});

test('what an interrupted write left behind is gone after the next start', async () => {
  const folder = await temporaryFolder();
  await openStore(folder);
  await writeFile(join(folder, 'blobs', 'drafts', 'left'), 'half');
  await openStore(folder);
  expect(await filesBelow(folder)).toEqual([]);
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
