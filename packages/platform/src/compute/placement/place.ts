import type { Considered, PlaceableResource, PlacementPlan, PlacementRequest } from '@genesis/contracts';
import { secondsPerUnit, unitsOf } from './cost.ts';
import { movementOf } from './movement.ts';
import { type Asked, reasonsAgainst, warningsAbout } from './reasons.ts';
import { priorWaiting } from './waiting/expect.ts';
import { expectWaiting } from './waiting/learn.ts';
import type { World } from './world.ts';

/** Accepted ones by their score, then the rejected ones; by name, and by id, where that leaves it open. */
function inOrder(a: Considered, b: Considered): number {
  if (a.accepted !== b.accepted) return a.accepted ? -1 : 1;
  const first = a.score?.total ?? 0;
  const second = b.score?.total ?? 0;
  if (first !== second) return first - second;
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.resource < b.resource ? -1 : 1;
}

/**
 * Where a run should go: every resource of the world once, accepted or rejected with every reason that applies. The
 * score of an accepted one is the median time until it starts there, the time that its data takes to get there, and
 * what it costs (`secondsPerUnit`), all in seconds. Pure: the same request and world give the same plan, in whatever
 * order the resources come. Linear in the resources, but for sorting the plan.
 */
export function place(request: PlacementRequest, world: World): PlacementPlan {
  const { resources: job } = request;
  const among = request.among.length === 0 ? null : new Set(request.among);
  const names = new Map(
    among === null ? [] : world.resources.filter(({ id }) => among.has(id)).map(({ id, name }) => [id, name]),
  );
  const amongNames = request.among.map((one) => names.get(one) ?? one);
  const asked: Asked = { request, among, amongNames };
  const size = { nodes: job.nodes, cores: job.cpuCores * job.nodes, durationSeconds: job.durationSeconds };
  const movement = movementOf(request.data, world);
  const consider = (resource: PlaceableResource): Considered => {
    const { id, name, price } = resource;
    const units = unitsOf(price, job);
    const candidate = { resource, units, allocation: world.allocations.get(id) };
    const rejections = reasonsAgainst(asked, candidate);
    if (rejections.length > 0) {
      return { resource: id, name, accepted: false, rejections, warnings: [], score: null };
    }
    const queue = world.queues.get(id);
    const waiting = queue === undefined ? priorWaiting : expectWaiting(queue, size, world.now);
    const moving = movement(resource);
    const cost = units * secondsPerUnit;
    const score = {
      total: waiting.expected + moving + cost,
      waiting: waiting.expected,
      waitingLow: waiting.low,
      waitingHigh: waiting.high,
      movement: moving,
      cost,
      units,
    };
    return { resource: id, name, accepted: true, rejections, warnings: warningsAbout(candidate), score };
  };
  const considered = world.resources.map(consider).sort(inOrder);
  const [first] = considered;
  return { chosen: first?.accepted === true ? first.resource : null, considered };
}
