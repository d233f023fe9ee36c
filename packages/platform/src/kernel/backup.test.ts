import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { freshDatabase } from '../../test/test-database.ts';
import { createBackup } from './backup.ts';
import type { BlobRef } from './blobs/model.ts';
import { openBlobStore } from './blobs/open.ts';
import { type Database, openDatabase } from './database.ts';
import { openKeyring } from './keys.ts';
import { createLog } from './log.ts';
import { createQueue, type QueueDefinition } from './queue.ts';
import { restoreBackup } from './restore.ts';
import { createSpaceGuard } from './space-guard.ts';
import { idempotentResponses } from './tables.ts';

const log = createLog({ level: 'silent' });
const opened: Database[] = [];
afterEach(async () => {
  for (const database of opened.splice(0)) await database.close();
});

const reminders: QueueDefinition<{ of: string }> = {
  name: 'reminders',
  payload: z.strictObject({ of: z.string() }),
};

const openPlatform = async (dataFolder: string) => {
  const database = await openDatabase({ dataFolder, log });
  opened.push(database);
  const guard = createSpaceGuard({ folder: dataFolder, reserveBytes: 0 });
  const blobs = await openBlobStore({ dataFolder, keyring: await openKeyring(dataFolder), guard });
  return { dataFolder, database, blobs };
};
type Platform = Awaited<ReturnType<typeof openPlatform>>;

/** Two rows and a blob that both name: all of them, or none, may be in a backup. */
const writePair = async ({ database, blobs }: Platform, number: number) => {
  const ref = await blobs.put(randomBytes(2000), { labelKey: 'internal' });
  await database.transaction(async (tx) => {
    for (const half of ['left', 'right']) {
      await tx.insert(idempotentResponses).values({
        principal: half,
        key: `${number}`,
        requestHash: 'ü\n"\\',
        status: number,
        body: { ref, odd: [null, 1e-300, '\\N', '\u{1f52c}'] },
      });
    }
  });
};

const archiveOf = async (platform: Platform, during: () => Promise<void> = async () => undefined) => {
  const chunks: Buffer[] = [];
  for await (const chunk of createBackup({ ...platform, now: () => new Date(0) })) {
    chunks.push(chunk);
    await during();
  }
  return Buffer.concat(chunks);
};

async function* inPieces(bytes: Buffer) {
  for (let offset = 0; offset < bytes.length; offset += 10_007) yield bytes.subarray(offset, offset + 10_007);
}

test('a backup under load is one moment: whole transactions, and every blob that they name', async () => {
  const source = await openPlatform(await temporaryFolder());
  const sealed = await source.blobs.putSealed(Buffer.from('confirm rows'));
  const doomed = await source.blobs.put(Buffer.from('deleted while the backup runs'), { labelKey: 'x' });
  const queue = await createQueue({ database: source.database, log, queues: [reminders] });
  await queue.enqueue(null, reminders, { of: 'milk' }, { key: 'milk' });
  let number = 0;
  while (number < 30) await writePair(source, ++number);

  let writing = true;
  const load = (async () => {
    while (writing) await writePair(source, ++number);
  })();
  let deleted = false;
  const archive = await archiveOf(source, async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (deleted) return;
    deleted = true;
    await source.blobs.delete(doomed.address);
  });
  writing = false;
  await load;
  await expect(source.blobs.read(doomed)).rejects.toMatchObject({ failure: { code: 'not-found' } });
  await queue.stop();

  const dataFolder = join(await temporaryFolder(), 'restored');
  const report = await restoreBackup({ archive: inPieces(archive), dataFolder, log });
  const restored = await openPlatform(dataFolder);
  const rows = await restored.database.orm.select().from(idempotentResponses);
  expect(rows.length).toBeGreaterThanOrEqual(60);
  expect(rows.length).toBeLessThan(2 * number);
  expect(report.rows).toBeGreaterThanOrEqual(rows.length);
  const original = await source.database.orm.select().from(idempotentResponses);
  const keyOf = (row: { principal: string; key: string }) => `${row.principal} ${row.key}`;
  const byKey = new Map(original.map((row) => [keyOf(row), row]));
  for (const row of rows) {
    expect(row).toEqual(byKey.get(keyOf(row)));
    await restored.blobs.read((row.body as { ref: BlobRef }).ref);
  }
  const halves = (half: string) =>
    rows
      .filter((row) => row.principal === half)
      .map((row) => row.key)
      .sort();
  expect(halves('left')).toEqual(halves('right'));

  const bytes: Buffer[] = [];
  for await (const chunk of restored.blobs.openSealed(sealed)) bytes.push(chunk);
  expect(Buffer.concat(bytes).toString()).toBe('confirm rows');
  const again = await createQueue({ database: restored.database, log, queues: [reminders] });
  const reminded = await new Promise<string>((resolve) => {
    void again.work(reminders, async ({ of }) => resolve(of));
  });
  expect(reminded).toBe('milk');
  await again.stop();
}, 120_000);

