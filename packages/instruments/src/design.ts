import { describe, InstrumentError } from './errors.ts';

/** One continuous input of an instrument, in the words of the explorer, with its unit. */
export interface ContinuousParameter {
  readonly kind: 'continuous';
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly unit: string;
}

/**
 * Checks a proposed design against a space: exactly its parameters, each a finite number within its limits
 * (both included).
 *
 * @throws InstrumentError naming the parameter and what is allowed
 */
export function requireDesign<Name extends string>(
  space: readonly (ContinuousParameter & { readonly name: Name })[],
  design: Readonly<Record<string, unknown>>,
): Record<Name, number> {
  if (typeof design !== 'object' || design === null) {
    throw new InstrumentError('missing-parameter', 'design', describe(design), 'an object');
  }
  const names = space.map(({ name }) => name as string);
  for (const name of Object.keys(design)) {
    if (!names.includes(name)) {
      throw new InstrumentError('unknown-parameter', `design.${name}`, 'not a parameter', names.join(', '));
    }
  }
  const checked = {} as Record<Name, number>;
  for (const { name, min, max, unit } of space) {
    const allowed = `a number from ${min} to ${max} ${unit}`;
    if (!Object.hasOwn(design, name)) {
      throw new InstrumentError('missing-parameter', `design.${name}`, 'missing', allowed);
    }
    const value = design[name];
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      throw new InstrumentError('not-a-number', `design.${name}`, describe(value), allowed);
    }
    if (value < min || value > max) {
      throw new InstrumentError('out-of-range', `design.${name}`, describe(value), allowed);
    }
    checked[name] = value;
  }
  return checked;
}
