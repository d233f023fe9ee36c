import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { PgTransactionConfig } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { whileAway } from './connection.ts';
import { asGenesisError, databaseTrouble } from './database-error.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { lockFolder } from './folder-lock.ts';
import type { Log } from './log.ts';
import { migrateDatabase } from './migrate.ts';
import { createSpaceGuard, type SpaceGuard } from './space-guard.ts';

/** A transaction; everything written through it commits or vanishes together. */
export type Tx = Parameters<Parameters<NodePgDatabase['transaction']>[0]>[0];

type TransactionOptions = PgTransactionConfig & {
  /** How often a body may run again after contention; 5 by default. Lost connections are waited out for 15 seconds. */
  retries?: number;
};

export type Database = {
  /** For reads outside a transaction. */
  orm: NodePgDatabase;
  pool: pg.Pool;
  /** How to open further connections to the same database. */
  connection: pg.ClientConfig;
  /** True when the server is the embedded one, which no other process uses. */
  embedded: boolean;
  /**
   * Runs `body` in a transaction. After a serialization failure, a deadlock or a connection lost before the commit,
   * nothing of it has happened, and `body` runs again; it must have no effect outside the transaction. A connection
   * lost during the commit leaves the outcome unknown: that throws `unavailable` and never repeats by itself.
   * With too little disk space a writing transaction throws `storage-full` before it begins.
   */
  transaction<T>(body: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Waits for running queries, stops an embedded server in order and gives the folder free. */
  close(): Promise<void>;
};

type OnClient = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: unknown) => void,
) => void;

/** A pool that waits while the server is away, and whose broken idle connections harm nobody. */
class PatientPool extends pg.Pool {
  override connect(): Promise<pg.PoolClient>;
  override connect(callback: OnClient): void;
  override connect(callback?: OnClient): Promise<pg.PoolClient> | undefined {
    if (!callback) return this.connectPatiently();
    void this.deliver(callback);
    return undefined;
  }

  /** The pool's own `query` asks for its connection in this older way. */
  private async deliver(callback: OnClient): Promise<void> {
    let client: pg.PoolClient;
    try {
      client = await this.connectPatiently();
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)), undefined, () => undefined);
      return;
    }
    callback(undefined, client, (release) => client.release(release === true));
  }

  private connectPatiently(): Promise<pg.PoolClient> {
    return whileAway(
      () => super.connect(),
      () => this.ending,
    );
  }
}

/** Whole numbers of 8 bytes as numbers while they are exact, beyond that as bigint. */
const parseInt8 = (text: string): number | bigint => {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
};

const openPool = (connection: pg.ClientConfig, connections: number, log: Log): pg.Pool => {
  pg.types.setTypeParser(pg.types.builtins.INT8, parseInt8);
  const pool = new PatientPool({
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    ...connection,
    max: connections,
  });
  pool.on('error', (error) => log.debug({ err: error }, 'An idle database connection broke'));
  // Without a listener a connection that breaks in the middle of a transaction would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
};

/** How long open connections may take to finish when the database is closed. */
const poolEndMs = 10_000;

/** How long a transaction is begun again while the server is away or comes back. */
const lostPatienceMs = 15_000;

const createTransaction =
  (orm: NodePgDatabase, guard: SpaceGuard): Database['transaction'] =>
  async (body, options = {}) => {
    const { retries = 5, ...settings } = options;
    if (settings.accessMode !== 'read only') await guard.assertRoom();
    const began = Date.now();
    for (let attempt = 0; ; attempt++) {
      let committing = false;
      try {
        return await orm.transaction(async (tx) => {
          const result = await body(tx);
          committing = true;
          return result;
        }, settings);
      } catch (error) {
        const trouble = databaseTrouble(error);
        const repeatable = trouble === 'contention' || (trouble === 'lost' && !committing);
        // A server that comes back may meet a pool full of dead connections: that is waited out, contention is counted.
        const enough = trouble === 'lost' ? Date.now() - began > lostPatienceMs : attempt >= retries;
        if (!repeatable || enough) throw asGenesisError(error);
      }
      await wait(2 ** Math.min(attempt, 5) * (5 + 10 * Math.random()));
    }
  };

/**
 * Opens the database: the server of `databaseUrl`, else an embedded one in `dataFolder`, which from then on belongs to
 * this process alone (`conflict` when another one has it). Brings the schema up to date before it returns.
 */
export const openDatabase = async (options: {
  databaseUrl?: string | undefined;
  dataFolder: string;
  log: Log;
  /** Free space below which writing transactions are refused; 0 by default. */
  reserveBytes?: number;
  connections?: number;
}): Promise<Database> => {
  const { log, dataFolder } = options;
  const lock = await lockFolder(dataFolder);
  const undo: (() => Promise<void>)[] = [() => lock.release()];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    let connection: pg.ClientConfig;
    if (options.databaseUrl) {
      connection = { connectionString: options.databaseUrl };
    } else {
      const server = await startEmbeddedPostgres({ folder: join(dataFolder, 'postgres'), log });
      undo.push(() => server.stop());
      connection = server.connection;
    }
    await whileAway(() => migrateDatabase(connection));
    const pool = openPool(connection, options.connections ?? 20, log);
    // A connection that hangs while its server was killed never ends; the server ends what is left.
    undo.push(() => Promise.race([pool.end(), wait(poolEndMs)]));
    const orm = drizzle({ client: pool });
    const guard = createSpaceGuard({ folder: dataFolder, reserveBytes: options.reserveBytes ?? 0 });
    return {
      orm,
      pool,
      connection,
      embedded: !options.databaseUrl,
      transaction: createTransaction(orm, guard),
      close,
    };
  } catch (error) {
    await close();
    throw asGenesisError(error);
  }
};
