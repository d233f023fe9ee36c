import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { person } from '../campaign-world.ts';
import { startServer } from '../noninterference/server.ts';
import { pythonWith } from '../python-environment.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const python = await pythonWith(here('requirements.txt'));
const skipped = 'missing' in python ? ` (skipped: ${python.missing})` : '';

test.skipIf('missing' in python)(
  `every call of MLflow's own client returns what it must${skipped}`,
  async () => {
    if ('missing' in python) return;
    const server = await startServer();
    const { token } = await person(server, 'scientist');
    const report = join(await temporaryFolder(), 'report.json');
    const env = { ...process.env, MLFLOW_TRACKING_TOKEN: token };
    const options = { env, timeout: 550_000, maxBuffer: 2 ** 26 };
    await promisify(execFile)(python.program, [here('client_calls.py'), server.url, report], options);
    type Call = { name: string; ok: boolean };
    const { calls } = JSON.parse(await readFile(report, 'utf8')) as { calls: Call[] };
    expect(calls.filter(({ ok }) => !ok)).toEqual([]);
    expect(calls.length).toBeGreaterThanOrEqual(120);
  },
  300_000,
);