test('any tar lists a backup', async () => {
  const platform = await openPlatform(await temporaryFolder());
  await writePair(platform, 1);
  const path = join(await temporaryFolder(), 'backup.tar');
  await writeFile(path, await archiveOf(platform));
  const { stdout } = await promisify(execFile)('tar', ['-tf', path]);
  expect(stdout).toContain('database/idempotent_responses/000000.ndjson\n');
  expect(stdout).toContain('keys/master.key\n');
  expect(stdout).toMatch(/blobs\/[0-9a-f]{32}\/[0-9a-f]{2}\/[0-9a-f]{64}\n/);
  expect(stdout.trim().split('\n').slice(-2)).toEqual(['manifest.json', 'manifest.sha256']);
});

test('a changed, cut, foreign or hostile archive is refused and leaves nothing', async () => {
  const target = await freshDatabase();
  const { connectionString: databaseUrl } = target.connection;
  const platform = await openPlatform(await temporaryFolder());
  await writePair(platform, 1);
  const good = await archiveOf(platform);
  const parent = await temporaryFolder();
  const dataFolder = join(parent, 'restored');
  const flip = (needle: string, shift = 0) => {
    const bytes = Buffer.from(good);
    const place = bytes.indexOf(needle) + shift;
    bytes[place]! ^= 1;
    return bytes;
  };
  const attempts: Record<string, Buffer> = {
    'cut in the middle': good.subarray(0, Math.floor(good.length / 2)),
    'without its last file': good.subarray(0, good.indexOf('manifest.sha256')),
    'a changed row': flip('\\"odd\\"', 3),
    'a changed manifest': flip('1970-01-01'),
    'a name that leads out': Buffer.from(
      good.toString('latin1').replace('keys/master.key', '../../../x.key\0'),
      'latin1',
    ),
    'no archive at all': randomBytes(5000),
    nothing: Buffer.alloc(0),
  };
  for (const [name, bytes] of Object.entries(attempts)) {
    const restoring = restoreBackup({ archive: inPieces(bytes), dataFolder, databaseUrl, log });
    await expect(restoring, name).rejects.toMatchObject({ failure: { code: 'invalid-input' } });
    expect(await readdir(parent), name).toEqual([]);
    expect(await target.orm.$count(idempotentResponses), name).toBe(0);
  }
  await restoreBackup({ archive: inPieces(good), dataFolder, databaseUrl, log });
  expect(await target.orm.$count(idempotentResponses)).toBe(2);
  const twice = restoreBackup({ archive: inPieces(good), dataFolder: `${dataFolder}2`, databaseUrl, log });
  await expect(twice).rejects.toMatchObject({ failure: { code: 'conflict' } });
}, 180_000);

test('a folder that is not empty is left as it is', async () => {
  const platform = await openPlatform(await temporaryFolder());
  const dataFolder = join(await temporaryFolder(), 'full');
  await mkdir(dataFolder);
  await writeFile(join(dataFolder, 'mine'), 'precious');
  const archive = await archiveOf(platform);
  await expect(restoreBackup({ archive: inPieces(archive), dataFolder, log })).rejects.toThrow(
    'is not empty',
  );
  expect(await readFile(join(dataFolder, 'mine'), 'utf8')).toBe('precious');
});
