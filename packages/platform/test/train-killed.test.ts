/** The platform is killed while a training gets its environment: the run goes on after the restart, in a whole one. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeWheel } from '../src/compute/environments/wheel-for-tests.ts';
import { sandboxMissing } from '../src/compute/executors/local/sandbox-for-tests.ts';
import { ServerUnderTest } from './crash/server-under-test.ts';
import { call, until } from './noninterference/client.ts';
import { temporaryFolder } from './temporary-folder.ts';

type Shown = {
  run: {
    status: string;
    outcome: { message: string | null } | null;
    executionContext: { environmentHash: string };
  };
  output: { files: { outputs: { path: string }[] } } | null;
};
const missing = await sandboxMissing();

describe.skipIf(missing !== null)(missing === null ? 'killed' : `killed (skipped: ${missing})`, () => {
  let server: ServerUnderTest;
  let folder = '';
  let token = '';

  beforeAll(async () => {
    folder = join(await temporaryFolder(), 'data');
    const wheels = join(await temporaryFolder(), 'wheels');
    for (const name of ['one', 'two', 'three', 'four'])
      await writeWheel(wheels, name, '1.0', { [`${name}.py`]: `name = "${name}"\n` });
    server = new ServerUnderTest(folder, { flags: ['--wheel-folder', wheels, '--reserve-bytes', '0'] });
    await server.start();
    const admin = (await readFile(join(folder, 'admin.token'), 'utf8')).trim();
    const post = <T>(path: string, body: unknown) =>
      call<T>(server.url, admin, { method: 'POST', path, body });
    const { id: organisation } = await post<{ id: string }>('/v1/organisations', {
      name: 'Lab',
      kind: 'laboratory',
    });
    const { id } = await post<{ id: string }>('/v1/principals', {
      kind: 'person',
      name: 'Somebody',
      organisation,
    });
    await post(`/v1/principals/${id}/roles`, { organisation, role: 'researcher' });
    token = (await post<{ secret: string }>(`/v1/principals/${id}/tokens`, { name: 'test' })).secret;
    await server.stop();
  }, 240_000);
  afterAll(() => server?.stop());

  test.each([
    ['environment.fetched', 'one'],
    ['environment.installed', 'two'],
    ['environment.made', 'three'],
    ['run.launched', 'four'],
  ])(
    'at %s',
    async (point, name) => {
      await server.start(point);
      const program = {
        command: ['python', '-c', `import ${name}; open("name.txt", "w").write(${name}.name)`],
        requirements: { kind: 'requirements', text: name },
      };
      const { id } = await call<{ id: string }>(server.url, token, {
        ...{ method: 'POST', path: '/v1/runs/train', body: { program } },
      });
      await server.ended();
      expect(server.killed).toBe(true);
      await server.start();
      const shown = await until(
        () => call<Shown>(server.url, token, { method: 'GET', path: `/v1/runs/${id}?purpose=train` }),
        ({ run }) => ['succeeded', 'failed', 'cancelled'].includes(run.status),
      );
      expect([shown.run.status, shown.run.outcome?.message]).toEqual(['succeeded', null]);
      expect(shown.output?.files.outputs.map(({ path }) => path)).toEqual([
        ...['name.txt', 'environment/requirements.txt'],
      ]);
      const there = await readdir(join(folder, 'environments'));
      expect(there).toContain(shown.run.executionContext.environmentHash);
      expect(there.filter((one) => one.includes('unfinished'))).toEqual([]);
      await server.stop();
    },
    240_000,
  );
});
