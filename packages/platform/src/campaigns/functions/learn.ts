import type { Design, Goal, Space } from '@genesis/contracts';
import {
  decodeSurrogate,
  type EncodedSurrogate,
  encodeSurrogate,
  fitSurrogate,
  predict,
  projectDesign,
} from '@genesis/explorer';
import { observationOf, type Tried } from '../exploration.ts';
import { type InstrumentSpec, openInstrument } from '../instrument.ts';

/** Runs in a worker thread: the surrogate of everything that a campaign tried. */
export function train(input: { space: Space; goal: Goal; tried: Tried[]; seed: string }): EncodedSurrogate {
  const { space, goal, tried, seed } = input;
  return encodeSurrogate(fitSurrogate({ space, goal, observations: tried.map(observationOf), seed }));
}

/** In the unit of the objective; null where the model says nothing about a design: an unknown category. */
export type Prediction = {
  mean: number | null;
  /** Of a new measurement: the uncertainty of the mean and the noise together. */
  sd: number | null;
};

/**
 * Runs in a worker thread: what a new measurement of each design is expected to give. Numbers beyond what the model
 * has seen are asked about at the limit.
 */
export function predictAll(input: { model: EncodedSurrogate; designs: Design[] }): Prediction[] {
  const surrogate = decodeSurrogate(input.model);
  const near = input.designs.map((design) => projectDesign(surrogate.space, design));
  const { mean, sd, noiseSd } = predict(
    surrogate,
    near.filter((design) => design !== undefined),
  );
  let place = 0;
  return near.map((design) => {
    if (design === undefined) return { mean: null, sd: null };
    const at = place++;
    return { mean: mean[at]!, sd: Math.hypot(sd[at]!, noiseSd) };
  });
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
