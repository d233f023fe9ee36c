import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A program, or why there is none. */
export type Found = { program: string } | { missing: string };

/** The first of these Pythons that is at least (or, when `exactly`, just) 3.11. */
export async function findPython(exactly = false): Promise<Found> {
  const check = `import sys; sys.exit(sys.version_info[:2] ${exactly ? '!=' : '<'} (3, 11))`;
  for (const program of ['python3.11', 'python3']) {
    const fits = await run(program, ['-c', check]).then(
      () => true,
      () => false,
    );
    if (fits) return { program };
  }
  return { missing: exactly ? 'Python 3.11' : 'Python 3.11 or newer' };
}

/**
 * A Python 3.11 with what a file of requirements pins by hash, made once for each state of that file, in the cache folder of whoever
 * runs this (`XDG_CACHE_HOME`, else `~/.cache`).
 */
export async function pythonWith(requirements: string): Promise<Found> {
  const python = await findPython(true);
  if ('missing' in python) return python;
  const hash = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex');
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const folder = join(cache, 'genesis', `python-${hash.slice(0, 16)}`);
  const [program, mark] = [join(folder, 'bin', 'python'), join(folder, 'complete')];
  if (existsSync(mark)) return { program };
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--require-hashes'];
  try {
    await mkdir(folder, { recursive: true });
    await run(python.program, ['-m', 'venv', '--clear', folder]);
    await run(program, [...install, '--requirement', requirements], { timeout: 900_000 });
    await writeFile(mark, '');
    return { program };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    const last = String((error as { stderr?: string }).stderr ?? error)
      .trim()
      .split('\n')
      .at(-1);
    return {
      missing: `the packages of ${requirements} (venv and pip are needed, and a package index): ${last}`,
    };
  }
}

/** Why packages cannot be had where pip looks for them; null where they can. */
export async function noPackages(): Promise<string | null> {
  const python = await findPython(true);
  if ('missing' in python) return python.missing;
  const ask = ['-m', 'pip', 'index', 'versions', 'numpy', '--disable-pip-version-check', '--retries', '1'];
  return run(python.program, ask, { timeout: 60_000 }).then(
    () => null,
    () => 'pip finds no package index',
  );
}
