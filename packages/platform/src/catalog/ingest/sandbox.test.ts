import { execFile } from 'node:child_process';
import { readdir, realpath, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/temporary-folder.ts';
import { openDuckDb, query } from './duckdb.ts';
import { ingestFile } from './ingest-file.ts';
import { defaultLimits } from './model.ts';
import { runChild } from './run-child.ts';
import { type Confinement, childCommand, confinement } from './sandbox.ts';

const run = promisify(execFile);

test('DuckDB opens files of its staging folder only, and its settings are locked', async () => {
  const folder = await temporaryFolder();
  const outside = join(await temporaryFolder(), 'secret.csv');
  await writeFile(outside, 'a\n1\n');
  await writeFile(join(folder, 'inside.csv'), 'a\n1\n');
  const connection = await openDuckDb(folder, defaultLimits);
  expect(await query(connection, `SELECT * FROM read_csv('${folder}/inside.csv')`)).toHaveLength(1);
  const refused = [
    `SELECT * FROM read_csv('${outside}')`,
    `SELECT * FROM read_text('/etc/passwd')`,
    `SELECT * FROM read_csv('${folder}/../${outside.split('/').slice(-2).join('/')}')`,
    `COPY (SELECT 1) TO '${outside}'`,
    `ATTACH '${outside}.db'`,
    'SET enable_external_access = true',
    "SET allowed_directories = ['/']",
    "SET memory_limit = '100GB'",
    'INSTALL httpfs',
    'LOAD httpfs',
    "SELECT * FROM glob('/etc/*')",
  ];
  for (const sql of refused) await expect(query(connection, sql), sql).rejects.toThrow();
});

/** What a program in the place of the child finds out about the machine. */
const probe = `
import { readFileSync, writeFileSync, readdirSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { connect } from 'node:net';
const attempt = (act) => { try { act(); return 'possible'; } catch (error) { return error.code ?? 'failed'; } };
const [outside, port] = process.argv.slice(2);
const network = await new Promise((resolve) => {
  const socket = connect({ host: '127.0.0.1', port: Number(port) }, () => { socket.destroy(); resolve('possible'); });
  socket.on('error', (error) => resolve(error.code));
});
console.log(JSON.stringify({
  environment: Object.keys(process.env).filter((name) => !['PWD', 'SHLVL', '_', 'OLDPWD'].includes(name)),
  read: attempt(() => readFileSync(outside)),
  write: attempt(() => writeFileSync(outside, 'x')),
  list: attempt(() => readdirSync('/root')),
  ownFolder: attempt(() => writeFileSync('note', 'x')),
  kernel: attempt(() => writeFileSync('/proc/sys/kernel/core_pattern', 'x')),
  spawn: attempt(() => { const { error } = spawnSync('/bin/true'); if (error) throw error; }),
  network,
}));
process.exit(0);
`;

/** With `bare`, Node's own permission model is left out, as if machine code in the child had got around it. */
const probed = async (confined: Confinement, bare = false) => {
  const folder = await realpath(await temporaryFolder());
  const outside = join(await temporaryFolder(), 'secret.csv');
  await writeFile(outside, 'a\n1\n');
  await writeFile(join(folder, 'probe.mjs'), probe);
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  try {
    const whole = childCommand(folder, defaultLimits, confined).slice(0, -1);
    const command = bare ? whole.filter((word) => !/^--(permission|allow-)/.test(word)) : whole;
    const [program, ...args] = [...command, join(folder, 'probe.mjs'), outside, String(port)];
    const { stdout } = await run(program, args, { cwd: folder, env: {} });
    return JSON.parse(stdout) as Record<string, unknown>;
  } finally {
    server.close();
  }
};

test('with the permission model alone, the program reads and writes its folder and starts nothing', async () => {
  expect(await probed('permissions')).toMatchObject({
    environment: [],
    read: 'ERR_ACCESS_DENIED',
    write: 'ERR_ACCESS_DENIED',
    list: 'ERR_ACCESS_DENIED',
    ownFolder: 'possible',
    spawn: 'ERR_ACCESS_DENIED',
  });
});

test('under bubblewrap there is no network either', async ({ skip }) => {
  skip((await confinement()) !== 'bubblewrap', 'bubblewrap does not work on this machine');
  expect(await probed('bubblewrap')).toEqual({
    environment: [],
    read: 'ERR_ACCESS_DENIED',
    write: 'ERR_ACCESS_DENIED',
    list: 'ERR_ACCESS_DENIED',
    ownFolder: 'possible',
    kernel: 'ERR_ACCESS_DENIED',
    spawn: 'ERR_ACCESS_DENIED',
    network: 'ECONNREFUSED',
  });
  expect(await probed('bubblewrap', true)).toMatchObject({
    read: 'ENOENT',
    write: 'ENOENT',
    list: 'ENOENT',
    kernel: 'ENOENT',
    ownFolder: 'possible',
    network: 'ECONNREFUSED',
  });
});

test('a reader that is killed, or eats memory, is an error with a reason', async () => {
  const folder = await temporaryFolder();
  const file = join(folder, 'upload');
  await writeFile(file, `a,b\n${'1,2\n'.repeat(5_000_000)}`);
  const stopping = new AbortController();
  const cancelled = ingestFile({
    file,
    stagingFolder: folder,
    signal: stopping.signal,
    onMemory: () => stopping.abort(),
  });
  await expect(cancelled).rejects.toMatchObject({ failure: { code: 'conflict', message: /cancelled/ } });
  // Less than Node itself takes: the watchdog must notice.
  const greedy = ingestFile({ file, stagingFolder: folder, limits: { memoryMiB: -1000 } });
  await expect(greedy).rejects.toMatchObject({ failure: { code: 'too-large', message: /memory/ } });
});

test('a job over files elsewhere fails', async () => {
  const stagingFolder = await temporaryFolder();
  const columns = [{ name: 'a', unit: null, type: 'text' as const }];
  const request = { parquetFile: '/etc/passwd', columns, chosen: [0], form: 'csv' as const };
  const job = runChild(
    { kind: 'rows', request },
    { stagingFolder, limits: defaultLimits, onData: async (stream) => void stream.resume() },
  );
  await expect(job).rejects.toMatchObject({ failure: { code: 'internal' } });
  expect(await readdir(stagingFolder)).toEqual([]);
});
