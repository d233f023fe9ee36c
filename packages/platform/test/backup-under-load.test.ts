import { execFile } from 'node:child_process';
import { open, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatVerifierKey, parseVerifierKey, verifyCrate } from '@genesis/evidence';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { loadConfig } from '../src/kernel/index.ts';
import { type Platform, startPlatform } from '../src/main.ts';
import { call, send, until } from './noninterference/client.ts';
import { temporaryFolder } from './temporary-folder.ts';

// Several platforms start here one after the other, each with a database server of its own.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const restoreProgram = fileURLToPath(new URL('../src/restore.ts', import.meta.url));
const commandLine = fileURLToPath(new URL('../../cli/src/bin.ts', import.meta.url));

const platforms: Platform[] = [];
afterAll(async () => {
  for (const platform of platforms) await platform.close();
});

const start = async (dataFolder: string): Promise<Platform> => {
  const { config } = await loadConfig({
    env: {},
    flags: { dataFolder, port: 0, logLevel: 'silent', reserveBytes: 0 },
    workingFolder: dataFolder,
  });
  const platform = await startPlatform(config);
  platforms.push(platform);
  return platform;
};

type Ended = { status: number; stdout: string; stderr: string };
const runProgram = (program: string, args: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const env = { PATH: process.env['PATH'] ?? '', HOME: root };
    execFile(process.execPath, [program, ...args], { env }, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ status, stdout, stderr });
    });
  });
const restore = (archive: string, folder: string) =>
  runProgram(restoreProgram, [archive, '--data-folder', folder, '--log-level', 'silent']);

let root: string;
/** What was learnt from the first platform before and after its backup. */
let seen: {
  url: string;
  token: string;
  key: string;
  before: { size: number; note: string };
  after: { size: number; note: string };
  crate: Uint8Array;
  replay: string;
  hypothesis: string;
  instrument: string;
  acknowledged: string[];
  archive: string;
  written: number;
};

const asking = (url: string, token: string) => ({
  post: <T>(path: string, body?: unknown) => call<T>(url, token, { method: 'POST', path, body }),
  get: <T>(path: string) => call<T>(url, token, { method: 'GET', path }),
});
type Asking = ReturnType<typeof asking>;

const importTable = async (url: string, token: string, name: string, csv: string, more: object = {}) => {
  const { post, get } = asking(url, token);
  type Job = { id: string; state: string; version: string; split: string };
  const { id } = await post<Job>('/v1/imports', { name, ...more });
  await call(url, token, { method: 'PUT', path: `/v1/imports/${id}/content`, content: csv });
  return await until(
    () => get<Job>(`/v1/imports/${id}`),
    ({ state }) => state === 'done' || state === 'failed',
  );
};
const explored = ({ get }: Asking, id: string) =>
  until(
    () => get<{ campaign: { state: string }; progress: { recorded: number } }>(`/v1/campaigns/${id}`),
    ({ campaign }) => campaign.state === 'explored',
  );
const crateOf = async (url: string, token: string, id: string): Promise<Buffer> => {
  const answer = await send(url, token, { method: 'POST', path: `/v1/campaigns/${id}/crate`, body: {} });
  if (answer.status !== 200) throw new Error(answer.text);
  return Buffer.from(answer.text, 'latin1');
};

/** Streams a backup into a file while `during` goes on; the reader is slow, as a network would be. */
async function backUp(url: string, admin: string, file: string): Promise<void> {
  const answer = await fetch(`${url}/v1/backup`, {
    method: 'POST',
    headers: { authorization: `Bearer ${admin}` },
  });
  expect(answer.status).toBe(200);
  const handle = await open(file, 'wx');
  for await (const chunk of answer.body!) await handle.write(chunk);
  await handle.close();
}

