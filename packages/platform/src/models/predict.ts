import type { Design } from '@genesis/contracts';
import type { Artifact } from './models.ts';

/** In the unit of the objective; null where the model says nothing about a design: an unknown category. */
export type Prediction = {
  mean: number | null;
  /** Of a new measurement: the uncertainty of the mean and the noise together. */
  sd: number | null;
};

/** Predictions of a surrogate, made away from the server's own thread. */
export type Predict = (artifact: Artifact, designs: readonly Design[]) => Promise<Prediction[]>;
