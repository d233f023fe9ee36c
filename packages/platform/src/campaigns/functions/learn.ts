import type { Design, Goal, Space } from '@genesis/contracts';
import { type EncodedSurrogate, encodeSurrogate, fitSurrogate } from '@genesis/explorer';
import { observationOf, type Tried } from '../exploration.ts';
import { type InstrumentSpec, openInstrument } from '../instrument.ts';

/** Runs in a worker thread: the surrogate of everything that a campaign tried. */
export function train(input: { space: Space; goal: Goal; tried: Tried[]; seed: string }): EncodedSurrogate {
  const { space, goal, tried, seed } = input;
  return encodeSurrogate(fitSurrogate({ space, goal, observations: tried.map(observationOf), seed }));
}

/** Runs in a worker thread: fresh measurements of frozen designs, `replicates` of each. */
export function measureFresh(input: {
  instrument: InstrumentSpec;
  units: { unit: string; design: Design; seeds: string[] }[];
}): { unit: string; y: (number | null)[] }[] {
  const instrument = openInstrument(input.instrument);
  return input.units.map(({ unit, design, seeds }) => ({
    unit,
    y: seeds.map((seed) => {
      const { outcome } = instrument.measure(design, seed);
      return outcome.status === 'measured' ? outcome.value : null;
    }),
  }));
}
