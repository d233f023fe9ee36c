import { execFile, spawn } from 'node:child_process';
import { lchown, mkdir, open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { GenesisError } from '@genesis/contracts';
import type pg from 'pg';
import { whileAway, withConnection } from './connection.ts';
import type { Log } from './log.ts';
import { findPostgres, type Launch, type PostgresBinaries } from './postgres-binaries.ts';
import { isAlive, type Postmaster, signalProcess, survivingPostmaster } from './postmaster.ts';
import { socketFolderFor } from './socket-folder.ts';
import { errorCode } from './system-error.ts';

const run = promisify(execFile);

export type EmbeddedPostgres = {
  /** How to connect. It stays the same when the server has to be started again. */
  connection: { host: string; port: number; user: string; database: string };
  /** The process id of the server that runs now. */
  pid(): number;
  /** Ends the server in order: every commit is on disk, nothing has to be recovered. */
  stop(): Promise<void>;
};

const mebibyte = 2 ** 20;

/**
 * An eighth of the memory, from 128 MiB to 2 GiB. Pages that are not there are copied from the system's cache one by one, which
 * was most of the time of a search among a million datasets; what is not needed is never touched, and so takes no memory.
 *
 * @param constrained bytes that a control group allows this process; 0 or more than there is where none bounds it
 */
export const bufferMiB = (constrained: number, total: number): number => {
  const there = constrained > 0 ? Math.min(constrained, total) : total;
  return Math.min(Math.max(128, Math.floor(there / 8 / mebibyte)), 2048);
};

const settings = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  port: '5432',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  max_connections: '100',
  shared_buffers: `${bufferMiB(process.constrainedMemory(), totalmem())}MB`,
  // One server, no replica: less is written for the same safety after a crash.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '1GB',
  log_min_messages: 'warning',
  log_timezone: 'UTC',
  timezone: 'UTC',
};

const exists = async (path: string): Promise<boolean> => {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
};

/** Makes the cluster beside its place and moves it there whole, so that an interrupted start leaves nothing half-made. */
const initialise = async (binaries: PostgresBinaries, data: string): Promise<void> => {
  const draft = `${data}.draft`;
  await rm(draft, { recursive: true, force: true });
  const [command, ...args] = [...binaries.prefix, binaries.initdb];
  try {
    await run(command, [
      ...args,
      `--pgdata=${draft}`,
      '--username=genesis',
      '--auth=trust',
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--no-instructions',
    ]);
  } catch (error) {
    const said = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : '';
    if (/No space left on device/.test(said)) {
      throw new GenesisError(
        { code: 'storage-full', message: `The disk of ${data} is full: no database can be made there.` },
        { cause: error },
      );
    }
    throw new GenesisError(
      { code: 'internal', message: `The database could not be made: ${said.trim().slice(-500)}` },
      { cause: error },
    );
  }
  await rename(draft, data);
};

/** Gives the cluster to the account that runs it, for a folder that was used where another way to start was open. */
const giveTo = async (owner: number, data: string): Promise<void> => {
  if ((await stat(data)).uid === owner) return;
  for (const entry of await readdir(data, { recursive: true })) await lchown(join(data, entry), owner, owner);
  await lchown(data, owner, owner);
};

const lastLines = async (path: string): Promise<string> => {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.trim().split('\n').slice(-5).join('\n');
};

/** True once the server takes connections; false while it starts or recovers. */
const accepts = async (connection: pg.ClientConfig): Promise<boolean> => {
  try {
    await withConnection({ ...connection, database: 'postgres' }, (client) => client.query('select 1'));
    return true;
  } catch {
    return false; // Why it does not answer is in the server's log, which is read when it never does.
  }
};

/** The database for everything; `create database` knows no `if not exists`. */
const ensureDatabase = (connection: pg.ClientConfig): Promise<void> =>
  withConnection({ ...connection, database: 'postgres' }, async (client) => {
    const found = await client.query(`select 1 from pg_database where datname = 'genesis'`);
    if (found.rowCount === 0) await client.query('create database genesis');
  });

/**
 * Runs a real PostgreSQL below `folder`, reached through a Unix socket only, and keeps it running: a server that was
 * killed is started again. A server that outlived the process that started it is adopted. The caller holds the lock of
 * the folder (`lockFolder`), because two keepers of one server would fight.
 *
 * Returns once the server takes connections and the database `genesis` exists.
 */
