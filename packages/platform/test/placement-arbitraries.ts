import {
  type Hardware,
  type Label,
  type Limits,
  type PlaceableResource,
  type PlacementRequest,
  type Price,
  placementRequestSchema,
  resourceStatuses,
  whenSpent,
} from '@genesis/contracts';
import fc from 'fast-check';
import { learnQueue } from '../src/compute/placement/waiting/learn.ts';
import type { WaitRecord } from '../src/compute/placement/waiting/record.ts';
import type { AllocationFacts, World } from '../src/compute/placement/world.ts';
import { anyLabel } from './policy-arbitraries.ts';

/*
 * Amounts of small vocabularies, which requests and resources share, so that they meet at the limits; and mostly good
 * ones, so that a fair part of the resources is accepted.
 */
const gibibyte = 2 ** 30;
const now = 1_700_000_000_000;
export const placeNames = ['site-a', 'site-b', 'archive'];

const mostly = <T>(good: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constant(good) },
    { weight: 2, arbitrary: fc.constantFrom(good, ...others) },
  );

const anyHardware: fc.Arbitrary<Hardware> = fc.record({
  nodes: mostly<number | null>(8, 0, 1, 2, null),
  coresPerNode: mostly<number | null>(32, 1, 2, null),
  memoryPerNode: mostly<number | null>(64 * gibibyte, gibibyte, 2 * gibibyte, 2 * gibibyte - 1, null),
  acceleratorsPerNode: mostly<number | null>(4, 0, 1, null),
  acceleratorType: fc.constant(null),
});

const anyLimits: fc.Arbitrary<Limits> = fc.record({
  durationSeconds: mostly<number | null>(null, 60, 3_600, 7_200),
  nodes: mostly<number | null>(null, 1, 2, 8),
  jobs: mostly<number | null>(null, 1, 5),
});

const anyPrice: fc.Arbitrary<Price> = fc.record({
  coreHour: mostly(0, 0.01, 1),
  gpuHour: mostly(0, 1),
  nodeHour: mostly(0, 1, 10),
});

const highest: Label = { level: 'classified', categories: ['cui', 'export:ear', 'pii', 'proprietary:org_a'] };

const anyResource: fc.Arbitrary<Omit<PlaceableResource, 'id' | 'name'>> = fc.record({
  site: fc.option(fc.constantFrom('site-a', 'site-b')),
  type: mostly('compute:system', 'compute', 'compute:node', 'storage:filesystem', 'unknown'),
  authority: fc.oneof(anyLabel, fc.constant(highest)),
  hardware: anyHardware,
  limits: anyLimits,
  price: anyPrice,
  near: fc.subarray(placeNames),
  reachable: mostly(true, false),
  hasAccess: mostly(true, false),
  status: mostly('up', ...resourceStatuses),
  jobs: fc.constantFrom(0, 1, 4, 5),
});

const anyAllocation: fc.Arbitrary<AllocationFacts> = fc.record({
  granted: fc.constantFrom(0, 1, 10, 1_000),
  used: fc.constantFrom(0, 1, 9, 10, 11),
  whenSpent: fc.constantFrom(...whenSpent),
});

const anyRecord: fc.Arbitrary<WaitRecord> = fc
  .record({
    age: fc.integer({ min: 0, max: 300_000_000 }),
    waited: fc.integer({ min: 0, max: 100_000 }),
    end: fc.constantFrom('started', 'started', 'withdrawn', 'waits'),
    nodes: fc.integer({ min: 1, max: 8 }),
    durationSeconds: fc.integer({ min: 60, max: 86_400 }),
  })
  .map(({ age, waited, end, nodes, durationSeconds }) => ({
    submittedAt: now - age,
    waitedSeconds: end === 'waits' ? null : Math.min(waited, age / 1_000),
    started: end === 'started',
    nodes,
    cores: nodes * 32,
    durationSeconds,
  }));

type Entry = {
  resource: Omit<PlaceableResource, 'id' | 'name'>;
  /** Names may repeat: they are unique within one owner only. */
  name: string;
  allocation: AllocationFacts | null;
  records: WaitRecord[];
};
const anyEntry: fc.Arbitrary<Entry> = fc.record({
  resource: anyResource,
  name: fc.constantFrom('alpha', 'beta', 'gamma', 'delta'),
  allocation: fc.option(anyAllocation),
  records: fc.oneof(fc.constant<WaitRecord[]>([]), fc.array(anyRecord, { maxLength: 12 })),
});

export const anyWorld: fc.Arbitrary<World> = fc
  .record({
    entries: fc.array(anyEntry, { maxLength: 12 }),
    here: fc.option(fc.constantFrom('site-a', 'site-b')),
    rate: fc.constantFrom(0, 1e6, 1e9),
  })
  .map(({ entries, here, rate }) => {
    const named = entries.map((entry, index) => ({ ...entry, id: `mch_${index}` }));
    return {
      resources: named.map(({ id, name, resource }) => ({ ...resource, id, name })),
      allocations: new Map(
        named.flatMap(({ id, allocation }) => (allocation === null ? [] : [[id, allocation]])),
      ),
      queues: new Map(
        named.flatMap(({ id, records }) => (records.length === 0 ? [] : [[id, learnQueue(records, now)]])),
      ),
      links: [
        { from: null, to: 'site-b', bytesPerSecond: rate },
        { from: 'archive', to: 'alpha', bytesPerSecond: 2 * rate },
      ],
      here,
      now,
    };
  });

export const anyPlacementRequest: fc.Arbitrary<PlacementRequest> = fc
  .record({
    label: fc.oneof(anyLabel, fc.constant({ level: 'public' as const, categories: [] })),
    resources: fc.record({
      nodes: mostly(1, 2, 8, 9),
      cpuCores: mostly(1, 0.5, 2, 32, 33),
      memoryBytes: mostly(2 * gibibyte, gibibyte, 64 * gibibyte, 64 * gibibyte + 1),
      gpus: mostly(0, 1, 4),
      durationSeconds: mostly(3_600, 60, 7_201),
    }),
    among: mostly<string[]>([], ['alpha'], ['beta', 'mch_3'], ['nowhere']),
    environments: mostly<string[] | null>(null, ['alpha'], ['mch_2', 'delta'], []),
    data: fc.array(
      fc.record({
        bytes: fc.integer({ min: 0, max: 1e12 }),
        at: fc.option(fc.constantFrom(...placeNames, 'alpha')),
      }),
      { maxLength: 4 },
    ),
  })
  .map((request) => placementRequestSchema.parse(request));
