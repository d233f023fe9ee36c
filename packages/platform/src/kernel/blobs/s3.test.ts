import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { blobConformance, collected, inPieces } from '../../../test/blob-conformance.ts';
import { developmentObjectStore } from '../../../test/development-object-store.ts';
import { temporaryFolder } from '../../../test/temporary-folder.ts';
import { createBackup } from '../backup.ts';
import { openDatabase } from '../database.ts';
import { openKeyring } from '../keys.ts';
import { createLog } from '../log.ts';
import { restoreBackup } from '../restore.ts';
import { createSpaceGuard } from '../space-guard.ts';
import { openBlobStore } from './open.ts';
import type { S3Place } from './s3-client.ts';

const objects = developmentObjectStore();
afterAll(() => objects.stop());
afterEach(() => void vi.useRealTimers());

const { missing } = objects;
const large = 20 * 1024 * 1024 + 12_345;
const client = new S3Client({
  ...{ endpoint: objects.endpoint, region: objects.region, credentials: objects.credentials },
  forcePathStyle: true,
});
let places = 0;
const somePlace = (): S3Place => ({
  ...{ endpoint: objects.endpoint, region: objects.region, bucket: 'blobs', prefix: `place-${++places}/` },
  ...{ pathStyle: true, credentialsFile: objects.credentialsFile },
});
const openAt = async (dataFolder: string, place: S3Place | undefined, cacheBytes = 64 * 1024 * 1024) => {
  const keyring = await openKeyring(dataFolder);
  const guard = createSpaceGuard({ folder: dataFolder, reserveBytes: 0 });
  const s3 = place && { place, cacheBytes, log: createLog({ level: 'silent' }) };
  return await openBlobStore({ dataFolder, keyring, guard, s3 });
};
const uploadsOf = async ({ bucket, prefix }: S3Place): Promise<string[]> => {
  const listed = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix }));
  return (listed.Uploads ?? []).map(({ Key }) => Key ?? '');
};
const leftOver = async (folder: string, place: S3Place): Promise<string[]> => [
  ...(await readdir(join(folder, 'blobs', 'drafts'))),
  ...(await readdir(join(folder, 'blobs', 'unfinished'))),
  ...(await uploadsOf(place)),
];
const refusal = (place: S3Place) =>
  temporaryFolder()
    .then((folder) => openAt(folder, place))
    .then(
      () => 'it opened',
      (error: Error) => error.message,
    );

