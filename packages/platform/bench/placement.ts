import {
  levels,
  type PlaceableResource,
  type PlacementRequest,
  placementRequestSchema,
} from '@genesis/contracts';
import { place } from '../src/compute/placement/place.ts';
import { type LearnedQueue, learnQueue } from '../src/compute/placement/waiting/learn.ts';
import type { AllocationFacts, World } from '../src/compute/placement/world.ts';
import { createNumbers, simulateQueue } from '../test/simulated-queue.ts';

/*
 * Milliseconds to place one run among 10,000 random resources: about half are accepted, every tenth has a history as
 * long as the model looks at, the rest is rejected for one reason or several.
 */

const resourceCount = 10_000;
/** Milliseconds that the platform promises, for the median. */
const promised = 50;
const now = 1_700_000_000_000;
const gibibyte = 2 ** 30;
const categories = ['cui', 'export:ear', 'pii'];

export type PlacementFigures = {
  resources: number;
  /**
   * One placement, in milliseconds of this process's processor time, which a busy machine does not make longer; on an
   * idle one it is the time by the clock. So are the other times.
   */
  medianMs: number;
  slowestMs: number;
  /** Median by the clock, with what else runs on the machine. */
  byTheClockMs: number;
  /** The same without any history. */
  noQueueMs: number;
  /** The same where every resource has a full history: nobody's inventory, but the most it can cost. */
  everyQueueMs: number;
  /** The same where every resource is rejected for several reasons, each in words. */
  allRejectedMs: number;
  /** To learn one queue from a full history, once for each new record. */
  learnMs: number;
  acceptedShare: number;
  promised: number;
  holds: boolean;
};

function randomResource(index: number, random: () => number): PlaceableResource {
  const one = <T>(...of: [T, ...T[]]): T => of[Math.floor(random() * of.length)] ?? of[0];
  return {
    id: `mch_${index}`,
    name: `resource-${index}`,
    site: one('north', 'south', null),
    type: one('compute:system', 'compute:system', 'compute:node'),
    authority: { level: one(...levels), categories: categories.filter(() => random() < 0.7) },
    hardware: {
      nodes: one(16, 64, 1_024),
      coresPerNode: one(32, 64, 128),
      memoryPerNode: one(16, 64, 256) * gibibyte,
      acceleratorsPerNode: one(0, 0, 4),
      acceleratorType: null,
    },
    limits: { durationSeconds: one(null, 86_400), nodes: null, jobs: one(null, 100) },
    price: { coreHour: one(0, 0.01), gpuHour: 0, nodeHour: 0 },
    near: [one('north', 'archive')],
    reachable: random() < 0.98,
    hasAccess: random() < 0.98,
    status: random() < 0.95 ? 'up' : 'down',
    jobs: Math.floor(random() * 20),
  };
}

/** Histories of simulated queues, as if they had just been seen. */
function someQueues(): { queues: LearnedQueue[]; learnMs: number } {
  const times: number[] = [];
  const queues = [1, 2, 3, 4, 5].map((seed) => {
    const jobs = simulateQueue({ seed, nodes: 64, load: 0.7, days: 20, burst: 20, ours: 0.1 }).slice(-400);
    const shift = now - Math.max(...jobs.map(({ submittedAt }) => submittedAt));
    const records = jobs.map((job) => ({ ...job, submittedAt: job.submittedAt + shift, started: true }));
    const before = processorMs();
    const queue = learnQueue(records, now);
    times.push(processorMs() - before);
    return queue;
  });
  return { queues, learnMs: middle(times) };
}

const middle = (times: readonly number[]): number =>
  [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;

/** Milliseconds of processor time that this process has used. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function timesOf(request: PlacementRequest, world: World, rounds: number) {
  const times: number[] = [];
  const clock: number[] = [];
  // The first rounds warm up and do not count.
  for (let round = -5; round < rounds; round++) {
    const before = processorMs();
    const started = performance.now();
    place(request, world);
    if (round < 0) continue;
    clock.push(performance.now() - started);
    times.push(processorMs() - before);
  }
  return { median: middle(times), slowest: Math.max(...times), byTheClock: middle(clock) };
}

const asking = (level: 'internal' | 'classified', resources: object): PlacementRequest =>
  placementRequestSchema.parse({
    label: { level, categories: level === 'classified' ? ['nato'] : [] },
    resources,
    data: [
      { bytes: 1e10, at: null },
      { bytes: 1e11, at: 'archive' },
    ],
  });

/** Places the same run again and again in this thread. */
export function measurePlacement({ quick = false } = {}): PlacementFigures {
  const random = createNumbers(20_261_128);
  const resources = Array.from({ length: resourceCount }, (_, index) => randomResource(index, random));
  const { queues, learnMs } = someQueues();
  const queueOf = (index: number) => queues[index % queues.length]!;
  const allocation: AllocationFacts = { granted: 1e6, used: 10, whenSpent: 'stop' };
  const world: World = {
    resources,
    allocations: new Map(resources.filter((_, i) => i % 2 === 0).map(({ id }) => [id, allocation])),
    queues: new Map(resources.flatMap(({ id }, i) => (i % 10 === 0 ? [[id, queueOf(i)]] : []))),
    links: [{ from: null, to: 'south', bytesPerSecond: 1e9 }],
    here: 'north',
    now,
  };
  const request = asking('internal', { nodes: 2, cpuCores: 16, memoryBytes: 8 * gibibyte });
  const tooMuch = asking('classified', {
    nodes: 5_000,
    cpuCores: 1_000,
    memoryBytes: 1_024 * gibibyte,
    gpus: 8,
  });
  const everyQueue = { ...world, queues: new Map(resources.map(({ id }, i) => [id, queueOf(i)])) };
  const rounds = quick ? 11 : 101;
  const measured = timesOf(request, world, rounds);
  const fewer = Math.ceil(rounds / 4);
  return {
    resources: resourceCount,
    medianMs: measured.median,
    slowestMs: measured.slowest,
    byTheClockMs: measured.byTheClock,
    noQueueMs: timesOf(request, { ...world, queues: new Map() }, fewer).median,
    everyQueueMs: timesOf(request, everyQueue, fewer).median,
    allRejectedMs: timesOf(tooMuch, world, fewer).median,
    learnMs,
    acceptedShare: place(request, world).considered.filter(({ accepted }) => accepted).length / resourceCount,
    promised,
    holds: measured.median < promised,
  };
}

if (import.meta.main) {
  const flags = new Set(process.argv.slice(2));
  const figures = measurePlacement({ quick: flags.has('--quick') });
  const ms = (value: number) => ({ value: Number(value.toPrecision(3)) });
  console.table({
    resources: { value: figures.resources },
    'share accepted': ms(figures.acceptedShare),
    'ms for one placement (median)': ms(figures.medianMs),
    'slowest, ms': ms(figures.slowestMs),
    'by the clock, ms': ms(figures.byTheClockMs),
    'without histories, ms': ms(figures.noQueueMs),
    'every resource with a history, ms': ms(figures.everyQueueMs),
    'every resource rejected, ms': ms(figures.allRejectedMs),
    'learning a queue from its history, ms': ms(figures.learnMs),
    'promised, ms': ms(figures.promised),
  });
  console.log(figures.holds ? 'The promise holds.' : 'The promise does NOT hold.');
  if (flags.has('--json')) console.log(JSON.stringify(figures));
  if (!figures.holds) process.exitCode = 1;
}
