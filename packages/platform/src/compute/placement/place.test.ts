import {
  rejections as allCodes,
  type Considered,
  type PlaceableResource,
  type PlacementRequest,
  placementPlanSchema,
  type Rejection,
} from '@genesis/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyPlacementRequest, anyWorld } from '../../../test/placement-arbitraries.ts';
import { dominates } from '../../policy/index.ts';
import { place } from './place.ts';
import type { World } from './world.ts';

const runs = { numRuns: 2_000 };

const resourceOf = (world: World, { resource }: Considered): PlaceableResource =>
  world.resources.find(({ id }) => id === resource)!;

/** The hours of all nodes, each with what it has. */
const unitsHere = ({ price }: PlaceableResource, { resources: job }: PlacementRequest): number =>
  (job.nodes *
    job.durationSeconds *
    (price.nodeHour + price.coreHour * job.cpuCores + price.gpuHour * job.gpus)) /
  3_600;

const hasPrice = ({ price }: PlaceableResource) => price.coreHour + price.gpuHour + price.nodeHour > 0;

/** Whether a reason is true, said once more in other words than the source has. */
function isTrue(
  code: Rejection,
  request: PlacementRequest,
  world: World,
  resource: PlaceableResource,
): boolean {
  const { resources: job } = request;
  const { hardware, limits, id } = resource;
  const allocation = world.allocations.get(id);
  const enough = (asked: number, there: number | null, least: number) =>
    asked <= least || asked <= (there ?? -1);
  switch (code) {
    case 'not-among':
      return request.among.length > 0 && !request.among.some((one) => one === id || one === resource.name);
    case 'not-compute':
      return resource.type.split(':')[0] !== 'compute';
    case 'no-access':
      return !resource.hasAccess;
    case 'label-not-covered':
      return !dominates(resource.authority, request.label);
    case 'not-approved':
      return request.environments?.some((one) => one === id || one === resource.name) === false;
    case 'down':
      return resource.status === 'down';
    case 'unreachable':
      return !resource.reachable;
    case 'too-few-nodes': {
      const there = hardware.nodes === null ? job.nodes === 1 : job.nodes <= hardware.nodes;
      return !there || job.nodes > (limits.nodes ?? Number.POSITIVE_INFINITY);
    }
    case 'too-few-cores':
      return hardware.coresPerNode === null ? job.cpuCores > 1 : job.cpuCores > hardware.coresPerNode;
    case 'too-little-memory':
      return !enough(job.memoryBytes, hardware.memoryPerNode, -1);
    case 'too-few-accelerators':
      return !enough(job.gpus, hardware.acceleratorsPerNode, 0);
    case 'too-long':
      return job.durationSeconds > (limits.durationSeconds ?? Number.POSITIVE_INFINITY);
    case 'too-many-jobs':
      return resource.jobs + 1 > (limits.jobs ?? Number.POSITIVE_INFINITY);
    case 'no-allocation':
      return hasPrice(resource) && allocation === undefined;
    case 'allocation-spent': {
      if (!hasPrice(resource) || allocation === undefined || allocation.whenSpent === 'warn') return false;
      const units = unitsHere(resource, request);
      const left = allocation.granted - allocation.used;
      const spent = left <= 0 || units > left * (1 + 1e-9);
      return spent && (allocation.whenSpent === 'stop' || units > 0);
    }
  }
}

test('a plan has the form that clients are promised, with every resource in it once', () => {
  let chosen = 0;
  fc.assert(
    fc.property(anyPlacementRequest, anyWorld, (request, world) => {
      const plan = place(request, world);
      expect(placementPlanSchema.parse(plan)).toEqual(plan);
      expect(plan.considered.map(({ resource }) => resource).sort()).toEqual(
        world.resources.map(({ id }) => id).sort(),
      );
      for (const { accepted, rejections, score } of plan.considered) {
        expect(rejections.length === 0).toBe(accepted);
        expect(score !== null).toBe(accepted);
      }
      if (plan.chosen !== null) chosen++;
    }),
    runs,
  );
  expect(chosen).toBeGreaterThan(300);
});

