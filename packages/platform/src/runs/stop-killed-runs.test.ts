import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { startPlatform } from '../../test/runs-platform.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { loadConfig } from '../kernel/index.ts';

type Platform = Awaited<ReturnType<typeof startPlatform>>;

/*
 * A graceful stop closed the executor before the queue: the jobs of people's runs ended as "killed", and that was
 * recorded for good.
 */

const start = async (dataFolder: string): Promise<Platform> => {
  const flags = { dataFolder, port: 0, logLevel: 'silent', reserveBytes: 0, allowUnsandboxed: true };
  const { config } = await loadConfig({ env: {}, flags, workingFolder: dataFolder });
  return await startPlatform(config);
};

const ask = async <T>(platform: Platform, token: string, method: string, path: string, body?: object) => {
  const answer = await fetch(platform.url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const said = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${said}`);
  return JSON.parse(said) as T;
};

type Shown = { run: { status: string; attempts: number; outcome: unknown } };

test('a run that is under way when the platform stops is done again after the next start', async () => {
  const folder = await temporaryFolder();
  const first = await start(folder);
  const admin = (await readFile(first.admin.tokenFile, 'utf8')).trim();
  const { organisation } = await ask<{ organisation: string }>(first, admin, 'GET', '/v1/me');
  const { id: person } = await ask<{ id: string }>(first, admin, 'POST', '/v1/principals', {
    ...{ kind: 'person', name: 'Ada', organisation },
  });
  await ask(first, admin, 'POST', `/v1/principals/${person}/roles`, { organisation, role: 'researcher' });
  const { secret } = await ask<{ secret: string }>(first, admin, 'POST', `/v1/principals/${person}/tokens`, {
    name: 'test',
  });
  await ask(first, secret, 'POST', '/v1/capabilities', {
    ...{ name: 'slow', version: '1.0.0', summary: 'Takes its time.', profile: 'analysis' },
    implementation: {
      ...{ kind: 'command', executable: '/bin/sh' },
      arguments: ['-c', 'echo begun; sleep 4; echo "{}" > output.json'],
    },
    ...{ input: { type: 'object' }, output: { type: 'object' }, resources: { durationSeconds: 60 } },
  });
  const { id } = await ask<{ id: string }>(first, secret, 'POST', '/v1/runs', {
    capability: 'slow',
    input: {},
  });
  const look = (platform: Platform) => ask<Shown>(platform, secret, 'GET', `/v1/runs/${id}`);
  while ((await look(first)).run.status !== 'running')
    await new Promise((resolve) => setTimeout(resolve, 50));
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await first.close();

  const second = await start(folder);
  try {
    let shown = await look(second);
    expect(['queued', 'running']).toContain(shown.run.status);
    while (['queued', 'running'].includes(shown.run.status)) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      shown = await look(second);
    }
    expect(shown.run).toMatchObject({ status: 'succeeded', attempts: 2 });
  } finally {
    await second.close();
  }
}, 120_000);
