import { type Design, designKey, type Observation } from '../src/index.ts';
import type { Settings } from '../src/settings.ts';
import type { StartDesign } from '../src/starts.ts';
import { suggestWith } from '../src/suggest.ts';
import type { Pool } from './pool.ts';

export type Protocol = {
  /** Measurements in all, the starts included. */
  budget: number;
  /** Designs that open the exploration. */
  starts: number;
  /** As the settings have it, unless the protocol says otherwise. */
  startDesign?: StartDesign;
  /** Designs proposed at once. */
  batch: number;
  /** Stop as soon as a design of this rank or better was measured. */
  stopAtRank?: number;
};

/** One exploration of a pool: the ranks and values of the measured designs in order, and the time of each proposal. */
export type Trace = { ranks: number[]; values: number[]; milliseconds: number[] };

export function replay(pool: Pool, protocol: Protocol, settings: Settings, seed: number): Trace {
  const observations: Observation[] = [];
  const trace: Trace = { ranks: [], values: [], milliseconds: [] };
  const measure = (design: Design): void => {
    const i = pool.index.get(designKey(pool.space, design))!;
    observations.push({ design, status: 'measured', value: pool.values[i]! });
    trace.ranks.push(pool.ranks[i]!);
    trace.values.push(pool.values[i]!);
  };
  const budget = Math.min(protocol.budget, pool.designs.length);
  while (observations.length < budget) {
    const opening = observations.length < protocol.starts;
    const count = opening ? protocol.starts : protocol.batch;
    const begun = performance.now();
    const { designs } = suggestWith(
      {
        space: pool.space,
        goal: pool.goal,
        observations,
        candidates: pool.designs,
        count: Math.min(count, budget - observations.length),
        seed: `replay-${seed}`,
        starts: protocol.starts,
        startDesign: protocol.startDesign ?? settings.startDesign,
      },
      settings,
    );
    if (!opening) trace.milliseconds.push(performance.now() - begun);
    designs.forEach(measure);
    if (protocol.stopAtRank !== undefined && trace.ranks.some((rank) => rank <= protocol.stopAtRank!)) break;
  }
  return trace;
}
