import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GenesisError, type Label, resourceDescriptionSchema } from '@genesis/contracts';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Executor } from '../src/compute/index.ts';
import { putMachine } from '../src/compute/inventory/register.ts';
import { reportIncident, resolveIncident } from '../src/compute/inventory/status.ts';
import { allocation, charge, project, projectMember } from '../src/compute/tables.ts';
import { platformFacts } from '../src/door/index.ts';
import type { Database } from '../src/kernel/index.ts';
import { ledgerDetail } from '../src/ledger/tables.ts';
import type { PrincipalFacts } from '../src/policy/index.ts';
import { commandManifest, createMemoryExecutor, type RunsUnderTest, startRuns } from './runs-platform.ts';
import { freshDatabase } from './test-database.ts';

const organisation = 'org_lab';
const open: Label = { level: 'public', categories: [] };
let database: Database;
let platform: RunsUnderTest;
let operator: PrincipalFacts;
let researcher: PrincipalFacts;
let refusing: string | null;

const gib = 2 ** 30;
const described = (name: string, more: object = {}) =>
  resourceDescriptionSchema.parse({
    ...{ name, hardware: { nodes: 1, coresPerNode: 8, memoryPerNode: 16 * gib } },
    access: { kind: 'slurm', stagingFolder: `/nowhere/${name}` },
    ...more,
  });
const add = async (name: string, more: object = {}): Promise<string> =>
  (await putMachine(platform, operator, described(name, more))).id;

/** Submits a run of a command that succeeds and waits for its end. */
async function runTo(state: string, compute: object, capability = 'quick'): Promise<Record<string, unknown>> {
  const body = { capability, input: {}, compute };
  const made = await platform.ask<{ id: string }>(researcher, 'POST', '/v1/runs', body);
  const { id } = made.json();
  return { id, ...(await platform.until(researcher, id, state)).run };
}

beforeEach(async () => {
  database = await freshDatabase();
  refusing = null;
  const dataFolder = await mkdtemp(join(tmpdir(), 'genesis-placed-'));
  const succeed = async () => ({ exitCode: 0, outputs: { 'output.json': '{}' } });
  const executors = new Map<string, Executor>();
  platform = await startRuns({
    ...{ database, dataFolder },
    open: async (machine) => {
      if (machine === refusing)
        throw new GenesisError({ code: 'unavailable', message: 'It is away.', retryAfterSeconds: 1 });
      const folder = join(dataFolder, machine);
      const one = executors.get(machine) ?? createMemoryExecutor({ programs: { succeed }, folder });
      executors.set(machine, one);
      return one;
    },
  });
  await platform.runs.start();
  operator = platform.person('org_operators', { roles: [{ organisation: 'platform', role: 'operator' }] });
  researcher = platform.person(organisation);
  await platform.runs.register(researcher, commandManifest('quick', 'succeed'));
});
afterEach(() => platform.stop());

test('a run goes where it is told, what it may take is reserved and replaced by what it took', async () => {
  const id = await add('big');
  const run = await runTo('succeeded', { resources: ['big'] });
  expect(run).toMatchObject({ resource: id, waitsFor: null });
  const [row] = await database.orm
    .select()
    .from(charge)
    .where(eq(charge.run, String(run['id'])));
  expect(row).toMatchObject({ machine: id, attempt: 1 });
  expect(row?.settledAt).not.toBeNull();
  // far below the minute that it had asked for
  expect(row?.coreSeconds).toBeLessThan(30);
});

test('the plan is in the ledger before anything is submitted', async () => {
  await add('big');
  const { id } = await runTo('succeeded', { resources: ['big'] });
  const rows = await database.orm.select().from(ledgerDetail);
  const details = rows.map(({ details: one }) => one as { run?: string; plan?: { chosen: string } });
  expect(details.find(({ run, plan }) => run === id && plan != null)?.plan?.chosen).toMatch(/^mch_/);
});

test('nothing goes to a resource that may not hold its label, and the reason is told', async () => {
  await add('outside');
  const label: Label = { level: 'internal', categories: [] };
  researcher = platform.person(organisation, { clearance: label });
  const secret = { ...commandManifest('secret', 'succeed'), labelRule: { atLeast: label } };
  await platform.runs.register(researcher, secret);
  const run = await runTo('failed', { resources: ['outside'] }, 'secret');
  expect(JSON.stringify(run['outcome'])).toMatch(/outside: the run is internal, it may hold at most public/);
  const plan = await platform.runs.plan(researcher, {
    ...{ capability: 'secret', input: {}, datasets: [], purpose: 'explore' },
    compute: { resources: ['outside'], project: null },
  });
  expect(plan.chosen).toBeNull();
});

