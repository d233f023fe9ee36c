import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { resolveConnection } from '../../cli/src/connection.ts';
import { importBytes } from './bad-input-world.ts';
import { asking, person } from './campaign-world.ts';
import { cardText } from './card-for-tests.ts';
import { hdf5Made } from './hdf5-made.ts';
import { startServer } from './noninterference/server.ts';
import { findPython, pythonWith } from './python-environment.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = fileURLToPath(new URL('../../../python/', import.meta.url));
const plain = await findPython();
const full = await pythonWith(join(folder, 'requirements-test.txt'));

/** More rows than one answer has cells for. */
const rows = 60_000;
const tableText = (): string => {
  const line = (at: number) =>
    [
      at,
      at % 10 === 3 ? '' : at / 4,
      `s${at}`,
      new Date(Date.UTC(2026, 0, 1, 0, 0, at)).toISOString().replace('.000', ''),
    ].join(',');
  return `id,temp (C),name,taken\n${Array.from({ length: rows }, (_, at) => line(at)).join('\n')}\n`;
};

/** The first is long enough to be read from the file itself, the rest is packed, small, or of other types. */
const arrays = [
  ['/entry/wide', 'float64', [512, 512], null],
  ['/entry/packed', 'float32', [40, 50], [8, 50]],
  ['/entry/long', 'float32', [700_000], null],
  ['/entry/few', 'int32', [3, 4, 5], null],
  ['/entry/small', 'uint8', [7], null],
  ['/entry/big', 'int64', [10], null],
] as const;
const makers = {
  float64: Float64Array,
  float32: Float32Array,
  int32: Int32Array,
  uint8: Uint8Array,
} as const;
const treeBytes = () =>
  hdf5Made((file) => {
    const entry = file.create_group('entry');
    for (const [path, dtype, shape, chunks] of arrays) {
      const name = path.slice('/entry/'.length);
      const length = shape.reduce<number>((product, axis) => product * axis, 1);
      const at = Array.from({ length }, (_, index) => index % 120);
      const data = dtype === 'int64' ? BigInt64Array.from(at, BigInt) : makers[dtype].from(at);
      const packing = chunks === null ? {} : { chunks: [...chunks], compression: 4 };
      const made = entry.create_dataset({ name, data, shape: [...shape], ...packing });
      if (name === 'wide') made.create_attribute('units', 'counts');
    }
  });

const stored = { url: 'http://lab:80', token: 'kept' };
const at = (wanted: object) => ({
  ...{ url: null as string | null, token: null as string | null, stored: JSON.stringify(stored) },
  ...{ env: {} as Record<string, string>, named: false, ...wanted },
});
/** What decides about address and token, each asked of the `genesis` command too. */
const credentialCases = {
  'the file alone': at({}),
  'no file': at({ stored: null }),
  'the environment over the file': at({ env: { GENESIS_URL: 'http://env:1', GENESIS_TOKEN: 'env' } }),
  'an empty environment': at({ env: { GENESIS_URL: '', GENESIS_TOKEN: '' } }),
  'arguments over the environment': at({ url: 'http://x:2', token: 'x', env: { GENESIS_TOKEN: 'env' } }),
  'another address': at({ url: 'http://elsewhere' }),
  'another address in the environment': at({ env: { GENESIS_URL: 'http://elsewhere' } }),
  'another port': at({ url: 'http://lab:81' }),
  'another scheme': at({ url: 'https://lab:80' }),
  'a name before the host': at({ url: 'http://lab@elsewhere' }),
  'the same origin in other words': at({ url: 'http://LAB' }),
  'a file that was named': at({ url: 'http://elsewhere', named: true }),
  'a named file that is missing': at({ stored: null, named: true }),
  'a file that is no JSON': at({ stored: 'oops' }),
  'a file that is null': at({ stored: 'null' }),
  'a file that is a list': at({ stored: '["http://lab"]' }),
  'a file with other types': at({ stored: '{"url": 1, "token": ["x"]}' }),
  'a file with a token alone': at({ stored: '{"token": "kept"}', url: 'http://elsewhere' }),
  'an address that is none': at({ url: 'file:///etc/passwd' }),
  'an address without a host': at({ url: 'http://' }),
};

