import { type Design, invalidField, type Space } from '@genesis/contracts';
import type { Artifact } from './models.ts';

/**
 * Refuses designs that are none of the model's space: every parameter has a value of its type, and nothing else has one.
 * Numbers beyond the space and unknown choices are allowed: the prediction says what it makes of them.
 */
export function assertDesigns(space: Space, designs: readonly Design[]): void {
  const names = space.parameters.map(({ name }) => name);
  designs.forEach((design, at) => {
    for (const { name, kind } of space.parameters) {
      const value = Object.hasOwn(design, name) ? design[name] : undefined;
      const expected = kind === 'categorical' ? 'string' : 'number';
      if (typeof value !== expected)
        throw invalidField(`body.designs.${at}.${name}`, `expected a ${expected}`);
    }
    const stranger = Object.keys(design).find((name) => !names.includes(name));
    if (stranger !== undefined)
      throw invalidField(
        `body.designs.${at}.${stranger}`,
        `no input of this model; known are ${names.join(', ')}`,
      );
  });
}

/** In the unit of the objective; null where the model says nothing about a design: an unknown category. */
export type Prediction = {
  mean: number | null;
  /** Of a new measurement: the uncertainty of the mean and the noise together. */
  sd: number | null;
};

/** Predictions of a surrogate, made away from the server's own thread. */
export type Predict = (artifact: Artifact, designs: readonly Design[]) => Promise<Prediction[]>;
