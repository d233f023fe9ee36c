/** The process is killed in the middle of making an environment: there is a whole one under its key, or none. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLog, noCrashPoints } from '../../kernel/index.ts';
import { sandboxMissing } from '../executors/local/sandbox-for-tests.ts';
import { createEnvironments } from './environments.ts';
import { findPython } from './python.ts';
import { writeWheel } from './wheel-for-tests.ts';

const server = fileURLToPath(new URL('./crash-server.ts', import.meta.url));
const missing =
  (await sandboxMissing()) ??
  (await findPython('3.11').then(
    () => null,
    (error: Error) => error.message,
  ));

/** Processes of this machine whose command line names a folder. */
async function processesOf(folder: string): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.includes(folder));
}

describe.skipIf(missing !== null)(missing === null ? 'killed' : `killed (skipped: ${missing})`, () => {
  let root = '';
  let wheels = '';
  let lock = '';
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'genesis-environments-'));
    wheels = join(root, 'wheels');
    const files = Object.fromEntries(
      Array.from({ length: 200 }, (_, at) => [`shelf/m${at}.py`, `x = ${at}\n`]),
    );
    lock = `shelf==1.0 --hash=sha256:${await writeWheel(wheels, 'shelf', '1.0', files)}\n`;
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  /** Runs the process to its end; with a line, kills it some milliseconds after it said that. */
  async function runUntil(
    folder: string,
    point: string,
    killAfter?: { line: string; ms: number },
  ): Promise<string> {
    const child = spawn(process.execPath, [server, folder, wheels, lock, point], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (killAfter !== undefined && said.includes(killAfter.line))
        void pause(killAfter.ms).then(() => child.kill('SIGKILL'));
    });
    await once(child, 'close');
    return said;
  }

  async function isWholeAfter(folder: string): Promise<void> {
    const environments = createEnvironments({
      ...{ folder, wheelFolder: wheels, log: createLog({ level: 'silent' }), limitBytes: 2 ** 30 },
      ...{ crash: noCrashPoints, guard: { assertRoom: async () => undefined } },
    });
    await environments.start();
    try {
      expect((await readdir(folder)).filter((name) => !/^([0-9a-f]{64}|python)$/.test(name))).toEqual([]);
      const { key } = await environments.ensure({ lock, python: '3.11' });
      const modules = await readdir(join(folder, key, 'tree/lib/python3.11/site-packages/shelf'));
      expect(modules.filter((name) => name.endsWith('.py'))).toHaveLength(200);
      expect((await environments.list()).map((one) => one.key)).toEqual([key]);
    } finally {
      await environments.close();
    }
  }

  test.each([
    ['environment.fetched', false],
    ['environment.installed', false],
    ['environment.made', true],
  ])('at %s', async (point, isThere) => {
    const folder = join(root, point);
    await runUntil(folder, point);
    const whole = (await readdir(folder)).filter((name) => /^[0-9a-f]{64}$/.test(name));
    expect(whole).toHaveLength(isThere ? 1 : 0);
    await isWholeAfter(folder);
  });

  test.each([0, 60, 150, 300, 500, 800])('%i ms after pip began', async (ms) => {
    const folder = join(root, `after-${ms}`);
    await runUntil(folder, '', { line: 'making a virtual environment', ms });
    for (let look = 0; look < 100 && (await processesOf(folder)).length > 0; look += 1) await pause(50);
    expect(await processesOf(folder)).toEqual([]);
    await isWholeAfter(folder);
  });
});
