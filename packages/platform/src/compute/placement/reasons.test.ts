import {
  rejections as allCodes,
  type PlaceableResource,
  type PlacementRequest,
  placementRequestSchema,
} from '@genesis/contracts';
import { expect, test } from 'vitest';
import { place } from './place.ts';
import type { AllocationFacts, World } from './world.ts';

const gibibyte = 2 ** 30;
const good: PlaceableResource = {
  id: 'mch_1',
  name: 'slurm',
  site: null,
  type: 'compute:system',
  authority: { level: 'internal', categories: [] },
  hardware: {
    nodes: 4,
    coresPerNode: 32,
    memoryPerNode: 32 * gibibyte,
    acceleratorsPerNode: 0,
    acceleratorType: null,
  },
  limits: { durationSeconds: null, nodes: null, jobs: null },
  price: { coreHour: 0, gpuHour: 0, nodeHour: 0 },
  near: [],
  reachable: true,
  hasAccess: true,
  status: 'up',
  jobs: 0,
};
type Change = Partial<Omit<PlaceableResource, 'hardware' | 'limits' | 'price'>> & {
  [K in 'hardware' | 'limits' | 'price']?: Partial<PlaceableResource[K]>;
};
const changed = ({ hardware, limits, price, ...rest }: Change): PlaceableResource => ({
  ...good,
  ...rest,
  hardware: { ...good.hardware, ...hardware },
  limits: { ...good.limits, ...limits },
  price: { ...good.price, ...price },
});

type Asks = {
  label?: PlacementRequest['label'];
  among?: string[];
  environments?: string[];
  resources?: object;
};
const consider = (change: Change, asks: Asks = {}, allocation?: AllocationFacts) => {
  const request = placementRequestSchema.parse({ label: { level: 'public' }, ...asks });
  const world: World = {
    resources: [changed(change)],
    allocations: new Map(allocation === undefined ? [] : [['mch_1', allocation]]),
    queues: new Map(),
    links: [],
    here: null,
    now: 0,
  };
  return place(request, world).considered[0]!;
};
const reasonsOf = (...given: Parameters<typeof consider>) =>
  consider(...given).rejections.map(({ code, message }) => `${code}: ${message}`);

const priced: Change = { price: { nodeHour: 2 } };
const spent = (whenSpent: AllocationFacts['whenSpent']): AllocationFacts => ({
  granted: 10,
  used: 9,
  whenSpent,
});

const examples: [Change, Asks, AllocationFacts | undefined, string][] = [
  [{}, { among: ['a', 'b', 'c', 'd'] }, undefined, 'not-among: the run may go only to a, b, c and 1 more'],
  [
    { type: 'storage:filesystem' },
    {},
    undefined,
    'not-compute: its type is storage:filesystem, runs need compute, compute:system, compute:node',
  ],
  [{ hasAccess: false }, {}, undefined, 'no-access: the platform was told no way to start jobs there'],
  [
    {},
    { label: { level: 'controlled', categories: ['cui'] } },
    undefined,
    'label-not-covered: the run is controlled with category cui, it may hold at most internal',
  ],
  [{}, { environments: ['x'] }, undefined, 'not-approved: the cards of its data approve only x'],
  [{}, { environments: [] }, undefined, 'not-approved: the cards of its data approve no machine in common'],
  [{ status: 'down' }, {}, undefined, 'down: its status is down'],
  [{ reachable: false }, {}, undefined, 'unreachable: the platform does not reach it at present'],
  [{}, { resources: { nodes: 8 } }, undefined, 'too-few-nodes: asks for 8 nodes, it has 4'],
  [
    { hardware: { nodes: null } },
    { resources: { nodes: 2 } },
    undefined,
    'too-few-nodes: asks for 2 nodes, how many it has is not known (hardware, in the inventory)',
  ],
  [
    { limits: { nodes: 2 } },
    { resources: { nodes: 3 } },
    undefined,
    'too-few-nodes: asks for 3 nodes, a job may have 2 there',
  ],
  [
    {},
    { resources: { cpuCores: 33 } },
    undefined,
    'too-few-cores: asks for 33 cores on a node, a node has 32',
  ],
  [
    { hardware: { coresPerNode: null } },
    { resources: { cpuCores: 1.5 } },
    undefined,
    'too-few-cores: asks for 1.5 cores on a node, how many a node has is not known (hardware, in the inventory)',
  ],
  [
    {},
    { resources: { memoryBytes: 64 * gibibyte } },
    undefined,
    'too-little-memory: asks for 64 GiB on a node, a node has 32 GiB',
  ],
  [
    {},
    { resources: { memoryBytes: 32 * gibibyte + 1 } },
    undefined,
    'too-little-memory: asks for 34359738369 bytes on a node, a node has 34359738368 bytes',
  ],
  [
    { hardware: { memoryPerNode: null } },
    {},
    undefined,
    'too-little-memory: asks for 2 GiB on a node, how much a node has is not known (hardware, in the inventory)',
  ],
  [
    {},
    { resources: { gpus: 1 } },
    undefined,
    'too-few-accelerators: asks for 1 accelerator on a node, a node has 0',
  ],
  [
    { hardware: { acceleratorsPerNode: null } },
    { resources: { gpus: 4 } },
    undefined,
    'too-few-accelerators: asks for 4 accelerators on a node, how many a node has is not known (hardware, in the inventory)',
  ],
  [
    { limits: { durationSeconds: 1_800 } },
    { resources: { durationSeconds: 9_000 } },
    undefined,
    'too-long: asks for 2.5 h, a job may take 30 min there',
  ],
  [{ limits: { jobs: 5 }, jobs: 5 }, {}, undefined, 'too-many-jobs: 5 jobs wait or run there already, 5 may'],
  [
    priced,
    {},
    undefined,
    'no-allocation: it has a price, and the run belongs to no project with an allocation there',
  ],
  [priced, {}, spent('stop'), 'allocation-spent: may cost 2 units, 1 of 10 are left of the allocation'],
  [
    priced,
    {},
    spent('degrade'),
    'allocation-spent: may cost 2 units, 1 of 10 are left of the allocation: runs go only where they cost nothing',
  ],
];