export const startEmbeddedPostgres = async (options: {
  folder: string;
  log: Log;
  /** How long a start, with its recovery, may take. */
  startTimeoutMs?: number;
  /** How PostgreSQL may be started; see `possibleLaunches`. */
  launches?: readonly Launch[];
  /** Settings of the server in place of the usual ones, for servers whose data is thrown away. */
  settings?: Readonly<Record<string, string>>;
}): Promise<EmbeddedPostgres> => {
  const { log, startTimeoutMs = 120_000 } = options;
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  const folder = await realpath(options.folder);
  const data = join(folder, 'data');
  const logFile = join(folder, 'server.log');
  const binaries = await findPostgres(options.launches);
  if (!(await exists(data))) await initialise(binaries, data);
  // A server that is adopted keeps its socket where it made it.
  const socketFolder = (await survivingPostmaster(data))?.socketFolder ?? (await socketFolderFor(folder));
  const connection = { host: socketFolder, port: 5432, user: 'genesis', database: 'genesis' };

  let current = 0;
  let stopping = false;

  const launch = async (): Promise<number> => {
    if (binaries.owner !== undefined) await giveTo(binaries.owner, data);
    // No server lives, and a dead one that nobody has reaped yet would count as the owner of the old socket.
    for (const name of ['.s.PGSQL.5432', '.s.PGSQL.5432.lock'])
      await rm(join(socketFolder, name), { force: true });
    if ((await exists(logFile)) && (await stat(logFile)).size > 10_000_000)
      await rename(logFile, `${logFile}.1`);
    const output = await open(logFile, 'a', 0o600);
    try {
      const [command, ...args] = [...binaries.prefix, binaries.postgres, '-D', data, '-k', socketFolder];
      for (const [name, value] of Object.entries({ ...settings, ...options.settings }))
        args.push('-c', `${name}=${value}`);
      // A session of its own: the terminal's Ctrl-C ends Genesis, which then ends the server in order.
      const child = spawn(command, args, {
        detached: true,
        stdio: ['ignore', output.fd, output.fd],
        env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
        cwd: folder,
      });
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', reject);
      });
      child.unref();
      return child.pid!;
    } finally {
      await output.close();
    }
  };

  const start = async (): Promise<void> => {
    const survivor: Postmaster | undefined = await survivingPostmaster(data);
    if (survivor && survivor.socketFolder !== socketFolder) {
      throw new GenesisError({
        code: 'conflict',
        message: `PostgreSQL process ${survivor.pid} already serves ${data}, and not for this Genesis. Stop it first.`,
      });
    }
    current = survivor?.pid ?? (await launch());
    if (survivor) log.info({ pid: current }, 'Adopted the PostgreSQL server that a crash left behind');
    const began = Date.now();
    while (!(await accepts(connection))) {
      const ended = !isAlive(current);
      // The adopted one was about to die.
      if (ended && survivor) return start();
      if (ended || Date.now() - began > startTimeoutMs) {
        const said = await lastLines(logFile);
        const code = /No space left on device/.test(said) ? 'storage-full' : 'internal';
        throw new GenesisError({
          code,
          message: `The embedded PostgreSQL ${ended ? 'ended while it started' : 'did not become ready'}: ${said}`,
        });
      }
      await wait(10);
    }
  };

  /** Watches the server, whoever started it, and starts it again when it is gone. */
  const keep = async (): Promise<void> => {
    let pause = 100;
    while (!stopping) {
      await wait(100, undefined, { ref: false });
      if (stopping || isAlive(current)) continue;
      log.warn({ pid: current }, 'The PostgreSQL server is gone; it is started again');
      try {
        await start();
        pause = 100;
      } catch (error) {
        log.error({ err: error }, 'The PostgreSQL server could not be started; trying again');
        await wait(pause, undefined, { ref: false });
        pause = Math.min(pause * 2, 5000);
      }
    }
  };

  const stop = async (): Promise<void> => {
    stopping = true;
    // The keeper's own timers hold no process alive; this one does, until the server is down.
    const held = setInterval(() => undefined, 1000);
    await keeper.finally(() => clearInterval(held));
    await end();
    if (dirname(socketFolder) !== folder) await rm(socketFolder, { recursive: true, force: true });
  };

  const end = async (): Promise<void> => {
    for (const [signal, patience] of [
      ['SIGINT', 30_000],
      ['SIGQUIT', 10_000],
      ['SIGKILL', 5000],
    ] as const) {
      if (!isAlive(current)) return;
      signalProcess(current, signal);
      const asked = Date.now();
      while (isAlive(current) && Date.now() - asked < patience) await wait(10);
    }
  };

  await start();
  const keeper = keep();
  await whileAway(() => ensureDatabase(connection));
  return { connection, pid: () => current, stop };
};
