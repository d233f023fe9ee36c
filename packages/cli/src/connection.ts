import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createClient, type GenesisClient } from '@genesis/client';
import { UsageError } from './failure.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a server is, and who asks. */
export type Credentials = { url: string; token?: string };

export type ConnectionOptions = { url?: string; token?: string; credentials?: string };

const defaultUrl = 'http://127.0.0.1:7470';

/** Where `genesis serve` leaves the credentials for the other commands; undefined where a person has no home folder. */
export function credentialsPath(env: Environment): string | undefined {
  const base = env['XDG_CONFIG_HOME'] || (env['HOME'] ? join(env['HOME'], '.config') : undefined);
  return base === undefined ? undefined : join(base, 'genesis', 'credentials.json');
}

/** What the file says; nothing where it is missing and not `required`. */
export async function readCredentials(path: string, required: boolean): Promise<Partial<Credentials>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (!required && (error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  try {
    const { url, token } = JSON.parse(text) as Record<string, unknown>;
    return {
      ...(typeof url === 'string' ? { url } : {}),
      ...(typeof token === 'string' ? { token } : {}),
    };
  } catch (error) {
    throw new UsageError(`${path} is not a credentials file: expected JSON with "url" and "token"`, {
      cause: error,
    });
  }
}

/** Writes credentials so that only their owner can read them, and never half of them. */
export async function writeCredentials(path: string, credentials: Credentials): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 });
  await rename(temporary, path);
}

function checkedUrl(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol)) {
    throw new UsageError(`The address "${url}" is not valid: expected one like ${defaultUrl}`);
  }
  return url;
}

/**
 * The server to talk to and the token to show: from the options, else from GENESIS_URL and GENESIS_TOKEN, else from the
 * credentials file. A token from the file goes only to the address beside it, so that naming another server does not
 * hand it over.
 */
export async function resolveConnection(options: ConnectionOptions, env: Environment): Promise<Credentials> {
  const path = options.credentials ?? credentialsPath(env);
  const stored = path === undefined ? {} : await readCredentials(path, options.credentials !== undefined);
  const url = checkedUrl(options.url ?? (env['GENESIS_URL'] || stored.url || defaultUrl));
  // A file that was named on purpose vouches for the address beside it.
  const named = options.credentials !== undefined;
  const same = named || stored.url === undefined || new URL(stored.url).origin === new URL(url).origin;
  const token = options.token ?? (env['GENESIS_TOKEN'] || (same ? stored.token : undefined));
  return token === undefined ? { url } : { url, token };
}

export async function connect(options: ConnectionOptions, env: Environment): Promise<GenesisClient> {
  return createClient(await resolveConnection(options, env));
}
