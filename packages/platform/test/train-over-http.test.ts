/** Training on governed data: what may be trained on is decided before anything starts, and what is left has its label. */
import { beforeAll, describe, expect, test } from 'vitest';
import { sandboxMissing } from '../src/compute/executors/local/sandbox-for-tests.ts';
import { ask, importBytes } from './bad-input-world.ts';
import { cardText } from './card-for-tests.ts';
import { call, until } from './noninterference/client.ts';
import { type Server, startServer } from './noninterference/server.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { makeTinyKit } from './tiny-kit.ts';

type Person = { id: string; token: string };
type Shown = {
  run: { status: string; label: { level: string }; outcome: { message: string | null } | null };
  output: { value: unknown; files: { outputs: { path: string }[] } } | null;
};
const missing = await sandboxMissing();
const internal = { level: 'internal', categories: [] };
const usage = 'ai_usability.ai_usage';

describe.skipIf(missing !== null)(missing === null ? 'training' : `training (skipped: ${missing})`, () => {
  let server: Server;
  let researcher: Person;
  let outsider: Person;
  const versions: Record<string, string> = {};

  const send = <T>(by: Person, method: string, path: string, body?: unknown) =>
    call<T>(server.url, by.token, { method, path, ...(body === undefined ? {} : { body }) });
  const refused = async (by: Person, path: string, body: unknown) => {
    const answer = await ask(server.url, by.token, { method: 'POST', path, body: body as object });
    return { status: answer.status, detail: answer.problem.detail };
  };
  const own = (command: string[], version: string) => ({
    program: { command },
    datasets: [{ name: 'table', version }],
  });
  const over = (id: string) =>
    until(
      () => send<Shown>(researcher, 'GET', `/v1/runs/${id}?purpose=train`),
      ({ run }) => ['succeeded', 'failed', 'cancelled'].includes(run.status),
    );
  const runs = async () => (await server.query<{ n: number }>('select count(*)::int as n from run'))[0]?.n;

  beforeAll(async () => {
    const { kitsFolder, wheelFolder } = await makeTinyKit(await temporaryFolder());
    server = await startServer({ kitsFolder, wheelFolder });
    const admin = { id: '', token: server.admin };
    const person = async (name: string, organisation: string, role: string, by = admin): Promise<Person> => {
      const { id } = await send<Person>(admin, 'POST', '/v1/principals', {
        kind: 'person',
        name,
        organisation,
      });
      await send(admin, 'POST', `/v1/principals/${id}/roles`, { organisation, role });
      if (by !== admin) await send(by, 'PUT', `/v1/principals/${id}/clearance`, { clearance: internal });
      const made = await send<{ secret: string }>(by, 'POST', `/v1/principals/${id}/tokens`, {
        name: 'test',
      });
      return { id, token: made.secret };
    };
    const organisation = async (name: string) =>
      (await send<{ id: string }>(admin, 'POST', '/v1/organisations', { name, kind: 'laboratory' })).id;
    const [lab, elsewhere] = [await organisation('Laboratory'), await organisation('Elsewhere')];
    const steward = await person('steward', lab, 'steward');
    researcher = await person('researcher', lab, 'researcher', steward);
    outsider = await person('outsider', elsewhere, 'researcher');
    const rows = 'carbon,yield strength\n1,2\n3,4\n';
    const card = (status: string) =>
      cardText({ [`${usage}.training_use_status`]: status, [`${usage}.inference_use_status`]: 'Yes' });
    for (const [name, more] of Object.entries({
      open: { label: internal },
      closed: { card: card('No') },
    })) {
      const job = (await importBytes(server, researcher.token, { name, ...more }, rows)) as unknown as {
        state: string;
        version: string;
      };
      if (job.state !== 'done') throw new Error(JSON.stringify(job));
      versions[name] = job.version;
    }
  }, 240_000);

  test('a program finds the columns by their names, and what it leaves has the label of its data', async () => {
    const look = 'print(b"yield strength" in open("inputs/table", "rb").read(), file=open("found.txt", "w"))';
    const { id } = await send<{ id: string }>(
      ...([researcher, 'POST', '/v1/runs/train', own(['python', '-c', look], versions['open']!)] as const),
    );
    const { run, output } = await over(id);
    expect([run.status, run.outcome?.message, run.label.level]).toEqual(['succeeded', null, 'internal']);
    expect(output?.files.outputs.map(({ path }) => path)).toEqual([
      'found.txt',
      'environment/requirements.txt',
    ]);
    const file = `/v1/runs/${id}/outputs/found.txt?purpose=train`;
    const answer = await ask(server.url, researcher.token, { method: 'GET', path: file });
    expect(answer.text).toBe('True\n');
    const foreign = await ask(server.url, outsider.token, { method: 'GET', path: file });
    expect(foreign.status).toBe(404);
  });

  test('GPUs that a kit cannot use are refused before anything starts, and those that are nowhere before packages are fetched', async () => {
    const before = await runs();
    const kit = {
      ...{ capability: 'tiny-train', input: { target: 'y' }, purpose: 'train', resources: { gpus: 1 } },
      datasets: [{ name: 'table.parquet', version: versions['open']! }],
    };
    expect(await refused(researcher, '/v1/runs', kit)).toEqual({
      status: 400,
      detail: 'resources.gpus: this capability of a kit computes without GPUs: expected 0',
    });
    expect(await runs()).toBe(before);
    const program = {
      command: ['true'],
      requirements: { kind: 'requirements', text: 'a-package-of-nobody\n' },
    };
    const { id } = await send<{ id: string }>(researcher, 'POST', '/v1/runs/train', {
      ...{ program, datasets: [], resources: { gpus: 1_000 } },
    });
    const { run } = await over(id);
    expect(run.outcome?.message).toMatch(
      /^No resource can take the run\. local: .*asks for 1000 accelerators on a node/,
    );
  });

  test('data whose card says that nothing may be trained on it is refused before anything starts', async () => {
    const before = await runs();
    const closed = versions['closed']!;
    const byOwn = await refused(researcher, '/v1/runs/train', own(['true'], closed));
    expect(byOwn.status).toBe(403);
    expect(byOwn.detail).toMatch(/state a purpose that the conditions allow \(evaluate, infer, publish\)/);
    const kit = {
      capability: 'tiny-train',
      input: { target: 'y' },
      datasets: [{ name: 'table.parquet', version: closed }],
    };
    expect((await refused(researcher, '/v1/runs', { ...kit, purpose: 'train' })).status).toBe(403);
    const other = await refused(researcher, '/v1/runs', { ...kit, purpose: 'infer' });
    expect(other).toMatchObject({
      status: 400,
      detail: expect.stringMatching(/^purpose: tiny-train trains a model/),
    });
    expect(await runs()).toBe(before);
  });

  test('data that may not be known of is not there', async () => {
    const hidden = await refused(outsider, '/v1/runs/train', own(['true'], versions['open']!));
    const nowhere = await refused(
      outsider,
      '/v1/runs/train',
      own(['true'], 'ver_01jd8x3k2v9q7r5t1w4y6z8abc'),
    );
    expect(hidden).toEqual(nowhere);
    expect(hidden.status).toBe(404);
  });

  test('the environment of a kit is made beforehand, and told', async () => {
    type Kit = { environment: { state: string; key: string | null; lines: string[] } };
    await send(researcher, 'POST', '/v1/kits/tiny/prepare');
    const kit = await until(
      () => send<Kit>(researcher, 'GET', '/v1/kits/tiny'),
      ({ environment }) => environment.state !== 'making',
    );
    expect(kit.environment).toMatchObject({ state: 'ready', key: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(kit.environment.lines.join()).toMatch(/shelf-1\.2\.0\+cpu/);
  });
});
