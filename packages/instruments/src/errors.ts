/** What can be wrong with what a caller hands to an instrument. */
export type InstrumentErrorCode =
  | 'unknown-parameter'
  | 'missing-parameter'
  | 'not-a-number'
  | 'out-of-range'
  | 'bad-seed'
  | 'bad-curve'
  | 'bad-table'
  | 'not-in-pool';

/**
 * Wrong input, never a failed experiment: a failed experiment is a result (`status: 'failed'`).
 * `field` is the path of the offending value; `allowed` says in words what would be accepted.
 */
export class InstrumentError extends Error {
  readonly code: InstrumentErrorCode;
  readonly field: string;
  readonly allowed: string;

  constructor(code: InstrumentErrorCode, field: string, found: string, allowed: string) {
    super(`${field}: ${found}; allowed: ${allowed}`);
    this.name = 'InstrumentError';
    this.code = code;
    this.field = field;
    this.allowed = allowed;
  }
}

/** Throws unless `seed` is a string with at least one character. */
export function requireSeed(seed: unknown): asserts seed is string {
  if (typeof seed !== 'string' || seed.length === 0) {
    throw new InstrumentError('bad-seed', 'seed', `got ${JSON.stringify(seed)}`, 'a non-empty string');
  }
}