const credentials = async () => {
  const home = await temporaryFolder();
  return await Promise.all(
    Object.entries(credentialCases).map(async ([name, { url, token, stored: file, env, named }], index) => {
      const path = join(home, `${index}.json`);
      if (file !== null) await writeFile(path, file);
      const config = join(home, `${index}`);
      await mkdir(join(config, 'genesis'), { recursive: true });
      if (file !== null) await writeFile(join(config, 'genesis', 'credentials.json'), file);
      const expected = await resolveConnection(
        {
          ...(url !== null && { url }),
          ...(token !== null && { token }),
          ...(named && { credentials: path }),
        },
        { XDG_CONFIG_HOME: config, ...env },
      ).then(
        (found) => [found.url, found.token ?? null],
        () => null,
      );
      return { name, url, token, stored: file, env, named, expected };
    }),
  );
};

let world: string;
beforeAll(async () => {
  if ('missing' in plain) return;
  const server = await startServer();
  const first = await person(server, 'first steward', { roles: ['steward'] });
  const internal = { level: 'internal', categories: [] };
  const cleared = { by: first, clearance: internal };
  const steward = await person(server, 'steward', { roles: ['steward'], cleared });
  const owner = await person(server, 'owner', { cleared });
  const colleague = await person(server, 'colleague', { cleared });
  const outsider = await person(server, 'outsider');
  const take = async (name: string, content: string | Buffer, more: object = {}) => {
    const job = await importBytes(server, owner.token, { name, ...more }, content);
    if (job.state !== 'done') throw new Error(JSON.stringify(job));
    return job as unknown as { dataset: string; version: string };
  };
  const table = await take('zirconolite', tableText());
  const tree = await take('detector frames', await treeBytes());
  await take('third', 'a\n1\n');
  const guarded = await take('proprietary', 'a,b\n1,2\n3,4\n', { label: internal });
  const rights = 'governed_use.non_sensitivity_governance_metadata.rights_release_records';
  const card = cardText({
    'discoverability.datacard.sensitivity.overall_sensitivity': 'Unclassified_Uncontrolled',
    [`${rights}.ip_restriction_type`]: 'Proprietary',
  });
  await asking(server, steward)('PUT', `/v1/datasets/${guarded.dataset}/card`, { card });
  world = JSON.stringify({
    url: server.url,
    tokens: {
      ...{ owner: owner.token, steward: steward.token },
      ...{ colleague: colleague.token, outsider: outsider.token },
    },
    table: { ...table, rows },
    tree: { ...tree, arrays: arrays.map(([path, dtype, shape]) => [path, dtype, shape]) },
    guarded: guarded.dataset,
    card,
    ids: { owner: owner.id },
    credentials: await credentials(),
    readme: {
      'scattering silica': 'zirconolite',
      'dst_..."': `${table.dataset}"`,
      'ver_..."': `${tree.version}"`,
      '"q", "i"': '"id", "temp (C)"',
      '/entry/data/I': '/entry/wide',
    },
  });
});

/** Runs a module of tests and gives what it said; its own report where it failed. */
const unittest = (program: string, module: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const env = { PATH: process.env['PATH'], GENESIS_TEST_WORLD: world, PYTHONDONTWRITEBYTECODE: '1' };
    const options = { cwd: folder, env, timeout: 200_000, maxBuffer: 2 ** 24 };
    execFile(program, ['-m', 'unittest', '-v', module], options, (error, _out, report) =>
      error === null ? resolve(report) : reject(new Error(report || error.message)),
    );
  });

const skipping = (found: typeof plain) => ('missing' in found ? ` (skipped: ${found.missing})` : '');

test.skipIf('missing' in plain)(
  `operations, lists, search, requests, errors and credentials from Python${skipping(plain)}`,
  async () => {
    if ('missing' in plain) return;
    expect(await unittest(plain.program, 'tests.test_plain')).toMatch(/Ran 1\d tests[\s\S]*\nOK\n$/);
  },
);

test.skipIf('missing' in full)(`tables in pandas, slices in xarray${skipping(full)}`, async () => {
  if ('missing' in full) return;
  expect(await unittest(full.program, 'tests.test_load')).toMatch(/Ran 5 tests[\s\S]*\nOK\n$/);
});
