/* What a project may use bounds its campaigns: they stop before they overspend, also when two race for the rest. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sandboxMissing } from '../runs-platform.ts';
import { type Person, startWorld, type World } from './world.ts';

const missing = await sandboxMissing();
const base = await mkdtemp(join(tmpdir(), 'genesis-budgets-'));
let world: World;
let steward: Person;
let researcher: Person;

/** The shipped instrument asks for one core for an hour: 60 units, and hardly uses any of it. */
const unitsOfOne = 60;

beforeAll(async () => {
  if (missing !== null) return;
  world = await startWorld(join(base, 'data'));
  const operator = await world.newPerson('operator', ['operator'], 'platform');
  const { resource } = await world.must(operator, 'GET', '/v1/compute/resources/local');
  await world.must(operator, 'PUT', '/v1/compute/resources', {
    ...{ name: 'local', authority: null, hardware: resource.hardware, access: { kind: 'local' } },
    price: { coreHour: unitsOfOne, gpuHour: 0, nodeHour: 0 },
  });
  steward = await world.newPerson('steward', ['steward', 'operator']);
  researcher = await world.newPerson('researcher', ['researcher']);
});
afterAll(async () => {
  if (missing === null) await world.close();
  await rm(base, { recursive: true, force: true });
});

async function projectWith(granted: number, whenSpent = 'stop'): Promise<string> {
  const { id } = await world.newProject(steward, [researcher]);
  await world.must(steward, 'PUT', `/v1/projects/${id}/allocations/${world.machine}`, { granted, whenSpent });
  return id;
}

async function open(project: string, seed: string): Promise<string> {
  const { id } = await world.must(researcher, 'POST', '/v1/campaigns', {
    title: 'On a budget',
    source: { kind: 'capability', capability: 'stober-silica' },
    objective: { name: 'diameter', unit: 'nm', goal: { kind: 'target', value: 300 } },
    space: {
      parameters: [
        { kind: 'continuous', name: 'teos', min: 0.1, max: 0.5 },
        { kind: 'continuous', name: 'water', min: 0.5, max: 17 },
        { kind: 'continuous', name: 'ammonia', min: 0.5, max: 3 },
      ],
    },
    ...{ budget: 3, starts: 2, batch: 1, repeats: 1, seed, compute: { resources: ['local'], project } },
  });
  return id;
}

const progressOf = async (id: string) =>
  (await world.must(researcher, 'GET', `/v1/campaigns/${id}`)).progress;
const rests = async (id: string) => {
  await expect
    .poll(async () => (await progressOf(id)).state, { timeout: 60_000, interval: 100 })
    .not.toBe('exploring');
  return await progressOf(id);
};
const usedBy = async (project: string): Promise<number> =>
  (await world.must(researcher, 'GET', `/v1/usage?project=${project}`)).total.units;

test.skipIf(missing !== null)('a campaign stops before it overspends, and says why', async () => {
  const project = await projectWith(unitsOfOne / 2);
  const progress = await rests(await open(project, 'too little'));
  expect(progress.state).toBe('stopped');
  expect(progress.stoppedBecause).toMatch(/local.*(units|allocation)/s);
  expect(await usedBy(project)).toBe(0);
});

test.skipIf(missing !== null)(
  'two campaigns that race for the rest wait for each other and never reserve more than there is',
  async () => {
    const granted = unitsOfOne * 1.5;
    const project = await projectWith(granted);
    const ids = [await open(project, 'one'), await open(project, 'two')];
    let most = 0;
    let over = false;
    const watching = (async () => {
      while (!over) most = Math.max(most, await usedBy(project));
    })();
    const ended = await Promise.all(ids.map(rests)).finally(() => {
      over = true;
    });
    await watching;
    expect(most).toBeLessThanOrEqual(granted);
    expect(most).toBeGreaterThan(0);
    for (const progress of ended) expect(progress).toMatchObject({ state: 'explored', recorded: 6 });
    // what they reserved was replaced by the little that they used
    expect(await usedBy(project)).toBeLessThan(unitsOfOne / 2);
  },
  120_000,
);

test.skipIf(missing !== null)('an allocation that only warns lets them go on', async () => {
  const project = await projectWith(1, 'warn');
  expect(await rests(await open(project, 'warned'))).toMatchObject({ state: 'explored', recorded: 6 });
});
