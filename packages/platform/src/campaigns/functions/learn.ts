import type { Design, Goal, Space } from '@genesis/contracts';
import { decodeSurrogate, encodeSurrogate, fitSurrogate, predict } from '@genesis/explorer';
import { observationOf, type Tried } from '../exploration.ts';
import { type InstrumentSpec, openInstrument } from '../instrument.ts';

type Encoded = ReturnType<typeof encodeSurrogate>;

/** Runs in a worker thread: the surrogate of everything that a campaign tried. */
export function train(input: { space: Space; goal: Goal; tried: Tried[]; seed: string }): Encoded {
  const { space, goal, tried, seed } = input;
  return encodeSurrogate(fitSurrogate({ space, goal, observations: tried.map(observationOf), seed }));
}

export type Prediction = {
  /** In the unit of the objective. */
  mean: number;
  /** Of a new measurement: the uncertainty of the mean and the noise together. */
  sd: number;
};

/** Runs in a worker thread: what a new measurement of each design is expected to give. */
export function predictAll(input: { model: Encoded; designs: Design[] }): Prediction[] {
  const { mean, sd, noiseSd } = predict(decodeSurrogate(input.model), input.designs);
  return input.designs.map((_, i) => ({ mean: mean[i]!, sd: Math.hypot(sd[i]!, noiseSd) }));
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