beforeAll(async () => {
  root = await temporaryFolder();
  const { url, admin } = await start(join(root, 'first'));
  const adminToken = (await readFile(admin.tokenFile, 'utf8')).trim();
  const asAdmin = asking(url, adminToken);
  const { organisation } = await asAdmin.get<{ organisation: string }>('/v1/me');
  const { id } = await asAdmin.post<{ id: string }>('/v1/principals', {
    kind: 'person',
    name: 'ada',
    organisation,
  });
  await asAdmin.post(`/v1/principals/${id}/roles`, { organisation, role: 'researcher' });
  const { secret: token } = await asAdmin.post<{ secret: string }>(`/v1/principals/${id}/tokens`, {
    name: 'test',
  });
  const ask = asking(url, token);
  const { post } = ask;
  const rows = Array.from({ length: 60 }, (_, i) => `${i % 30},${(i * 7) % 11},${Math.sin(i)}`);
  const table = await importTable(url, token, 'table', `a,b,y\n${rows.join('\n')}\n`, {
    split: { inputs: ['a', 'b'], seed: 'cut', confirmFraction: 0.5 },
  });
  const { id: replay } = await post<{ id: string }>('/v1/campaigns', {
    title: 'Replay',
    source: { kind: 'table', version: table.version, split: table.split, inputs: ['a', 'b'] },
    objective: { name: 'y', goal: { kind: 'maximize' } },
    budget: 5,
    seed: 'one',
  });
  await explored(ask, replay);
  const { run } = await post<{ run: string }>(`/v1/campaigns/${replay}/models`, {});
  await until(
    () => ask.get<{ run: { status: string } }>(`/v1/runs/${run}`),
    (one) => one.run.status === 'succeeded',
  );
  const { id: hypothesis } = await post<{ id: string }>(`/v1/campaigns/${replay}/hypotheses`, {
    kind: 'prediction',
    confidence: 0.7,
  });
  const crate = await crateOf(url, token, replay);
  const { verifierKey: key } = await ask.get<{ verifierKey: string }>('/v1/ledger/key');
  const before = await post<{ size: number; note: string }>('/v1/ledger/checkpoint');

  // Under load: an instrument explores, and people import tables all the while.
  const { id: instrument } = await post<{ id: string }>('/v1/campaigns', {
    title: 'Spheres',
    source: { kind: 'capability', capability: 'stober-silica' },
    objective: { name: 'diameter', unit: 'nm', goal: { kind: 'target', value: 300 } },
    space: {
      parameters: [
        { kind: 'continuous', name: 'teos', min: 0.1, max: 0.5 },
        { kind: 'continuous', name: 'water', min: 0.5, max: 17 },
        { kind: 'continuous', name: 'ammonia', min: 0.5, max: 3 },
      ],
    },
    budget: 6,
    seed: 'two',
  });
  let working = true;
  let written = 0;
  const acknowledged: string[] = [];
  const load = Array.from({ length: 2 }, async (_, worker) => {
    while (working) {
      const name = `load ${worker} ${written++}`;
      const { state } = await importTable(url, token, name, `x,${name.replaceAll(' ', '_')}\n1,2\n3,4\n`);
      if (state !== 'done') throw new Error(`${name} was not imported`);
      acknowledged.push(name);
    }
  });
  await until(
    async () => acknowledged.length,
    (count) => count >= 3,
  );
  const early = [...acknowledged];
  const archive = join(root, 'backup.tar');
  await backUp(url, adminToken, archive);
  working = false;
  await Promise.all(load);
  for (const word of ['one', 'two']) await post('/v1/campaigns', later(word));
  const witness = join(root, 'witness.json');
  const witnessing = ['ledger', 'witness', witness, '--url', url, '--token', adminToken];
  expect(await runProgram(commandLine, witnessing)).toMatchObject({ status: 0 });
  const after = await post<{ size: number; note: string }>('/v1/ledger/checkpoint');
  await platforms.pop()!.close();
  seen = {
    ...{ url, token, key, before, after, crate, replay, hypothesis, instrument, archive, written },
    acknowledged: early,
  };
});

const later = (seed: string) => ({
  title: 'After the backup',
  source: { kind: 'people' },
  objective: { name: 'y', goal: { kind: 'maximize' } },
  space: { parameters: [{ kind: 'continuous', name: 'x', min: 0, max: 1 }] },
  budget: 2,
  seed,
});

test('an archive that was cut short or changed restores nothing', async () => {
  const bytes = await readFile(seen.archive);
  const changed = Buffer.from(bytes);
  const place = bytes.indexOf('Replay');
  expect(place).toBeGreaterThan(0);
  changed.write('replay', place);
  for (const [name, content] of [
    ['cut', bytes.subarray(0, Math.floor(bytes.length / 2))],
    ['changed', changed],
  ] as const) {
    const file = join(root, `${name}.tar`);
    await writeFile(file, content);
    const ended = await restore(file, join(root, name));
    expect(ended).toMatchObject({ status: 2, stdout: '' });
    expect(ended.stderr).toMatch(
      /^Nothing was restored\. (The archive is damaged: it ends too early|This archive cannot be restored: "database\/campaign\/000000\.ndjson" was changed)/,
    );
  }
  const left = (await readdir(root)).filter((name) => /^(cut|changed)/.test(name)).sort();
  expect(left).toEqual(['changed.tar', 'cut.tar']);
});

