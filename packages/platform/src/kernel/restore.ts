import { createHash } from 'node:crypto';
import { open, readdir, realpath, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { GenesisError } from '@genesis/contracts';
import pg from 'pg';
import {
  type BackedUpJob,
  backupNames,
  filePattern,
  jobsSchema,
  type Manifest,
  manifestSchema,
  rowsPattern,
} from './backup-format.ts';
import { whileAway, withConnection } from './connection.ts';
import { asGenesisError, databaseTrouble } from './database-error.ts';
import { ensureFolder, syncFolder, writeAll } from './durable-file.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { lockFolder } from './folder-lock.ts';
import type { Log } from './log.ts';
import { migrateDatabase, schemaVersion } from './migrate.ts';
import { isAlive, signalProcess, survivingPostmaster } from './postmaster.ts';
import { restoreJobs } from './queue.ts';
import { errorCode } from './system-error.ts';
import { readTar, type TarEntry } from './tar.ts';

type RestoreReport = { createdAt: string; tables: number; rows: number; files: number };

const refuse = (what: string, cause?: unknown): GenesisError => {
  const message = `This archive cannot be restored: ${what}.`;
  return new GenesisError(
    { code: 'invalid-input', message, problems: [{ field: 'archive', message }] },
    { cause },
  );
};

const quoted = pg.escapeIdentifier;
/** A part of rows, the list of jobs and the manifest are read into memory; a backup has none larger than this. */
const mostInMemory = 512 * 1024 * 1024;

const assertEmpty = async (folder: string): Promise<void> => {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  if (names.length === 0) return;
  throw new GenesisError({
    code: 'conflict',
    message: `The folder ${folder} is not empty. A backup is restored into an empty folder only, so that it mixes with nothing.`,
  });
};

/** What was read of the archive so far: the digest of every file, and the few that are kept in memory. */
type Received = {
  digests: Map<string, { bytes: number; sha256: string }>;
  rows: Map<string, number>;
  jobs: BackedUpJob[];
};

const readAll = async (entry: TarEntry): Promise<Buffer> => {
  if (entry.size > mostInMemory) throw refuse(`"${entry.name}" is larger than any part of a backup`);
  const chunks: Buffer[] = [];
  for await (const chunk of entry.body) chunks.push(chunk);
  return Buffer.concat(chunks);
};

const writeFile = async (path: string, entry: TarEntry): Promise<string> => {
  await ensureFolder(dirname(path));
  const hash = createHash('sha256');
  const handle = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of entry.body) {
      hash.update(chunk);
      await writeAll(handle, chunk);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncFolder(dirname(path));
  return hash.digest('hex');
};

const insertRows = async (client: pg.Client, table: string, bytes: Buffer): Promise<number> => {
  const lines = bytes
    .toString()
    .split('\n')
    .filter((line) => line !== '');
  const rows = lines.map((line) => JSON.parse(line) as unknown);
  if (!rows.every((row) => typeof row === 'string')) throw refuse(`the rows of ${table} are not rows`);
  const name = `public.${quoted(table)}`;
  await client.query(
    `insert into ${name} overriding system value select (line::${name}).* from unnest($1::text[]) as line`,
    [rows],
  );
  return rows.length;
};

/** Reads the archive: files into `folder`, rows into the open transaction. Returns its manifest once all of it agrees. */
const receive = async (
  archive: AsyncIterable<Uint8Array>,
  folder: string,
  client: pg.Client,
): Promise<{ manifest: Manifest; received: Received }> => {
  const received: Received = { digests: new Map(), rows: new Map(), jobs: [] };
  let manifest: Manifest | undefined;
  let confirmed = false;
  const note = (name: string, bytes: number, sha256: string) => {
    if (received.digests.has(name)) throw refuse(`"${name}" is there twice`);
    received.digests.set(name, { bytes, sha256 });
  };
  for await (const entry of readTar(archive)) {
    if (manifest && entry.name !== backupNames.manifestHash)
      throw refuse(`"${entry.name}" comes after the manifest`);
    const table = rowsPattern.exec(entry.name)?.groups?.['table'];
    if (filePattern.test(entry.name)) {
      note(entry.name, entry.size, await writeFile(join(folder, entry.name), entry));
      continue;
    }
    const bytes = await readAll(entry);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    try {
      if (table !== undefined) {
        received.rows.set(table, (received.rows.get(table) ?? 0) + (await insertRows(client, table, bytes)));
      } else if (entry.name === backupNames.jobs) {
        received.jobs = jobsSchema.parse(JSON.parse(bytes.toString()));
      } else if (entry.name === backupNames.manifest) {
        manifest = manifestSchema.parse(JSON.parse(bytes.toString()));
      } else if (entry.name === backupNames.manifestHash) {
        confirmed = bytes.toString() === received.digests.get(backupNames.manifest)?.sha256;
      } else throw refuse(`"${entry.name}" does not belong into a backup`);
    } catch (error) {
      if (error instanceof GenesisError || databaseTrouble(error)) throw error;
      throw refuse(`"${entry.name}" cannot be read`, error);
    }
    note(entry.name, entry.size, sha256);
  }
  if (!manifest || !confirmed) throw refuse('its manifest is missing or changed: it is not whole');
  return { manifest, received };
};

const assertComplete = (manifest: Manifest, received: Received): void => {
  for (const [name, expected] of Object.entries(manifest.files)) {
    const found = received.digests.get(name);
    if (!found) throw refuse(`"${name}" is missing`);
    if (found.bytes !== expected.bytes || found.sha256 !== expected.sha256)
      throw refuse(`"${name}" was changed`);
  }
  const own: string[] = [backupNames.manifest, backupNames.manifestHash];
  for (const name of received.digests.keys()) {
    if (!own.includes(name) && !(name in manifest.files)) throw refuse(`"${name}" is not in its manifest`);
  }
  for (const [table, { rows }] of Object.entries(manifest.tables)) {
    if ((received.rows.get(table) ?? 0) !== rows) throw refuse(`rows of ${table} are missing`);
  }
};

const fillDatabase = async (
  connection: pg.ClientConfig,
  archive: AsyncIterable<Uint8Array>,
  folder: string,
): Promise<{ manifest: Manifest; received: Received }> =>
  withConnection(connection, async (client) => {
    await client.query('begin');
    // Rows come in the order of their tables' names, and have passed every trigger and reference once already.
    await client.query('set local session_replication_role = replica');
    const result = await receive(archive, folder, client);
    const { manifest, received } = result;
    assertComplete(manifest, received);
    const ours = await schemaVersion();
    if (JSON.stringify(manifest.schema) !== JSON.stringify(ours)) {
      throw refuse('it was made by another version of Genesis: restore it with that version, then upgrade');
    }
    for (const [sequence, { value, called }] of Object.entries(manifest.sequences)) {
      await client.query('select setval($1::regclass, $2, $3)', [
        `public.${quoted(sequence)}`,
        value,
        called,
      ]);
    }
    await client.query('commit');
    return result;
  });

const assertEmptyDatabase = (connection: pg.ClientConfig): Promise<void> =>
  withConnection(connection, async (client) => {
    const tables = await client.query<{ name: string }>(
      `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
    );
    for (const { name } of tables.rows) {
      const row = await client.query(`select 1 from public.${quoted(name)} limit 1`);
      if (row.rowCount === 0) continue;
      throw new GenesisError({
        code: 'conflict',
        message: 'The database of DATABASE_URL is not empty. A backup is restored into an empty one only.',
      });
    }
  });

/** A restore that was killed left its server behind. */
const endSurvivor = async (draft: string): Promise<void> => {
  const survivor = await survivingPostmaster(join(await realpath(draft), 'postgres', 'data'));
  if (!survivor) return;
  signalProcess(survivor.pid, 'SIGQUIT');
  while (isAlive(survivor.pid)) await wait(10);
};

/**
 * Restores a backup into an empty data folder (and an empty database, when there is a `databaseUrl`). Everything is
 * built beside its place and checked against the manifest; only then does it move there, in one step. Whatever fails
 * before leaves the place as empty as it was.
 *
 * Throws `conflict` when the place is not empty, and `invalid-input` when the archive was changed or cut short.
 */
export const restoreBackup = async (options: {
  archive: AsyncIterable<Uint8Array>;
  dataFolder: string;
  databaseUrl?: string | undefined;
  log: Log;
}): Promise<RestoreReport> => {
  const { archive, databaseUrl, log } = options;
  const dataFolder = resolve(options.dataFolder);
  await assertEmpty(dataFolder);
  const draft = `${dataFolder}.restoring`;
  const lock = await lockFolder(draft);
  try {
    await endSurvivor(draft);
    await rm(draft, { recursive: true, force: true });
    await ensureFolder(draft);
    const server = databaseUrl
      ? undefined
      : await startEmbeddedPostgres({ folder: join(draft, 'postgres'), log });
    let result: { manifest: Manifest; received: Received };
    try {
      const connection = server?.connection ?? { connectionString: databaseUrl };
      if (databaseUrl) await assertEmptyDatabase(connection);
      await whileAway(() => migrateDatabase(connection));
      result = await fillDatabase(connection, archive, draft);
      await restoreJobs(connection, log, result.received.jobs);
    } finally {
      await server?.stop();
    }
    await rmdir(dataFolder).catch((error: unknown) => {
      if (errorCode(error) !== 'ENOENT') throw error;
    });
    await rename(draft, dataFolder);
    await syncFolder(dirname(dataFolder));
    const { manifest, received } = result;
    const rows = Object.values(manifest.tables).reduce((sum, table) => sum + table.rows, 0);
    const files = [...received.digests.keys()].filter((name) => filePattern.test(name)).length;
    return { createdAt: manifest.createdAt, tables: Object.keys(manifest.tables).length, rows, files };
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw asGenesisError(error);
  } finally {
    await lock.release();
  }
};
