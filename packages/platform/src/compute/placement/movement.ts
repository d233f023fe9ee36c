import type { PlaceableResource, PlacementRequest } from '@genesis/contracts';
import type { World } from './world.ts';

/** Of a link that nobody has measured: somewhat less than one gigabit a second. */
export const assumedBytesPerSecond = 100e6;

/** Seconds that it takes to bring the data of a run to a resource. */
export type Movement = (resource: PlaceableResource) => number;

/** Bytes by the place where they lie; places in a fixed order, so that sums do not depend on that of the request. */
function bytesByPlace(data: PlacementRequest['data']): [string | null, number][] {
  const places = new Map<string | null, number>();
  for (const { bytes, at } of data) places.set(at, (places.get(at) ?? 0) + bytes);
  return [...places]
    .filter(([, bytes]) => bytes > 0)
    .sort(([a], [b]) => (a === b ? 0 : a === null || (b !== null && a < b) ? -1 : 1));
}

/**
 * The data of one place after the other, each by its link to the resource, or else to the resource's site. What lies
 * at the resource, at its site, or at a place that it is near takes no time. A copy that is there from an earlier run
 * is not known of.
 */
export function movementOf(data: PlacementRequest['data'], { links, here }: World): Movement {
  const places = bytesByPlace(data).map(([where, bytes]) => {
    const at = where ?? here;
    const from = links.filter((link) => (link.from ?? here) === at);
    return { at, bytes, rates: new Map(from.map(({ to, bytesPerSecond }) => [to, bytesPerSecond])) };
  });
  return ({ id, name, site, near }) => {
    let seconds = 0;
    for (const { at, bytes, rates } of places) {
      if (at !== null && (at === name || at === id || at === site || near.includes(at))) continue;
      const bySite = site === null ? undefined : rates.get(site);
      const rate = rates.get(id) ?? rates.get(name) ?? bySite ?? assumedBytesPerSecond;
      // A link that stands still is as slow as one byte a second: out of the question, and still a number.
      seconds += bytes / Math.max(1, rate);
    }
    return seconds;
  };
}
