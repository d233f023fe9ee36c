import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { GenesisError } from '@genesis/contracts';
import { sql } from 'drizzle-orm';
import { afterEach, expect, test } from 'vitest';
import { smallDisk } from '../../test/small-disk.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { withConnection } from './connection.ts';
import { type Database, openDatabase } from './database.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { createLog } from './log.ts';
import { possibleLaunches } from './postgres-binaries.ts';
import { isAlive } from './postmaster.ts';
import { errorCode } from './system-error.ts';

const writer = fileURLToPath(new URL('../../test/write-until-killed.ts', import.meta.url));
const opened: Database[] = [];
const children: ChildProcess[] = [];
const folders = new Set<string>();

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const database of opened.splice(0)) await database.close();
  // A writer that was killed left its server behind.
  for (const folder of folders)
    if (!(await isGone(pidFile(folder)))) process.kill(await postmasterOf(folder), 'SIGQUIT');
  folders.clear();
});

const pidFile = (dataFolder: string) => join(dataFolder, 'postgres/data/postmaster.pid');

const open = async (dataFolder: string, options: { reserveBytes?: number } = {}) => {
  const database = await openDatabase({ dataFolder, log: createLog({ level: 'silent' }), ...options });
  opened.push(database);
  return database;
};

const postmasterOf = async (dataFolder: string) =>
  Number((await readFile(pidFile(dataFolder), 'utf8')).split('\n')[0]);

const isGone = async (path: string) => {
  try {
    await stat(path);
    return false;
  } catch (error) {
    return errorCode(error) === 'ENOENT';
  }
};

/** A process of its own that writes into the folder; `acknowledged` grows while it does. */
const startWriter = async (dataFolder: string) => {
  const child = spawn(process.execPath, [writer, dataFolder], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  folders.add(dataFolder);
  const lines = createInterface({ input: child.stdout });
  let last = 0;
  lines.on('line', (line) => {
    if (/^\d+$/.test(line)) last = Number(line);
  });
  const ended = once(lines, 'close');
  return {
    child,
    acknowledged: () => last,
    until: (enough: (line: string) => boolean) =>
      new Promise<void>((resolve, reject) => {
        lines.on('line', (line) => enough(line) && resolve());
        lines.once('close', () => reject(new Error('The writer ended by itself')));
      }),
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
};

const rowsIn = async (database: Database) => {
  const found = await database.orm.execute<{ rows: number; last: number }>(
    sql`select count(*) as rows, max(number) as last from written`,
  );
  return found.rows[0]!;
};

test('a closed database leaves no process behind and opens again with its rows', async () => {
  const folder = await temporaryFolder();
  const database = await open(folder);
  await database.orm.execute(sql`create table kept as select 7 as number`);
  const pid = await postmasterOf(folder);
  await database.close();
  expect(isAlive(pid)).toBe(false);
  expect(await isGone(pidFile(folder))).toBe(true);
  const again = await open(folder);
  expect((await again.orm.execute(sql`select number from kept`)).rows).toEqual([{ number: 7 }]);
  expect((await again.orm.execute(sql`show fsync`)).rows).toEqual([{ fsync: 'on' }]);
});

test('the data folder may have a path longer than a socket allows, with spaces and commas', async () => {
  const folder = join(await temporaryFolder(), 'a, b'.padEnd(150, 'x'));
  await mkdir(folder, { recursive: true });
  const database = await open(folder);
  expect((await database.orm.execute(sql`select 1 as one`)).rows).toEqual([{ one: 1 }]);
  const socketFolder = String(database.connection.host);
  expect((await stat(socketFolder)).mode & 0o777).toBe(0o700);
  expect(socketFolder.length).toBeLessThan(90);
  await database.close();
  expect(await isGone(socketFolder)).toBe(true);
});

test('a second Genesis on the same folder is refused by name, in this process and from another', async () => {
  const folder = await temporaryFolder();
  const holder = await startWriter(folder);
  await holder.until((line) => line === 'ready');
  await expect(open(folder)).rejects.toMatchObject({ failure: { code: 'conflict' } });
  await expect(open(folder)).rejects.toThrow(`is in use by Genesis (process ${holder.child.pid})`);
  const before = holder.acknowledged();
  await holder.until((line) => Number(line) > before + 3);
});

test('killed again and again, no acknowledged row is lost and the living server is adopted', async () => {
  const folder = await temporaryFolder();
  let acknowledged = 0;
  let server = 0;
  for (let round = 0; round < 6; round++) {
    const victim = await startWriter(folder);
    await victim.until((line) => Number(line) > acknowledged + 5);
    const running = await postmasterOf(folder);
    if (round % 3 !== 0) expect(running).toBe(server);
    server = running;
    // Every third time the server dies too: first the process, or first the server.
    if (round === 2) process.kill(running, 'SIGKILL');
    await victim.kill();
    if (round === 5) process.kill(running, 'SIGKILL');
    acknowledged = Math.max(acknowledged, victim.acknowledged());
  }
  const database = await open(folder);
  const { rows, last } = await rowsIn(database);
  expect(last).toBeGreaterThanOrEqual(acknowledged);
  expect(rows).toBe(last);
}, 120_000);

/** Writes a row as a caller does: a commit whose answer was lost is told as such, and is looked up before it is repeated. */
async function writeOnce(database: Database, number: number): Promise<void> {
  for (;;) {
    try {
      await database.transaction((tx) =>
        tx.execute(
          sql`insert into written select ${number}::integer where not exists (select 1 from written where number = ${number})`,
        ),
      );
      return;
    } catch (error) {
      if (!(error instanceof GenesisError) || error.failure.code !== 'unavailable') throw error;
    }
  }
}

test('a server that is killed under a living process is started again, and transactions go on', async () => {
  const folder = await temporaryFolder();
  const database = await open(folder);
  await database.orm.execute(sql`create table written (number integer)`);
  await Promise.all(Array.from({ length: 10 }, () => database.pool.query('select pg_sleep(0.01)')));
  for (let round = 1; round <= 3; round++) {
    const pid = await postmasterOf(folder);
    process.kill(pid, 'SIGKILL');
    await writeOnce(database, 2 * round - 1);
    await expect.poll(() => postmasterOf(folder).catch(() => pid), { timeout: 20_000 }).not.toBe(pid);
    await writeOnce(database, 2 * round);
  }
  expect(await rowsIn(database)).toEqual({ rows: 6, last: 6 });
}, 120_000);

test('as root, each way to start the server works, in a folder that is closed to others, and on what another way left', async (context) => {
  if (process.getuid?.() !== 0) return context.skip('only root has more than one way');
  const folder = join(await temporaryFolder(), 'postgres');
  const [first, second] = await possibleLaunches();
  for (const [round, launch] of [second!, first!, second!].entries()) {
    const server = await startEmbeddedPostgres({
      folder,
      log: createLog({ level: 'silent' }),
      launches: [launch],
    });
    const rows = await withConnection(server.connection, async (client) => {
      await client.query('create table if not exists rounds (round integer)');
      await client.query('insert into rounds values ($1)', [round]);
      return (await client.query('select round from rounds order by 1')).rows.length;
    });
    expect(rows).toBe(round + 1);
    expect((await stat(join(folder, 'data'))).uid).toBe(launch.owner);
    const pid = server.pid();
    if (round === 0) process.kill(pid, 'SIGKILL');
    await expect.poll(() => isAlive(pid)).toBe(round !== 0);
    await server.stop();
    expect(isAlive(pid)).toBe(false);
  }
});

test('a pid file whose number belongs to another program does not stop the start', async () => {
  const folder = await temporaryFolder();
  const database = await open(folder);
  const path = pidFile(folder);
  const text = await readFile(path, 'utf8');
  await database.close();
  const stranger = spawn('sleep', ['600'], { stdio: 'ignore' });
  children.push(stranger);
  await writeFile(path, text.replace(/^\d+/, String(stranger.pid)));
  const again = await open(folder);
  expect((await again.orm.execute(sql`select 1 as one`)).rows).toEqual([{ one: 1 }]);
  expect(isAlive(stranger.pid!)).toBe(true);
});

test('a cluster whose making was interrupted is made anew', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'postgres/data.draft/base'), { recursive: true });
  await writeFile(join(folder, 'postgres/data.draft/PG_VERSION'), '18');
  await open(folder);
  expect(await readdir(join(folder, 'postgres'))).not.toContain('data.draft');
});

