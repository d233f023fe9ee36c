import { type PlaceableResource, placementRequestSchema } from '@genesis/contracts';
import { expect, test } from 'vitest';
import { secondsPerUnit, unitsOf } from './cost.ts';
import { assumedBytesPerSecond } from './movement.ts';
import { place } from './place.ts';
import { priorWaiting } from './waiting/expect.ts';
import { learnQueue } from './waiting/learn.ts';
import type { World } from './world.ts';

const resource = (name: string, change: Partial<PlaceableResource> = {}): PlaceableResource => ({
  id: `mch_${name}`,
  name,
  site: null,
  type: 'compute',
  authority: { level: 'public', categories: [] },
  hardware: {
    nodes: 8,
    coresPerNode: 8,
    memoryPerNode: 2 ** 36,
    acceleratorsPerNode: 2,
    acceleratorType: null,
  },
  limits: { durationSeconds: null, nodes: null, jobs: null },
  price: { coreHour: 0, gpuHour: 0, nodeHour: 0 },
  near: [],
  reachable: true,
  hasAccess: true,
  status: 'up',
  jobs: 0,
  ...change,
});
const worldOf = (resources: PlaceableResource[], change: Partial<World> = {}): World => ({
  resources,
  allocations: new Map(),
  queues: new Map(),
  links: [],
  here: 'home',
  now: 0,
  ...change,
});
const asking = (change: object = {}) =>
  placementRequestSchema.parse({ label: { level: 'public' }, ...change });
const movements = (world: World, data: object[]) =>
  place(asking({ data }), world)
    .considered.toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ score }) => score?.movement);

test('without a history, a resource waits as the prior says', () => {
  const { considered } = place(asking(), worldOf([resource('a')]));
  expect(considered[0]?.score).toEqual({
    total: priorWaiting.expected,
    waiting: priorWaiting.expected,
    waitingLow: priorWaiting.low,
    waitingHigh: priorWaiting.high,
    movement: 0,
    cost: 0,
    units: 0,
  });
});

test('equals go by name, then by id; nothing is chosen where there is nothing', () => {
  const twins = [resource('b'), resource('a', { id: 'mch_2' }), resource('a', { id: 'mch_1' })];
  const plan = place(asking(), worldOf(twins));
  expect(plan.considered.map((one) => one.resource)).toEqual(['mch_1', 'mch_2', 'mch_b']);
  expect(plan.chosen).toBe('mch_1');
  expect(place(asking(), worldOf([]))).toEqual({ chosen: null, considered: [] });
  expect(place(asking({ among: ['c'] }), worldOf(twins)).chosen).toBeNull();
});

test('a run costs the hours of its nodes, with cores and accelerators of each, if it takes all its time', () => {
  const { resources } = asking({ resources: { nodes: 2, cpuCores: 4, gpus: 1, durationSeconds: 5_400 } });
  expect(unitsOf({ coreHour: 0.5, gpuHour: 10, nodeHour: 1 }, resources)).toBe(3 * (0.5 * 4 + 10 + 1));
});

test('a price sends a run to where it waits somewhat longer, not to where it waits for days', () => {
  const price = { coreHour: 0, gpuHour: 0, nodeHour: 1 };
  const waits = (waitedSeconds: number) =>
    learnQueue(
      Array.from({ length: 60 }, (_, i) => ({
        submittedAt: -60_000 * (60 - i) - waitedSeconds * 1_000,
        waitedSeconds,
        started: true,
        nodes: 1,
        cores: 1,
        durationSeconds: 3_600,
      })),
      0,
    );
  const chosen = (free: number) =>
    place(
      asking(),
      worldOf([resource('free'), resource('paid', { price })], {
        allocations: new Map([['mch_paid', { granted: 1e6, used: 0, whenSpent: 'stop' }]]),
        queues: new Map([
          ['mch_free', waits(free)],
          ['mch_paid', waits(0)],
        ]),
      }),
    ).chosen;
  expect(chosen(secondsPerUnit - 60)).toBe('mch_free');
  expect(chosen(secondsPerUnit + 60)).toBe('mch_paid');
});

test('data takes no time to what is there, at its site, or near it', () => {
  const all = [
    resource('a'),
    resource('b', { site: 'north' }),
    resource('c', { near: ['north'] }),
    resource('d', { near: ['home'] }),
  ];
  const copied = 1e9 / assumedBytesPerSecond;
  expect(movements(worldOf(all), [{ bytes: 1e9, at: 'north' }])).toEqual([copied, 0, 0, copied]);
  expect(movements(worldOf(all), [{ bytes: 1e9, at: null }])).toEqual([copied, copied, copied, 0]);
  expect(movements(worldOf(all), [{ bytes: 1e9, at: 'mch_a' }])).toEqual([0, copied, copied, copied]);
  expect(movements(worldOf(all, { here: null }), [{ bytes: 1e9, at: null }])[3]).toBe(copied);
});

test('data comes over the link of the resource, else of its site; from one place after the other', () => {
  const links = [
    { from: null, to: 'b', bytesPerSecond: 1e6 },
    { from: null, to: 'south', bytesPerSecond: 1e7 },
    { from: 'north', to: 'south', bytesPerSecond: 1e5 },
    { from: 'stuck', to: 'b', bytesPerSecond: 0 },
  ];
  const world = worldOf([resource('a', { site: 'south' }), resource('b', { site: 'south' })], { links });
  const data = [
    { bytes: 4e6, at: null },
    { bytes: 6e6, at: null },
    { bytes: 1e5, at: 'north' },
    { bytes: 0, at: 'nowhere' },
  ];
  expect(movements(world, data)).toEqual([1 + 1, 10 + 1]);
  expect(movements(world, [{ bytes: 1e6, at: 'stuck' }])[1]).toBe(1e6);
});
