import type { Decision } from './decision.ts';

/** One field of a request that is wrong, and what is allowed there. */
export type FieldProblem = { field: string; message: string };

/** Everything that can go wrong, as data. It becomes HTTP once, at the edge. */
export type GenesisFailure =
  | { code: 'invalid-input'; message: string; problems: FieldProblem[] }
  | { code: 'unauthenticated'; message: string }
  | { code: 'denied'; message: string; decision: Decision }
  | { code: 'not-found'; message: string }
  | { code: 'conflict'; message: string; retryAfterSeconds?: number }
  | { code: 'idempotency-mismatch'; message: string }
  | { code: 'too-large'; message: string; limitBytes: number }
  | { code: 'exhausted'; message: string; what: 'alpha' | 'budget' }
  | { code: 'sealed'; message: string }
  | { code: 'storage-full'; message: string }
  | { code: 'unavailable'; message: string; retryAfterSeconds: number }
  | { code: 'unsupported'; message: string }
  | { code: 'internal'; message: string };

export type ErrorCode = GenesisFailure['code'];

/** The HTTP status of each code. */
export const errorStatus = {
  'invalid-input': 400,
  unauthenticated: 401,
  denied: 403,
  'not-found': 404,
  conflict: 409,
  'idempotency-mismatch': 422,
  'too-large': 413,
  exhausted: 409,
  sealed: 403,
  'storage-full': 507,
  unavailable: 503,
  unsupported: 422,
  internal: 500,
} as const satisfies Record<ErrorCode, number>;

/**
 * The one error class of the platform. `failure` is the closed union above; `cause` keeps what was underneath.
 * `transient` is true when the same request may succeed later without any change.
 */
export class GenesisError extends Error {
  readonly failure: GenesisFailure;
  readonly transient: boolean;

  constructor(failure: GenesisFailure, options: { cause?: unknown } = {}) {
    super(failure.message, options);
    this.name = 'GenesisError';
    this.failure = failure;
    this.transient = failure.code === 'unavailable' || failure.code === 'storage-full';
  }
}

/** Shorthand for the commonest failure: one field is wrong. */
export const invalidField = (
  field: string,
  message: string,
  options: { cause?: unknown } = {},
): GenesisError =>
  new GenesisError(
    { code: 'invalid-input', message: `${field}: ${message}`, problems: [{ field, message }] },
    options,
  );
