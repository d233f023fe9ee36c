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
    throw new InstrumentError('bad-seed', 'seed', describe(seed), 'a non-empty string');
  }
}

/** A wrong value as a message shows it: text in quotes and cut at 80 characters, objects by their kind only. */
export function describe(value: unknown): string {
  if (typeof value === 'string') {
    return `got ${JSON.stringify(value.length > 80 ? `${value.slice(0, 79)}…` : value)}`;
  }
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') {
    return `got ${value}`;
  }
  if (value === null || value === undefined) return `got ${value === null ? 'null' : 'nothing'}`;
  return `got ${Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`}`;
}