test('while a resource is down its runs wait and say so, and go on when it is up', async () => {
  const id = await add('shaky');
  const incident = await reportIncident(platform, operator, {
    ...{ name: 'Cooling', description: '', status: 'down', type: 'planned' },
    ...{ resources: ['shaky'], endsAt: null },
  });
  const body = { capability: 'quick', input: {}, compute: { resources: ['shaky'] } };
  const made = (await platform.ask<{ id: string }>(researcher, 'POST', '/v1/runs', body)).json();
  const following = platform.ask(researcher, 'GET', `/v1/runs/${made.id}/logs`);
  const waiting = async () => (await platform.show(researcher, made.id)).run as Record<string, unknown>;
  await expect.poll(async () => (await waiting())['waitsFor'], { timeout: 30_000 }).toMatch(/shaky: .*down/);
  await resolveIncident(platform, operator, incident);
  const ended = await platform.until(researcher, made.id, 'succeeded');
  // waiting uses up no attempt
  expect(ended.run).toMatchObject({ resource: id, waitsFor: null, attempts: 1 });
  // and whoever follows the log is told, once
  expect((await following).text.match(/event: waits\ndata: \{"text":".*shaky: .*down/g)).toHaveLength(1);
});

test('a run whose place does not answer is placed anew where its choice allows', async () => {
  const away = await add('away');
  const near = await add('near', { price: { coreHour: 0, gpuHour: 0, nodeHour: 0 } });
  refusing = away;
  await platform.compute.inspect();
  const run = await runTo('succeeded', { resources: ['away', 'near'] });
  expect(run['resource']).toBe(near);
});

test('of runs that race for the rest of an allocation no more go than it holds', async () => {
  const machine = await add('paid', { price: { coreHour: 60, gpuHour: 0, nodeHour: 0 } });
  // one core for a minute costs one unit: there is room for two at a time, and for what they leave
  const projectId = await projectWith(machine, 2.5);
  const choice = { resources: ['paid'], project: projectId };
  const bodies = Array.from({ length: 4 }, (_, n) => ({
    capability: 'quick',
    input: { n },
    compute: choice,
  }));
  const ids = await Promise.all(
    bodies.map(
      async (body) => (await platform.ask<{ id: string }>(researcher, 'POST', '/v1/runs', body)).json().id,
    ),
  );
  const ended = await Promise.all(ids.map((id) => platform.until(researcher, id, 'succeeded', 'failed')));
  const rows = await database.orm
    .select()
    .from(charge)
    .where(eq(charge.allocation, `alc_of_${machine}`));
  expect(rows.reduce((sum, { units }) => sum + units, 0)).toBeLessThanOrEqual(2.5);
  for (const { run } of ended)
    if (run.status === 'failed') expect(JSON.stringify(run.outcome)).toMatch(/allocation|units left/);
  expect(ended.filter(({ run }) => run.status === 'succeeded').length).toBeGreaterThan(0);
});

test('who is no member cannot spend the allocation of a project', async () => {
  const machine = await add('paid', { price: { coreHour: 60, gpuHour: 0, nodeHour: 0 } });
  const projectId = await projectWith(machine, 100, []);
  const body = { capability: 'quick', input: {}, compute: { resources: ['paid'], project: projectId } };
  const answer = await platform.ask(researcher, 'POST', '/v1/runs', body);
  expect(answer.status).toBe(400);
  expect(answer.text).toMatch(/compute\.project/);
});

async function projectWith(machine: string, granted: number, members = [researcher.id]): Promise<string> {
  const id = platform.ids.next('project');
  const facts = { ...platformFacts, kind: 'project', id, organisation, label: open };
  const steward = platform.person(organisation, { roles: [{ organisation, role: 'steward' }] });
  await platform.door.perform(
    { principal: steward, action: 'project.create', resource: { create: facts }, purpose: null },
    async (tx) => {
      const at = 0;
      await tx.insert(project).values({ id, name: 'p', description: '', modifiedAt: at });
      for (const principal of members)
        await tx.insert(projectMember).values({ project: id, principal, addedAt: at });
      await tx.insert(allocation).values({
        ...{ id: `alc_of_${machine}`, project: id, machine, granted, whenSpent: 'stop' },
        ...{ startsAt: at, endsAt: null, modifiedAt: at },
      });
      return { result: undefined, details: {} };
    },
  );
  return id;
}