test('a nearly full disk refuses writes, lets reads pass, and takes writes again once there is room', async (context) => {
  const disk = await smallDisk(200);
  if ('reason' in disk) return context.skip(disk.reason);
  const mebibyte = 1024 * 1024;
  const database = await open(disk.folder, { reserveBytes: 40 * mebibyte });
  await database.transaction((tx) => tx.execute(sql`create table written (number integer)`));
  const filler = join(disk.folder, 'filler');
  const { bavail, bsize } = await statfs(disk.folder);
  await writeFile(filler, Buffer.alloc(bavail * bsize - 20 * mebibyte));
  await new Promise((resolve) => setTimeout(resolve, 600));
  const write = () => database.transaction((tx) => tx.execute(sql`insert into written values (1)`));
  await expect(write()).rejects.toMatchObject({ failure: { code: 'storage-full' }, transient: true });
  expect((await rowsIn(database)).rows).toBe(0);
  await rm(filler);
  await new Promise((resolve) => setTimeout(resolve, 600));
  await write();
  expect((await rowsIn(database)).rows).toBe(1);
});

test('even without a reserve a full disk loses no acknowledged row', async (context) => {
  const disk = await smallDisk(130);
  if ('reason' in disk) return context.skip(disk.reason);
  const database = await open(disk.folder);
  await database.transaction((tx) => tx.execute(sql`create table written (number integer, weight text)`));
  let acknowledged = 0;
  const write = async () => {
    const number = acknowledged + 1;
    // Text that does not compress, so that it takes the room.
    await database.transaction(
      (tx) =>
        tx.execute(sql`insert into written select ${number}, string_agg(gen_random_uuid()::text, '')
        from generate_series(1, 50000)`),
      { retries: 0 },
    );
    acknowledged = number;
  };
  const fill = async () => {
    while (acknowledged < 1000) await write();
  };
  await expect(fill()).rejects.toMatchObject({ transient: true });
  expect(acknowledged).toBeGreaterThan(2);
  const before = acknowledged;
  await database
    .transaction((tx) => tx.execute(sql`delete from written where number = 1`))
    .catch(() => undefined);
  expect((await rowsIn(database)).last).toBeGreaterThanOrEqual(before);
}, 120_000);