describe.skipIf(missing !== null)(`S3${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  beforeAll(async () => {
    await client.send(new CreateBucketCommand({ Bucket: 'blobs' }));
  });

  blobConformance(async () => {
    const folder = await temporaryFolder();
    const place = somePlace();
    return {
      store: await openAt(folder, place),
      reopen: () => openAt(folder, place),
      overwrite: async (address, Body) => {
        await client.send(
          new PutObjectCommand({ Bucket: place.bucket, Key: `${place.prefix}${address}`, Body }),
        );
      },
      leftOver: () => leftOver(folder, place),
    };
  }, large);

  test('local copies stay within their bytes, but for those that are lent; a wrong one is fetched again', async () => {
    const folder = await temporaryFolder();
    const place = somePlace();
    const store = await openAt(folder, place, 250_000);
    const cached = () => readdir(join(folder, 'blobs', 'cache'));
    const refs = [];
    for (let i = 0; i < 4; i++) refs.push(await store.put(randomBytes(100_000), { labelKey: 'x' }));
    expect(await cached()).toHaveLength(2);
    const lent = await Promise.all(refs.map(({ address }) => store.lend(address)));
    expect(await cached()).toHaveLength(4);
    for (const file of lent) await file[Symbol.asyncDispose]();
    expect((await cached()).sort()).toEqual(
      refs
        .slice(2)
        .map(({ address }) => address.replaceAll('/', '-'))
        .sort(),
    );
    const last = refs[3]!;
    const copy = join(folder, 'blobs', 'cache', last.address.replaceAll('/', '-'));
    const right = await readFile(copy);
    for (const wrong of [Buffer.from('cut short by a crash'), randomBytes(100_000)]) {
      await writeFile(copy, wrong);
      const again = await openAt(folder, place, 250_000);
      await using file = await again.lend(last.address);
      expect((await readFile(file.path)).equals(right)).toBe(true);
    }
  });

  test('a store that dies in the middle is unavailable, leaves nothing, and goes on when it is back', async () => {
    const folder = await temporaryFolder();
    const place = somePlace();
    const store = await openAt(folder, place);
    const kept = await store.put(randomBytes(100_000), { labelKey: 'x' });
    const bytes = randomBytes(large);
    const away = { failure: { code: 'unavailable' }, transient: true };
    let died: Promise<void> | undefined;
    const dying = setInterval(() => {
      if (died === undefined && readdirSync(join(folder, 'blobs', 'unfinished')).length > 0)
        died = objects.kill();
    }, 5);
    await expect(store.put(inPieces(bytes, 1_000_000), { labelKey: 'x' })).rejects.toMatchObject(away);
    clearInterval(dying);
    await died;
    await expect(store.read(kept)).rejects.toMatchObject(away);
    await expect(store.delete(kept.address)).rejects.toMatchObject(away);
    expect(await readdir(join(folder, 'blobs', 'drafts'))).toEqual([]);
    objects.restart();
    const ref = await store.put(bytes, { labelKey: 'x' });
    expect((await store.read(ref)).equals(bytes)).toBe(true);
    expect((await store.read(kept)).length).toBe(100_000);
    expect(await leftOver(folder, place)).toEqual([]);
  });

  test('what a killed process was sending is aborted at the next start', async () => {
    const folder = await temporaryFolder();
    const place = somePlace();
    await openAt(folder, place);
    const Key = `${place.prefix}${'0'.repeat(32)}/00/${'0'.repeat(64)}`;
    await client.send(new CreateMultipartUploadCommand({ Bucket: place.bucket, Key }));
    await writeFile(join(folder, 'blobs', 'unfinished', 'some.upload'), JSON.stringify({ key: Key }));
    await writeFile(join(folder, 'blobs', 'drafts', 'left'), 'half');
    expect(await uploadsOf(place)).toEqual([Key]);
    await openAt(folder, place);
    expect(await leftOver(folder, place)).toEqual([]);
  });

  test('blobs of the data folder move into the bucket, and the folder alone is refused from then on', async () => {
    const folder = await temporaryFolder();
    const before = await openAt(folder, undefined);
    const bytes = randomBytes(50_000);
    const ref = await before.put(bytes, { labelKey: 'x' });
    const sealed = await before.putSealed(bytes);
    const after = await openAt(folder, somePlace());
    expect((await after.read(ref)).equals(bytes)).toBe(true);
    expect((await collected(after.openSealed(sealed))).equals(bytes)).toBe(true);
    expect(await readdir(join(folder, 'blobs', 'sealed'), { recursive: true })).toHaveLength(1);
    await expect(openAt(folder, undefined)).rejects.toThrow('lie in the bucket "blobs"');
  });

  test('a backup holds the blobs of the bucket; a restore puts them into a folder, or into another place', async () => {
    const dataFolder = await temporaryFolder();
    const log = createLog({ level: 'silent' });
    const store = await openAt(dataFolder, somePlace());
    const bytes = randomBytes(large);
    const ref = await store.put(bytes, { labelKey: 'x' });
    const sealed = await store.putSealed(Buffer.from('confirm rows'));
    const database = await openDatabase({ dataFolder, log });
    const parts = { database, blobs: store, dataFolder, now: () => new Date(0) };
    const archive = await collected(createBackup(parts));
    await database.close();
    const restored = join(await temporaryFolder(), 'restored');
    await restoreBackup({ archive: inPieces(archive, 1_000_003), dataFolder: restored, log });
    for (const place of [undefined, somePlace()]) {
      const again = await openAt(restored, place);
      expect((await again.read(ref)).equals(bytes)).toBe(true);
      expect(String(await collected(again.openSealed(sealed)))).toBe('confirm rows');
    }
  });

  test('a place belongs to one platform, and a platform to one place', async () => {
    const folder = await temporaryFolder();
    const place = somePlace();
    await openAt(folder, place);
    expect(await refusal(place)).toContain('Another Genesis keeps its blobs');
    await expect(openAt(folder, somePlace())).rejects.toThrow('lie in bucket "blobs", prefix');
  });

  test('what is wrong is said at the start, without the secret', async () => {
    const folder = await temporaryFolder();
    const fileOf = async (name: string, fields: object) => {
      await writeFile(join(folder, name), JSON.stringify(fields), { mode: 0o600 });
      return join(folder, name);
    };
    const { accessKeyId, secretAccessKey } = objects.credentials;
    const place = somePlace();
    expect(await refusal({ ...place, bucket: 'absent' })).toMatch(/s3Bucket: there is no bucket "absent"/);
    const wrong = await fileOf('wrong', { accessKeyId, secretAccessKey: 'very-secret' });
    const said = await refusal({ ...place, credentialsFile: wrong });
    expect(said).toMatch(/s3CredentialsFile: .*finds the secret of this access key wrong/);
    expect(said).not.toContain('very-secret');
    const nobody = await fileOf('nobody', { accessKeyId: 'NOBODY', secretAccessKey });
    expect(await refusal({ ...place, credentialsFile: nobody })).toContain('does not know this access key');
    await mkdir(join(folder, 'open'));
    const open = await fileOf('open/file', objects.credentials);
    await chmod(open, 0o644);
    expect(await refusal({ ...place, credentialsFile: open })).toContain('chmod 600');
    expect(await refusal({ ...place, credentialsFile: await fileOf('odd', { key: 'x' }) })).toContain(
      'is not JSON with the fields',
    );
    expect(await refusal({ ...place, credentialsFile: join(folder, 'none') })).toContain('cannot be read');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3600_000 });
    expect(await refusal(place)).toMatch(/clock of this machine differs.*object store/);
  });

  test('a store that does not answer is named', async () => {
    const place = { ...somePlace(), endpoint: 'http://127.0.0.1:9' };
    expect(await refusal(place)).toContain('http://127.0.0.1:9, bucket "blobs") does not answer');
  });
});
