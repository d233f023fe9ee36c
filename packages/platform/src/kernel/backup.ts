import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { type BackedUpJob, backupNames, filePattern, type Manifest } from './backup-format.ts';
import type { BlobStore } from './blobs/model.ts';
import type { Database } from './database.ts';
import { schemaVersion } from './migrate.ts';
import { errorCode } from './system-error.ts';
import { tarEnd, tarHeader, tarPadding } from './tar.ts';

const partBytes = 4 * 1024 * 1024;
const rowsAtOnce = 500;

const quoted = pg.escapeIdentifier;

/** Tables of the platform; the bookkeeping of migrations and of the queue is made anew by a restore. */
const tablesOf = async (client: pg.Client): Promise<string[]> => {
  const found = await client.query<{ name: string }>(
    `select relname as name from pg_class where relkind in ('r', 'p') and not relispartition
       and relnamespace = 'public'::regnamespace order by relname`,
  );
  return found.rows.map((row) => row.name);
};

/**
 * The rows of a table in the database's own text form, one JSON string a line, in parts of some 4 MiB. That form holds
 * every type exactly (numbers, bytes, times), and PostgreSQL reads it back.
 */
async function* partsOf(client: pg.Client, table: string): AsyncGenerator<{ bytes: Buffer; rows: number }> {
  await client.query(
    `declare backup no scroll cursor for select whole_row::text as line from public.${quoted(table)} whole_row`,
  );
  let lines: string[] = [];
  let size = 0;
  for (;;) {
    const { rows } = await client.query<{ line: string }>(`fetch ${rowsAtOnce} from backup`);
    for (const { line } of rows) {
      const text = `${JSON.stringify(line)}\n`;
      lines.push(text);
      size += text.length;
    }
    if (lines.length > 0 && (size >= partBytes || rows.length < rowsAtOnce)) {
      yield { bytes: Buffer.from(lines.join('')), rows: lines.length };
      lines = [];
      size = 0;
    }
    if (rows.length < rowsAtOnce) break;
  }
  await client.query('close backup');
}

/** Numbers are handed out beyond transactions, so they are read after the snapshot: never too small for its rows. */
const sequencesOf = async (client: pg.Client): Promise<Manifest['sequences']> => {
  const found = await client.query<{ name: string }>(
    `select sequencename as name from pg_sequences where schemaname = 'public' order by 1`,
  );
  const sequences: Manifest['sequences'] = {};
  for (const { name } of found.rows) {
    const state = await client.query(
      `select last_value::text as value, is_called as called from public.${quoted(name)}`,
    );
    sequences[name] = state.rows[0];
  }
  return sequences;
};

/** Work that waits or was under way at the moment of the snapshot; under way means that it starts again. */
const jobsOf = async (client: pg.Client): Promise<BackedUpJob[]> => {
  const exists = await client.query(`select to_regclass('pgboss.job') is not null as yes`);
  if (!exists.rows[0]?.yes) return [];
  const found = await client.query<BackedUpJob>(
    `select name as queue, coalesce(data, '{}') as payload, singleton_key as key,
       to_char(start_after at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "startAfter"
     from pgboss.job where state in ('created', 'retry', 'active') and name not like '\\_\\_%' order by created_on, id`,
  );
  return found.rows;
};

/** Keys and the ledger's name. */
const filesOf = async (dataFolder: string): Promise<string[]> => {
  const keys = (await readdir(join(dataFolder, 'keys'))).map((name) => `keys/${name}`);
  return ['origin', ...keys].filter((name) => filePattern.test(name)).sort();
};

/**
 * A backup as one archive (tar), made while everything runs: the database as it was at one moment (a snapshot in the
 * isolation of PostgreSQL's own dump), every blob (read through the store, wherever that is) and key that this moment refers to, and a manifest with the SHA-256
 * of each file, which comes last, so that an archive that was cut short is no backup. It holds the keys: keep it safe.
 *
 * Throws in the middle of the stream when the database is lost; what was written by then must be thrown away.
 */
export async function* createBackup(options: {
  database: Pick<Database, 'connection'>;
  blobs: Pick<BlobStore, 'holdDeletes' | 'stored' | 'raw'>;
  dataFolder: string;
  now: () => Date;
}): AsyncGenerator<Buffer> {
  const files: Manifest['files'] = {};
  const tables: Manifest['tables'] = {};
  const add = function* (name: string, bytes: Buffer): Generator<Buffer> {
    files[name] = { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
    yield tarHeader(name, bytes.length);
    yield bytes;
    yield tarPadding(bytes.length);
  };
  const addStream = async function* (
    name: string,
    size: number,
    bytes: AsyncIterable<Buffer>,
  ): AsyncGenerator<Buffer> {
    const hash = createHash('sha256');
    yield tarHeader(name, size);
    for await (const chunk of bytes) {
      hash.update(chunk);
      yield chunk;
    }
    yield tarPadding(size);
    files[name] = { bytes: size, sha256: hash.digest('hex') };
  };
  const addFile = async function* (name: string): AsyncGenerator<Buffer> {
    const path = join(options.dataFolder, name);
    const { size } = await stat(path);
    yield* addStream(name, size, createReadStream(path, { highWaterMark: 256 * 1024 }));
  };

  const client = new pg.Client(options.database.connection);
  client.on('error', () => undefined);
  const letDeletesGo = options.blobs.holdDeletes();
  try {
    await client.connect();
    await client.query('begin isolation level repeatable read read only');
    await client.query(`set local timezone to 'UTC'`);
    await client.query(`set local datestyle to 'ISO'`);
    await client.query('set local extra_float_digits to 1');
    const names = await tablesOf(client);
    for (const table of names) {
      let rows = 0;
      let part = 0;
      for await (const piece of partsOf(client, table)) {
        rows += piece.rows;
        yield* add(backupNames.rows(table, part++), piece.bytes);
      }
      tables[table] = { rows };
    }
    yield* add(backupNames.jobs, Buffer.from(JSON.stringify(await jobsOf(client))));
    const sequences = await sequencesOf(client);
    await client.query('commit');
    for (const name of await filesOf(options.dataFolder)) {
      try {
        yield* addFile(name);
      } catch (error) {
        if (name !== 'origin' || errorCode(error) !== 'ENOENT') throw error;
      }
    }
    // Listed after the snapshot, so that everything it refers to is among them.
    for await (const { address, bytes } of options.blobs.stored())
      yield* addStream(`blobs/${address}`, bytes, options.blobs.raw(address));
    const manifest: Manifest = {
      format: 'genesis-backup/1',
      createdAt: options.now().toISOString(),
      schema: await schemaVersion(),
      tables,
      sequences,
      files: { ...files },
    };
    yield* add(backupNames.manifest, Buffer.from(JSON.stringify(manifest)));
    yield* add(backupNames.manifestHash, Buffer.from(files[backupNames.manifest]!.sha256));
    yield tarEnd();
  } finally {
    client.end().catch(() => undefined);
    await letDeletesGo();
  }
}