test.each(examples)('%j asked %j: %j', (change, asks, allocation, reason) => {
  expect(reasonsOf(change, asks, allocation)).toEqual([reason]);
});

test('the examples have every reason', () => {
  expect(reasonsOf({})).toEqual([]);
  const told = new Set(examples.map(([, , , reason]) => reason.split(':')[0] ?? ''));
  expect(told).toEqual(new Set(allCodes));
});

test('every reason is told, not only the first', () => {
  const all = reasonsOf(
    {
      type: 'network',
      hasAccess: false,
      reachable: false,
      status: 'down',
      hardware: { nodes: 1, coresPerNode: 1, memoryPerNode: 1 },
      limits: { durationSeconds: 1, nodes: 1, jobs: 1 },
      jobs: 1,
      ...priced,
    },
    {
      among: ['else'],
      environments: ['other'],
      label: { level: 'classified', categories: [] },
      resources: { nodes: 2, cpuCores: 2, gpus: 1 },
    },
  );
  expect(all.map((reason) => reason.split(':')[0])).toEqual([
    ...allCodes.slice(0, 7),
    'too-few-nodes',
    ...allCodes.slice(7, 14),
  ]);
});

test('what needs no check is taken where nothing is known of the size: one node, one core, no accelerator', () => {
  const hardware = { nodes: null, coresPerNode: null, acceleratorsPerNode: null };
  expect(reasonsOf({ hardware })).toEqual([]);
});

test('a spent allocation that warns lets the run go, and says so', () => {
  const { accepted, warnings } = consider(priced, {}, spent('warn'));
  expect(accepted).toBe(true);
  expect(warnings).toEqual(['may cost 2 units, 1 of 10 are left of the allocation']);
  expect(consider(priced, {}, { ...spent('warn'), used: 8 }).warnings).toEqual([]);
});

test('where nothing is left, stop starts nothing; degrade what costs nothing on a resource that has a price', () => {
  const gpusOnly: Change = { price: { gpuHour: 1 } };
  const empty = { granted: 10, used: 10 };
  expect(consider(gpusOnly, {}, { ...empty, whenSpent: 'degrade' }).accepted).toBe(true);
  expect(consider(gpusOnly, {}, { ...empty, whenSpent: 'stop' }).accepted).toBe(false);
  expect(consider({}, {}, { ...empty, whenSpent: 'stop' }).accepted).toBe(true);
});

test('the last units may be used, however the charges before were rounded', () => {
  const used = 0.1 + 0.1 + 0.1;
  expect(2.3 - used).toBeLessThan(2);
  expect(consider(priced, {}, { granted: 2.3, used, whenSpent: 'stop' }).accepted).toBe(true);
  expect(consider(priced, {}, { granted: 2.3, used: used + 1e-6, whenSpent: 'stop' }).accepted).toBe(false);
});

test('a degraded resource, and one of unknown status, are taken with a warning', () => {
  expect(consider({ status: 'degraded' }).warnings).toEqual(['its status is degraded']);
  expect(consider({ status: 'unknown' }).warnings).toEqual(['its status is not known']);
});
