import type { PlaceableResource, WhenSpent } from '@genesis/contracts';
import type { LearnedQueue } from './waiting/learn.ts';

/**
 * What the run's project may use of a resource, in allocation units; the part of its member instead, where there is
 * less left of that. Whether `used` counts what is reserved is for the caller to say.
 */
export type AllocationFacts = { granted: number; used: number; whenSpent: WhenSpent };

/** How fast data goes from one place to another. `null` is the platform; others are names of sites or resources. */
export type Link = { from: string | null; to: string; bytesPerSecond: number };

/** Everything that a placement depends on besides the request: plain data, so that the same world gives the same plan. */
export type World = {
  resources: readonly PlaceableResource[];
  /** By the id of the resource: of the project that the run belongs to; empty where it belongs to none. */
  allocations: ReadonlyMap<string, AllocationFacts>;
  /** By the id of the resource: what was learned from its waiting records (`learnQueue`). */
  queues: ReadonlyMap<string, LearnedQueue>;
  /** At most one for each pair of places. */
  links: readonly Link[];
  /** The site that the platform is at: what is near it reads the platform's data without a copy. */
  here: string | null;
  /** Milliseconds. */
  now: number;
};
