import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { pythonWith } from './python-environment.ts';

const folder = fileURLToPath(new URL('../../../kits/tabular/', import.meta.url));
const python = await pythonWith(join(folder, 'requirements.txt'));
const skipping = 'missing' in python ? ` (skipped: ${python.missing})` : '';

/** Runs a module of tests and gives what it said; its own report where it failed. */
const unittest = (program: string, module: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const threads = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' };
    const env = { PATH: process.env['PATH'], PYTHONDONTWRITEBYTECODE: '1', ...threads };
    const options = { cwd: folder, env, timeout: 900_000, maxBuffer: 2 ** 24 };
    execFile(program, ['-m', 'unittest', '-v', module], options, (error, _out, report) =>
      error === null ? resolve(report) : reject(new Error(report || error.message)),
    );
  });

for (const [module, what, count] of [
  ['tests.test_parts', 'folds, trees, members, intervals, their narrowing, and ensembles', 15],
  ['tests.test_refusals', 'what cannot be trained on is refused', 6],
  ['tests.test_asked_rows', 'rows as JSON lines, and baselines', 3],
  ['tests.test_jobs', 'train and predict as jobs', 8],
] as const) {
  test.skipIf('missing' in python)(
    `the tabular kit: ${what}${skipping}`,
    { timeout: 1_000_000 },
    async () => {
      if ('missing' in python) return;
      expect(await unittest(python.program, module)).toMatch(
        new RegExp(`Ran ${count} tests[\\s\\S]*\\nOK\\n$`),
      );
    },
  );
}

test('the locks of the tabular kit pin every package by hash and name no index', async () => {
  for (const lock of ['requirements.txt', 'bench/requirements.txt']) {
    const text = await readFile(join(folder, lock), 'utf8');
    const packages = text
      .split(/\n(?=[^ ])/)
      .filter((block) => !block.startsWith('#') && block.trim() !== '');
    expect(packages.length).toBeGreaterThan(10);
    for (const block of packages)
      expect(block).toMatch(/^[\w.-]+==\S+ \\\n( +--hash=sha256:[0-9a-f]{64}( \\)?\n?)+$/);
    expect(text).not.toMatch(/https?:|file:|--index|--find-links/);
  }
});
