import type { Design } from '@genesis/contracts';
import { decodeSurrogate, type EncodedSurrogate, predict, projectDesign } from '@genesis/explorer';
import type { Prediction } from './predict.ts';

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