test('nothing is accepted that the label, its state, its size or the allocation speaks against', () => {
  let accepted = 0;
  fc.assert(
    fc.property(anyPlacementRequest, anyWorld, (request, world) => {
      for (const one of place(request, world).considered) {
        if (!one.accepted) continue;
        accepted++;
        const resource = resourceOf(world, one);
        const { hardware } = resource;
        expect(dominates(resource.authority, request.label)).toBe(true);
        expect(resource).toMatchObject({ hasAccess: true, reachable: true });
        expect(resource.status).not.toBe('down');
        expect(request.resources.nodes).toBeLessThanOrEqual(hardware.nodes ?? 1);
        expect(request.resources.cpuCores).toBeLessThanOrEqual(hardware.coresPerNode ?? 1);
        expect(request.resources.memoryBytes).toBeLessThanOrEqual(hardware.memoryPerNode ?? 0);
        expect(request.resources.gpus).toBeLessThanOrEqual(hardware.acceleratorsPerNode ?? 0);
        expect(hasPrice(resource) && !world.allocations.has(resource.id)).toBe(false);
      }
    }),
    runs,
  );
  expect(accepted).toBeGreaterThan(1_000);
});

test('every reason that is told is true, and every one that is true is told', () => {
  const told = new Map<Rejection, number>();
  fc.assert(
    fc.property(anyPlacementRequest, anyWorld, (request, world) => {
      for (const one of place(request, world).considered) {
        const codes = new Set(one.rejections.map(({ code }) => code));
        const resource = resourceOf(world, one);
        for (const code of allCodes) {
          expect([code, codes.has(code)]).toEqual([code, isTrue(code, request, world, resource)]);
        }
        for (const code of codes) told.set(code, (told.get(code) ?? 0) + 1);
        for (const { message } of one.rejections) expect(message.length).toBeGreaterThan(10);
      }
    }),
    runs,
  );
  expect(Math.min(...allCodes.map((code) => told.get(code) ?? 0))).toBeGreaterThan(20);
});

test('the chosen one has the least score, whose parts add up', () => {
  fc.assert(
    fc.property(anyPlacementRequest, anyWorld, (request, world) => {
      const plan = place(request, world);
      const scores = plan.considered.flatMap(({ score }) => (score === null ? [] : [score]));
      for (const { total, waiting, movement, cost, waitingLow, waitingHigh } of scores) {
        expect(total).toBeCloseTo(waiting + movement + cost, 6);
        expect(Math.min(waiting, movement, cost, waitingLow)).toBeGreaterThanOrEqual(0);
        expect(waitingLow).toBeLessThanOrEqual(waiting);
        expect(waiting).toBeLessThanOrEqual(waitingHigh);
      }
      const chosen = plan.considered.find(({ resource }) => resource === plan.chosen);
      expect(chosen?.score?.total).toBe(
        scores.length === 0 ? undefined : Math.min(...scores.map(({ total }) => total)),
      );
    }),
    runs,
  );
});

test('the plan does not depend on the order of anything that comes in', () => {
  fc.assert(
    fc.property(anyPlacementRequest, anyWorld, (request, world) => {
      const turned: World = {
        ...world,
        resources: world.resources.toReversed(),
        allocations: new Map([...world.allocations].reverse()),
        links: world.links.toReversed(),
        queues: new Map(
          [...world.queues].reverse().map(([id, queue]) => [id, { ...queue, past: queue.past.toReversed() }]),
        ),
      };
      const other = { ...request, data: request.data.toReversed(), among: request.among.toReversed() };
      const codesOnly = (plan: ReturnType<typeof place>) => ({
        chosen: plan.chosen,
        considered: plan.considered.map((one) => ({
          ...one,
          rejections: one.rejections.map(({ code }) => code),
        })),
      });
      expect(place(request, turned)).toEqual(place(request, world));
      expect(codesOnly(place(other, turned))).toEqual(codesOnly(place(request, world)));
    }),
    runs,
  );
});

test('monotone in the label: a category more never makes a rejected resource accepted', () => {
  fc.assert(
    fc.property(
      anyPlacementRequest,
      anyWorld,
      fc.constantFrom('cui', 'nato', 'pii'),
      (request, world, more) => {
        const categories = [...new Set([...request.label.categories, more])].sort();
        const accepted = (label: PlacementRequest['label']) =>
          place({ ...request, label }, world)
            .considered.filter((one) => one.accepted)
            .map(({ resource }) => resource);
        const before = accepted(request.label);
        for (const id of accepted({ ...request.label, categories })) expect(before).toContain(id);
      },
    ),
    runs,
  );
});
