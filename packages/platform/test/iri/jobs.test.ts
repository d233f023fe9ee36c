import { chmod, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sandboxMissing } from '../runs-platform.ts';
import { type Person, startWorld, type World } from './world.ts';

const missing = await sandboxMissing();

describe.skipIf(missing !== null)('jobs at this facility', () => {
  let base: string;
  let world: World;
  let steward: Person;
  let ada: Person;
  let project: { id: string; folder: string };

  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), 'genesis-jobs-'));
    world = await startWorld(join(base, 'data'));
    steward = await world.newPerson('Maria', ['steward']);
    ada = await world.newPerson('Ada', ['researcher']);
    project = await world.newProject(steward, [ada]);
  });
  afterAll(async () => {
    await world.close();
    await rm(base, { recursive: true, force: true });
  });

  const sh = (script: string, more: object = {}, attributes: object = {}) => ({
    ...{ executable: '/bin/sh', arguments: ['-c', script] },
    attributes: { account: project.id, ...attributes },
    ...more,
  });
  const ran = async (spec: object) => {
    const { status, body } = await world.submit(ada, spec);
    expect({ status, body }).toMatchObject({ status: 200, body: { status: { state: 'queued' } } });
    return await world.jobEnd(ada, body.id);
  };
  const text = async (path: string): Promise<string> => {
    const { body } = await world.file(ada, 'view', { path: `${project.folder}/${path}` });
    return body.result.output.content;
  };

  test('it works in the folder of its project, with its streams, commands around it and environment', async () => {
    await world.file(ada, 'mkdir', { path: `${project.folder}/sorting` });
    await world.upload(ada, `${project.folder}/sorting/given.txt`, 'given\n');
    const ended = await ran(
      sh('cat; echo "$WORD"; pwd; echo odd >&2; touch made', {
        directory: `${project.folder}/sorting`,
        stdin_path: 'given.txt',
        stdout_path: 'out.txt',
        stderr_path: `${project.folder}/sorting/err.txt`,
        environment: { WORD: 'a word' },
        pre_launch: 'echo before; export WORD="$WORD, changed"',
        post_launch: 'echo after',
      }),
    );
    expect(ended.status).toMatchObject({ state: 'completed', exit_code: 0, message: null });
    expect(ended.status.meta_data.sandboxed).toBe(true);
    expect(await text('sorting/out.txt')).toBe(
      `before\ngiven\na word, changed\n${project.folder}/sorting\nafter\n`,
    );
    expect(await text('sorting/err.txt')).toBe('odd\n');
    const { body } = await world.file(ada, 'rm', { path: `${project.folder}/sorting/made` });
    expect(body.status).toBe('completed');
  });

  test('what it writes is visible while it runs; without a path it goes to a file of its id', async () => {
    const { body } = await world.submit(ada, sh('echo begun; sleep 30'));
    const path = `${project.folder}/${body.id}.out`;
    for (let turn = 0; turn < 100; turn += 1) {
      const { body: task } = await world.file(ada, 'view', { path });
      if (task.result?.output?.content === 'begun\n') break;
      expect(turn).toBeLessThan(99);
      await pause(50);
    }
    const at = `/api/v2/compute/cancel/${world.machine}/${body.id}`;
    expect((await world.call(ada, 'DELETE', at)).status).toBe(204);
    expect((await world.jobEnd(ada, body.id)).status.state).toBe('canceled');
    expect((await world.call(ada, 'DELETE', at)).status).toBe(409);
  });

  test('how it failed is told: its exit code, its time, a stream that cannot be opened', async () => {
    expect((await ran(sh('exit 3'))).status).toMatchObject({ state: 'failed', exit_code: 3 });
    const late = await ran(sh('sleep 30', {}, { duration: 1 }));
    expect(late.status).toMatchObject({ state: 'failed', meta_data: { reason: 'time-limit' } });
    const blind = await ran(sh('touch never', { stdout_path: 'no/such/folder/out.txt' }));
    expect(blind.status.state).toBe('failed');
    expect(blind.status.message).toContain('no/such/folder/out.txt');
    expect((await ran(sh('touch never', { pre_launch: 'false' }))).status.state).toBe('failed');
    const { body } = await world.file(ada, 'stat', { path: `${project.folder}/never` });
    expect(body).toMatchObject({ status: 'failed', result: { code: 'not-found' } });
    expect((await ran({ ...sh(''), executable: 'no-such-program' })).status.exit_code).toBe(127);
  });

  test.each([
    ['container', { container: { image: 'debian' } }, 501],
    ['launcher', { launcher: 'mpirun' }, 501],
    ['resources.process_count', { resources: { process_count: 2 } }, 501],
    ['resources.processes_per_node', { resources: { processes_per_node: 2 } }, 501],
    ['attributes.reservation_id', { attributes: { reservation_id: 'r1' } }, 501],
    ['attributes.queue_name', { attributes: { queue_name: 'debug' } }, 501],
    ['attributes.custom_attributes', { attributes: { custom_attributes: { a: 'b' } } }, 501],
    ['resources.node_count', { resources: { node_count: 2 } }, 400],
    ['resources.gpu_cores_per_process', { resources: { gpu_cores_per_process: 1 } }, 400],
    ['executable', { executable: null }, 400],
    ['directory', { directory: '/etc' }, 400],
    ['stdout_path', { stdout_path: '/tmp/out' }, 400],
    ['stdin_path', { stdin_path: '../../secret' }, 400],
    ['body', { executabel: 'true' }, 400],
    ['environment', { environment: { 'A=B': 'x' } }, 400],
  ])('what cannot be done is refused by its name: %s', async (field, change, status) => {
    const spec = sh('true');
    const attributes = { ...spec.attributes, ...('attributes' in change ? change.attributes : {}) };
    const answer = await world.submit(ada, { ...spec, ...change, attributes });
    expect(answer).toMatchObject({ status, body: { status, type: expect.any(String) } });
    expect(answer.body.instance).toBe(`/api/v2/compute/job/${world.machine}`);
    expect(JSON.stringify(answer.body)).toContain(field);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  test('the project is named in exactly one place, by id or name', async () => {
    const spec = { executable: 'true' };
    const header = { 'x-iri-facility-project': 'fusion' };
    expect((await world.submit(ada, spec)).status).toBe(400);
    expect((await world.submit(ada, sh('true'), header)).status).toBe(400);
    expect((await world.submit(ada, spec, header)).status).toBe(200);
    expect((await world.submit(ada, { ...spec, attributes: { account: 'none' } })).status).toBe(404);
  });

  test('a key gives one job: again, with another body, and at once', async () => {
    const key = { 'idempotency-key': 'the-key' };
    const first = await world.submit(ada, sh('echo once >> once.txt'), key);
    expect(first.headers.get('idempotency-key-reply')).toBe('miss');
    const again = await world.submit(ada, sh('echo once >> once.txt'), key);
    expect(again.headers.get('idempotency-key-reply')).toBe('hit');
    expect(again.body.id).toBe(first.body.id);
    expect((await world.submit(ada, sh('echo other'), key)).status).toBe(422);
    await world.jobEnd(ada, first.body.id);
    expect(await text('once.txt')).toBe('once\n');
    const many = await Promise.all(
      Array.from({ length: 6 }, () => world.submit(ada, sh('true'), { 'idempotency-key': 'at-once' })),
    );
    const taken = many.filter(({ status }) => status === 200);
    expect(new Set(taken.map(({ body }) => body.id)).size).toBe(1);
    for (const { status, headers } of many) {
      expect([200, 409]).toContain(status);
      if (status === 409) expect(headers.get('retry-after')).toBe('1');
    }
    expect((await world.submit(ada, sh('true'), { 'idempotency-key': 'a b' })).status).toBe(400);
  });

  test('a queued job gets another duration and nothing else; one that ended gets nothing', async () => {
    const busy = await Promise.all([1, 2].map(() => world.submit(ada, sh('sleep 20'))));
    const { body } = await world.submit(ada, sh('true', { name: 'later' }, { duration: 60 }));
    const at = `/api/v2/compute/job/${world.machine}/${body.id}`;
    const put = (change: object, headers = {}) => world.call(ada, 'PUT', at, change, headers);
    const key = { 'idempotency-key': 'change' };
    const changed = await put({ attributes: { duration: 90 } }, key);
    expect(changed.body.job_spec).toMatchObject({ name: 'later', attributes: { duration: 90 } });
    expect((await put({ attributes: { duration: 90 } }, key)).headers.get('idempotency-key-reply')).toBe(
      'hit',
    );
    expect((await put({ executable: 'other' })).status).toBe(400);
    expect((await put({ attributes: { account: 'other' } })).status).toBe(400);
    const listed = await world.call(ada, 'POST', `/api/v2/compute/status/${world.machine}`, {
      state: 'queued',
    });
    expect(listed.body.map(({ id }: { id: string }) => id)).toContain(body.id);
    const cancel = (id: string) => world.call(ada, 'DELETE', `/api/v2/compute/cancel/${world.machine}/${id}`);
    expect((await cancel(body.id)).status).toBe(204);
    for (const one of busy) await cancel(one.body.id);
    for (const one of busy) await world.jobEnd(ada, one.body.id);
    expect((await put({ attributes: { duration: 30 } })).status).toBe(409);
    const past = `/api/v2/compute/status/${world.machine}/${body.id}?historical=false`;
    expect((await world.call(ada, 'GET', past)).status).toBe(404);
  });

  test('a link in the project leads a job nowhere', async () => {
    const secret = join(base, 'secret.txt');
    await symlink(secret, join(project.folder, 'link'));
    await chmod(base, 0o755);
    const reading = await ran(sh('cat', { stdin_path: 'link', stdout_path: 'stolen.txt' }));
    expect(reading.status.state).toBe('failed');
    await ran(sh('echo mine', { stdout_path: 'link' }));
    await expect(readFile(secret)).rejects.toThrow('ENOENT');
    await symlink(base, join(project.folder, 'out'));
    const leaving = await ran(sh('pwd', { directory: 'out' }));
    expect(leaving.status).toMatchObject({ state: 'failed', exit_code: null });
    expect(leaving.status.message).toContain('link');
  });

  test('whoever is no member is told so, and what a steward would do about it', async () => {
    const eve = await world.newPerson('Eve', ['researcher']);
    const answer = await world.submit(eve, sh('true'));
    expect(answer).toMatchObject({ status: 403, body: { decision: { rationaleCode: 'members-only' } } });
    await world.must(steward, 'PUT', `/v1/projects/${project.id}/members/${eve.id}`);
    expect((await world.submit(eve, sh('true'))).status).toBe(200);
    await world.must(steward, 'DELETE', `/v1/projects/${project.id}/members/${eve.id}`);
    expect((await world.submit(eve, sh('true'))).status).toBe(403);
  });

  test('others of the organisation see a job and cannot touch it; a steward can end it', async () => {
    const eve = await world.newPerson('Eva', ['researcher']);
    const { body } = await world.submit(ada, sh('sleep 30'));
    const at = `${world.machine}/${body.id}`;
    expect((await world.call(eve, 'GET', `/api/v2/compute/status/${at}`)).status).toBe(200);
    const cancelled = await world.call(eve, 'DELETE', `/api/v2/compute/cancel/${at}`);
    expect(cancelled).toMatchObject({ status: 403, body: { decision: { rationaleCode: 'members-only' } } });
    const changed = await world.call(eve, 'PUT', `/api/v2/compute/job/${at}`, {
      attributes: { duration: 1 },
    });
    expect(changed.status).toBe(403);
    expect((await world.call(steward, 'DELETE', `/api/v2/compute/cancel/${at}`)).status).toBe(204);
    expect((await world.jobEnd(ada, body.id)).status.state).toBe('canceled');
  });

  test('time costs units where the machine has a price, and what is spent starts nothing', async () => {
    const operator = await world.newPerson('Otto', ['operator'], 'platform');
    const priced = { name: 'priced', type: 'compute:node', authority: null, access: { kind: 'local' } };
    const resource = { ...priced, hardware: { nodes: 1 }, price: { coreHour: 3600 } };
    const { id } = await world.must(operator, 'PUT', '/v1/compute/resources', resource);
    const place = `/v1/projects/${project.id}/allocations/${id}`;
    await world.must(steward, 'PUT', place, { granted: 100 });
    const submit = async (duration: number) => {
      const { body } = await world.submit(ada, sh('sleep 1', {}, { duration }), {}, id);
      for (;;) {
        const found = await world.call(ada, 'GET', `/api/v2/compute/status/${id}/${body.id}`);
        if (!['queued', 'active'].includes(found.body.status.state)) return found.body;
        await pause(50);
      }
    };
    expect((await submit(50)).status.state).toBe('completed');
    const denied = await submit(100);
    expect(denied.status).toMatchObject({ state: 'failed' });
    expect(denied.status.message).toContain('units left');
    const { body: allocations } = await world.call(
      ada,
      'GET',
      `/api/v2/account/projects/${project.id}/project_allocations`,
    );
    const [{ usage, allocation, unit }] = allocations[0].entries;
    expect({ allocation, unit }).toEqual({ allocation: 100, unit: 'urn:doe-iri:allocation:compute:units' });
    expect(usage).toBeGreaterThan(0.9);
    expect(usage).toBeLessThan(20);
  });
});
