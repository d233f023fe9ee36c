import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeConfig } from '@genesis/contracts';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { loadConfig, persistentOrigin } from './config.ts';

const emptyFolder = async () => {
  const workingFolder = await temporaryFolder();
  return { workingFolder, env: { HOME: workingFolder } };
};

test('later sources win, and each value says where it came from', async () => {
  const { workingFolder, env } = await emptyFolder();
  await writeFile(join(workingFolder, 'genesis.json'), '{"port": 1111, "workers": 3, "host": "0.0.0.0"}');
  const { config, sources, warnings } = await loadConfig({
    env: { ...env, GENESIS_PORT: '2222', GENESIS_WORKERS: '4', GENESIS_ALOW_UNSANDBOXED: '1' },
    flags: { port: 0 },
    workingFolder,
  });
  expect(config).toMatchObject({
    port: 0,
    workers: 4,
    host: '0.0.0.0',
    logLevel: 'info',
    allowUnsandboxed: false,
  });
  expect(sources).toMatchObject({
    port: 'flag --port',
    workers: 'environment GENESIS_WORKERS',
    host: `file ${join(workingFolder, 'genesis.json')}`,
    logLevel: 'default',
  });
  expect(config.dataFolder).toBe(join(workingFolder, '.local/share/genesis'));
  expect(warnings).toEqual(['GENESIS_ALOW_UNSANDBOXED is set in the environment, but nothing reads it']);
});

test('every wrong value is named with its source, at once', async () => {
  const { workingFolder, env } = await emptyFolder();
  await writeFile(join(workingFolder, 'other.json'), '{"ports": 1, "workers": "many"}');
  const loading = loadConfig({
    env: { ...env, GENESIS_PORT: '70000', DATABASE_URL: 'mysql://x' },
    file: 'other.json',
    workingFolder,
  });
  const file = join(workingFolder, 'other.json');
  await expect(loading).rejects.toMatchObject({
    failure: {
      code: 'invalid-input',
      problems: [
        { field: `${file}: ports` },
        { field: 'port (environment GENESIS_PORT)' },
        {
          field: 'databaseUrl (environment DATABASE_URL)',
          message: 'expected a URL that begins with postgres://',
        },
        { field: `workers (file ${file})` },
      ],
    },
  });
});

test.each([
  ['a missing file', undefined, 'cannot be read (ENOENT)'],
  ['a file that is not JSON', '{port: 1}', 'is not JSON'],
  ['a file that is not an object', '[1]', 'expected one JSON object'],
])('%s is refused when it was named', async (_name, text, message) => {
  const { workingFolder, env } = await emptyFolder();
  if (text !== undefined) await writeFile(join(workingFolder, 'named.json'), text);
  await expect(loadConfig({ env, file: 'named.json', workingFolder })).rejects.toThrow(message);
});

test.each([
  'postgres://anna:geheim@db.example.org:5433/genesis?sslmode=require&password=geheim',
  'postgres://anna:geh@eim@db.example.org:5433/genesis',
  'postgres://anna:@geheim@db.example.org:5433/genesis',
])('the description shows no password: %s', async (databaseUrl) => {
  const { workingFolder, env } = await emptyFolder();
  const lines = describeConfig(
    await loadConfig({ env: { ...env, DATABASE_URL: databaseUrl }, workingFolder }),
  );
  const shown = lines.find((line) => line.name === 'databaseUrl')?.value;
  expect(shown).toMatch(/^postgres:\/\/anna:\[hidden\]@db\.example\.org:5433\/genesis/);
  expect(JSON.stringify(lines)).not.toContain('eim');
});

test('the origin is made once and then kept; another name is refused', async () => {
  const dataFolder = await temporaryFolder();
  const origin = await persistentOrigin({ dataFolder, origin: undefined });
  expect(origin).toMatch(/^genesis\.invalid\/[0-9a-f]{16}$/);
  expect(await persistentOrigin({ dataFolder, origin: undefined })).toBe(origin);
  await expect(persistentOrigin({ dataFolder, origin: 'lab.example.org/log' })).rejects.toThrow(
    'cannot change its name',
  );
});