test('a folder that holds something is refused and stays as it is', async () => {
  const folder = join(root, 'first');
  const names = await readdir(folder);
  const ended = await restore(seen.archive, folder);
  expect(ended).toMatchObject({ status: 1, stdout: '' });
  expect(ended.stderr).toMatch(/is not empty/);
  expect(await readdir(folder)).toEqual(names);
});

test('what was backed up under load goes on elsewhere: data, tokens, seals, proofs, background work', async () => {
  const folder = join(root, 'second');
  const ended = await restore(seen.archive, folder);
  expect(ended.stderr).toBe('');
  const report = JSON.parse(ended.stdout) as { dataFolder: string; rows: number; files: number };
  expect(report.dataFolder).toBe(folder);
  expect(report.files).toBeGreaterThan(3);
  expect((await stat(join(folder, 'keys'))).isDirectory()).toBe(true);

  const { url, admin } = await start(folder);
  expect(admin.created).toBe(false);
  const { token, key } = seen;
  const ask = asking(url, token);
  const { get, post } = ask;

  // Everything that was acknowledged before the backup began is there; each import is whole or absent.
  const { items } = await get<{ items: { id: string; name: string }[] }>('/v1/datasets?limit=200');
  const names = items.map(({ name }) => name);
  for (const name of seen.acknowledged) expect(names).toContain(name);
  for (const { id } of items) {
    const { versions } = await get<{ versions: { id: string }[] }>(`/v1/datasets/${id}`);
    const shown = await send(url, token, { method: 'GET', path: `/v1/versions/${versions[0]!.id}/export` });
    expect(shown.status).toBe(200);
    expect(shown.text.split('\n').length).toBeGreaterThan(2);
  }

  // The ledger goes on from the checkpoints that were signed before, under the same key.
  expect((await get<{ verifierKey: string }>('/v1/ledger/key')).verifierKey).toBe(key);
  const beforeFile = join(root, 'before.note');
  const keyFile = join(root, 'ledger.key');
  await writeFile(beforeFile, seen.before.note);
  await writeFile(keyFile, `${key}\n`);
  const grown = await verifyLedger(url, ['--since', beforeFile, '--key', keyFile]);
  expect(grown).toMatchObject({ status: 0, stderr: '' });

  // Crates from before still hold, and so do new ones.
  const known = parseVerifierKey(key);
  expect(formatVerifierKey(known)).toBe(key);
  expect(verifyCrate(seen.crate, { key: known }).status).toBe('verified');

  // The sealed part opens for its confirming run and for nothing else.
  await post(`/v1/hypotheses/${seen.hypothesis}/open`);
  const concluded = await until(
    () => get<{ state: string; verdict: { n: number } | null }>(`/v1/hypotheses/${seen.hypothesis}`),
    ({ state }) => state === 'concluded',
  );
  expect(concluded.verdict?.n).toBeGreaterThan(5);
  expect(verifyCrate(await crateOf(url, token, seen.replay), { key: known }).status).toBe('verified');

  // The campaign that was under way ends, on its budget.
  const { progress } = await explored(ask, seen.instrument);
  expect(progress.recorded).toBe(12);

  // What was witnessed after the backup shows that this ledger is another one, before and after it has grown as long.
  const afterFile = join(root, 'after.note');
  await writeFile(afterFile, seen.after.note);
  const sizeNow = async () => (await post<{ size: number }>('/v1/ledger/checkpoint')).size;
  if ((await sizeNow()) < seen.after.size) await expectFork(url, ['--since', afterFile], /entries, and had/);
  for (let size = await sizeNow(); size <= seen.after.size; size = await sizeNow()) {
    const looks = Array.from({ length: Math.min(50, seen.after.size - size + 1) }, () =>
      send(url, token, { method: 'GET', path: `/v1/datasets/dst_${'0'.repeat(26)}` }),
    );
    await Promise.all(looks);
  }
  await expectFork(url, ['--since', afterFile], /earlier checkpoint: no proof leads/);
  await expectFork(url, ['--witness', join(root, 'witness.json')], /witnessed checkpoint: no proof leads/);
});

const verifyLedger = (url: string, args: readonly string[]) =>
  runProgram(commandLine, ['ledger', 'verify', ...args, '--url', url, '--token', seen.token]);

async function expectFork(url: string, args: readonly string[], why: RegExp): Promise<void> {
  const ended = await verifyLedger(url, args);
  expect(ended.status).not.toBe(0);
  expect(ended.stderr + ended.stdout).toMatch(/FORKS from the/);
  expect(ended.stderr + ended.stdout).toMatch(why);
}
