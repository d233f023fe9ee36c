/** Finding a Python that environments can be made with. */
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { GenesisError } from '@genesis/contracts';
import { z } from 'zod';

const run = promisify(execFile);
const probe = fileURLToPath(new URL('./probe.py', import.meta.url));

const factsSchema = z.object({
  version: z.string(),
  implementation: z.string(),
  /** For example `linux-x86_64 glibc 2.36`: what wheels must fit. */
  platform: z.string(),
  /** The interpreter itself, behind every link, shim and environment. */
  executable: z.string().startsWith('/'),
  /** The folder that it and its standard library lie below. */
  prefix: z.string().startsWith('/'),
  missing: z.array(z.string()),
  trouble: z.string().nullable(),
  /** Where pip looks, as its user has set it. May hold passwords: for pip only. */
  pip: z.record(z.string(), z.string()),
  proxies: z.record(z.string(), z.string()),
});
export type Python = z.infer<typeof factsSchema>;

/** Where a Python of a version may be: through PATH, then the usual places, those of pyenv and uv last. */
async function candidates(version: string): Promise<string[]> {
  const name = `python${version}`;
  const homes = [
    { folder: join(homedir(), '.pyenv/versions'), begins: version },
    { folder: join(homedir(), '.local/share/uv/python'), begins: `cpython-${version}` },
  ];
  const found: string[] = [];
  for (const { folder, begins } of homes) {
    const names = await readdir(folder).catch(() => []);
    const fitting = names.filter((one) => one === begins || one.startsWith(`${begins}.`)).sort();
    found.push(...fitting.reverse().map((one) => join(folder, one, 'bin', name)));
  }
  return [name, `/usr/bin/${name}`, `/usr/local/bin/${name}`, ...found];
}

const mostMs = 60_000;

/**
 * What a Python says of itself; a text says why it cannot be asked. One that does not answer in time is no other's
 * turn: an environment belongs to its Python, and a busy machine must not change which that is.
 *
 * @throws GenesisError `unavailable`
 */
async function ask(command: string): Promise<Python | string> {
  try {
    const { stdout } = await run(command, ['-I', probe], { timeout: mostMs, maxBuffer: 2 ** 20 });
    return factsSchema.parse(JSON.parse(stdout));
  } catch (error) {
    if ((error as { killed?: boolean }).killed === true)
      throw new GenesisError(
        {
          code: 'unavailable',
          message: `${command} does not answer within ${mostMs / 1_000} seconds: this machine is busy.`,
          retryAfterSeconds: 60,
        },
        { cause: error },
      );
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'it is not there' : 'it cannot be run';
  }
}

/**
 * The first Python of a version, such as `3.11`, that can make environments; `named` is the one that the operator has
 * named, and then no other is looked for.
 *
 * @throws GenesisError `unsupported`, saying what to install
 */
export async function findPython(version: string, named?: string): Promise<Python> {
  const reasons: string[] = [];
  for (const command of named === undefined ? await candidates(version) : [named]) {
    const found = await ask(command);
    if (typeof found === 'string') {
      if (named !== undefined || found !== 'it is not there') reasons.push(`${command}: ${found}`);
    } else if (found.version !== version && !found.version.startsWith(`${version}.`))
      reasons.push(`${command} is Python ${found.version}`);
    else if (found.missing.length > 0)
      reasons.push(`${found.executable} lacks ${found.missing.join(' and ')}: install python${version}-venv`);
    else if (found.trouble !== null) reasons.push(`the settings of pip cannot be read (${found.trouble})`);
    else return found;
  }
  const looked = reasons.length === 0 ? '' : ` Looked at: ${[...new Set(reasons)].join('; ')}.`;
  throw new GenesisError({
    code: 'unsupported',
    message: `Python ${version}, which this needs, is not found on this machine.${looked} Install it (for example "apt-get install python${version} python${version}-venv", or pyenv), or name it with --python.`,
  });
}
