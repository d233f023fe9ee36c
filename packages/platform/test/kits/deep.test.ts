/**
 * The tests of the kits `deep` and `scattering`, in one environment that is made once for each state of the lock: that of
 * `scattering`, which has all that `deep` needs, with pytest.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { readKit } from '../../src/runs/kits/read-kit.ts';
import { pythonWith } from '../python-environment.ts';

const run = promisify(execFile);
const kits = fileURLToPath(new URL('../../../../kits', import.meta.url));
const python = await pythonWith(join(kits, 'scattering', 'tests', 'requirements.txt'));
if ('missing' in python)
  process.stderr.write(`skipped: tests of deep and scattering: no ${python.missing}\n`);

/** Requirement by requirement, with its hashes. */
const lockOf = async (path: string): Promise<string[]> =>
  (await readFile(join(kits, path), 'utf8')).split(/\n(?=\S)/).map((entry) => entry.trim());

test('the lock of deep, and the one of the tests, say what the lock of scattering says', async () => {
  const scattering = new Set(await lockOf('scattering/requirements.txt'));
  const deep = await lockOf('deep/requirements.txt');
  expect(deep.length).toBeGreaterThan(10);
  expect(deep.filter((entry) => !scattering.has(entry))).toEqual([]);
  const more = (await lockOf('scattering/tests/requirements.txt')).filter((entry) => !scattering.has(entry));
  expect(more.map((entry) => entry.split('==')[0])).toEqual(['iniconfig', 'pluggy', 'pygments', 'pytest']);
});

test.skipIf('missing' in python).each(['deep', 'scattering'])(
  'the tests of kits/%s pass',
  async (kit) => {
    if ('missing' in python) return;
    const options = ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', 'tests'];
    // one thread and sleeping waits: other tests run beside these
    const environment = { ...process.env, PYTHONDONTWRITEBYTECODE: '1', OMP_NUM_THREADS: '1' };
    const { stdout } = await run(python.program, options, {
      cwd: join(kits, kit),
      env: environment,
      maxBuffer: 2 ** 26,
    }).catch((error: unknown) => {
      throw new Error(String((error as { stdout?: string }).stdout ?? error));
    });
    expect(stdout).toMatch(/\d+ passed/);
    expect(stdout).not.toMatch(/failed|error/);
  },
  900_000,
);

test('the scattering kit takes the networks of the deep kit along, at their own name', async () => {
  const { files } = await readKit(join(kits, 'scattering'));
  const paths = files.map(({ path }) => path);
  expect(paths).toContain('genesis_scattering/train.py');
  expect(paths).toContain('genesis_deep/checkpoint.py');
  expect(new Set(paths).size).toBe(paths.length);
});
