import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Label, levels } from '@genesis/contracts';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dominates } from '../../src/policy/index.ts';
import { type Person, startWorld, type World } from './world.ts';

let base: string;
let world: World;
/** Cleared for everything that the tests use. */
let steward: Person;
let operator: Person;
let top: Person;
const highest = { level: 'classified', categories: ['cui', 'pii'] };
const label = fc
  .tuple(fc.constantFrom(...levels), fc.subarray(['cui', 'pii']))
  .map(([level, categories]): Label => ({ level, categories: categories.toSorted() }));

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'genesis-labels-'));
  world = await startWorld(join(base, 'data'), { allowUnsandboxed: true });
  // the first steward is not cleared until a second one has made a token
  const first = await world.newPerson('Maria', ['steward', 'operator']);
  const second = await world.clear(first, await world.newPerson('Marta', ['steward', 'operator']), highest);
  steward = await world.clear(second, first, highest);
  operator = await world.newPerson('Otto', ['operator'], 'platform');
  top = await world.clear(steward, await world.newPerson('Tom', ['researcher', 'steward']), highest);
});
afterAll(async () => {
  await world.close();
  await rm(base, { recursive: true, force: true });
});

let named = 0;
const nextName = (): string => {
  named += 1;
  return `name-${named}`;
};

test('whoever is not cleared sees neither machine nor project, job nor files, under any labels', async () => {
  await fc.assert(
    fc.asyncProperty(label, label, label, async (clearance, ofProject, ofMachine) => {
      const name = nextName();
      const machine = { name, type: 'compute:system', label: ofMachine, authority: highest };
      const { id: machineId } = await world.must(steward, 'PUT', '/v1/compute/resources', machine);
      const project = await world.newProject(steward, [top], { name, label: ofProject });
      const spec = { executable: '/bin/true', attributes: { account: project.id } };
      const { body: job } = await world.submit(top, spec);
      await world.jobEnd(top, job.id);
      const person = await world.newPerson(name, ['researcher']);
      await world.must(steward, 'PUT', `/v1/projects/${project.id}/members/${person.id}`);
      const who = await world.clear(steward, person, clearance);

      const sees = async (path: string): Promise<boolean> => {
        const { status, body } = await world.call(who, 'GET', path);
        expect([200, 404]).toContain(status);
        if (status === 404) expect(JSON.stringify(body)).not.toContain(name);
        return status === 200;
      };
      const lists = async (path: string, id: string): Promise<boolean> => {
        const { body } = await world.call(who, 'GET', path);
        return body.some((one: { id: string }) => one.id === id);
      };
      const cleared = { machine: dominates(clearance, ofMachine), project: dominates(clearance, ofProject) };
      expect(await sees(`/api/v2/status/resources/${machineId}`)).toBe(cleared.machine);
      expect(await lists('/api/v2/status/resources', machineId)).toBe(cleared.machine);
      expect(await lists('/api/v1/status/resources', machineId)).toBe(cleared.machine);
      expect(await sees(`/api/v2/account/projects/${project.id}`)).toBe(cleared.project);
      expect(await lists('/api/v2/account/projects', project.id)).toBe(cleared.project);
      expect(await sees(`/v1/projects/${project.id}`)).toBe(cleared.project);
      expect(await sees(`/api/v2/compute/status/${world.machine}/${job.id}`)).toBe(cleared.project);
      const { body: places } = await world.call(who, 'GET', `/api/v2/storage/locations/${world.store}`);
      expect(places.length > 0).toBe(cleared.project);
      const files = await world.file(who, 'ls', { path: project.folder });
      expect(files.status === 200 && files.body.status === 'completed').toBe(cleared.project);
      if (!cleared.project) expect(files.status).toBe(404);
      expect((await world.submit(who, spec)).status).toBe(cleared.project ? 200 : 404);

      const nobody = (await world.call(null, 'GET', '/api/v2/status/resources')).body;
      const isOpen = dominates({ level: 'public', categories: [] }, ofMachine);
      expect(nobody.some((one: { id: string }) => one.id === machineId)).toBe(isOpen);
      expect((await world.call(null, 'GET', `/api/v2/account/projects/${project.id}`)).status).toBe(401);
    }),
    { numRuns: 12, seed: 7 },
  );
});

test('a job goes only to a machine whose authority covers its label, and the denial says why', async () => {
  const weak = { name: 'weak', type: 'compute:node', access: { kind: 'local' }, hardware: { nodes: 1 } };
  const { id } = await world.must(operator, 'PUT', '/v1/compute/resources', weak);
  const project = await world.newProject(steward, [top], {
    name: 'inner',
    label: { level: 'internal', categories: ['cui'] },
  });
  const spec = { executable: '/bin/true', attributes: { account: project.id } };
  const denied = await world.submit(top, spec, {}, id);
  expect(denied).toMatchObject({
    status: 403,
    body: { decision: { rationaleCode: 'destination-not-cleared' } },
  });
  expect(denied.body.detail).toContain('internal with category cui');
  expect((await world.submit(top, spec)).status).toBe(200);
});

test('a copy goes into another project only where that one has at least the same label', async () => {
  await fc.assert(
    fc.asyncProperty(label, label, async (ofSource, ofTarget) => {
      const from = await world.newProject(steward, [top], { name: nextName(), label: ofSource });
      const to = await world.newProject(steward, [top], { name: nextName(), label: ofTarget });
      await world.upload(top, `${from.folder}/data`, 'labelled');
      const given = { path: `${from.folder}/data`, target_path: `${to.folder}/data` };
      const copied = await world.file(top, 'cp', given);
      const there = await world.file(top, 'view', { path: `${to.folder}/data` });
      if (dominates(ofTarget, ofSource)) {
        expect(copied.body.status).toBe('completed');
        expect(there.body.result.output.content).toBe('labelled');
      } else {
        expect(copied).toMatchObject({ status: 403, body: { decision: { rationaleCode: 'no-write-down' } } });
        expect(there.body.status).toBe('failed');
      }
      expect((await world.file(top, 'mv', given)).status).toBe(400);
    }),
    { numRuns: 12, seed: 7 },
  );
});

test('what somebody else asked for is not shown, and a membership that ended counts at once', async () => {
  const ada = await world.newPerson('Ada', ['researcher']);
  const eve = await world.newPerson('Eve', ['researcher']);
  const project = await world.newProject(steward, [ada, eve], { name: 'shared' });
  await world.upload(ada, `${project.folder}/file`, 'text');
  const asked = await world.call(ada, 'POST', `/api/v2/filesystem/view/${world.store}`, {
    path: `${project.folder}/file`,
  });
  const task = `/api/v2/task/${asked.body.task_id}`;
  expect((await world.call(eve, 'GET', task)).status).toBe(404);
  expect((await world.call(eve, 'DELETE', task)).status).toBe(404);
  expect((await world.taskEnd(ada, asked.body.task_id)).body.status).toBe('completed');
  expect((await world.call(eve, 'GET', '/api/v2/task')).body).toEqual([]);
  expect((await world.call(ada, 'DELETE', task)).body).toContain('removed');
  expect((await world.call(ada, 'GET', task)).status).toBe(404);
  await world.must(steward, 'DELETE', `/v1/projects/${project.id}/members/${eve.id}`);
  const after = await world.file(eve, 'view', { path: `${project.folder}/file` });
  expect(after).toMatchObject({ status: 403, body: { decision: { rationaleCode: 'members-only' } } });
});
