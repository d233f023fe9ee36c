import type { JobResources, Price } from '@genesis/contracts';
import type { AllocationFacts } from './world.ts';

/**
 * The exchange rate: to save one allocation unit is worth six minutes of waiting. At the usual unit of a node hour, a
 * run of ten nodes for an hour goes to a place that costs nothing if it waits there for up to an hour longer.
 */
export const secondsPerUnit = 360;

/** What costs: the size of a run, and for how long. */
export type Size = Pick<JobResources, 'cpuCores' | 'gpus' | 'nodes' | 'durationSeconds'>;

/** Allocation units of a run of this size: for all the time that it asks for, the most that it can cost. */
export function unitsOf(price: Price, asked: Size): number {
  const hours = (asked.durationSeconds / 3_600) * asked.nodes;
  return hours * (price.coreHour * asked.cpuCores + price.gpuHour * asked.gpus + price.nodeHour);
}

export const isFree = ({ coreHour, gpuHour, nodeHour }: Price): boolean =>
  coreHour === 0 && gpuHour === 0 && nodeHour === 0;

/**
 * Whether an allocation is spent for a run that may cost so much: nothing is left of it, or less than that. Sums of
 * many charges are rounded, so that one part in 10^9 does not count.
 */
export function isSpent({ granted, used }: AllocationFacts, units: number): boolean {
  const left = granted - used;
  const rounding = granted * 1e-9;
  return left <= rounding || units > left + rounding;
}
