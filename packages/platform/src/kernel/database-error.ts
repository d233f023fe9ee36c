import { GenesisError } from '@genesis/contracts';
import { errorCode } from './system-error.ts';

/** What a failed statement means for the one who sent it. */
export type DatabaseTrouble =
  /** Two transactions were in each other's way; nothing of this one happened. */
  | 'contention'
  /** The connection is gone or was never there. */
  | 'lost'
  | 'storage-full';

const contention = new Set(['40001', '40P01', '55P03']);
const lost = new Set([
  ...['57P01', '57P02', '57P03', '53300', '25P03'],
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTCONN', 'ETIMEDOUT', 'EHOSTUNREACH'],
]);
const lostMessages =
  /Connection terminated|not queryable|timeout exceeded when trying to connect|Client was closed|server closed the connection/;

const troubleOfOne = (error: unknown): DatabaseTrouble | undefined => {
  const code = errorCode(error) ?? '';
  if (contention.has(code)) return 'contention';
  if (code === '53100' || code === 'ENOSPC' || code === 'EDQUOT') return 'storage-full';
  if (lost.has(code) || /^08/.test(code)) return 'lost';
  // While the embedded server is down, its socket is missing.
  if (code === 'ENOENT' && error instanceof Error && 'syscall' in error && error.syscall === 'connect')
    return 'lost';
  if (error instanceof Error && /No space left on device/.test(error.message)) return 'storage-full';
  return error instanceof Error && lostMessages.test(error.message) ? 'lost' : undefined;
};

/** Looks through the chain of causes, because the query builder wraps what the driver throws. */
export const databaseTrouble = (error: unknown): DatabaseTrouble | undefined => {
  let current: unknown = error;
  for (let depth = 0; depth < 8 && current !== undefined && current !== null; depth++) {
    const trouble = troubleOfOne(current);
    if (trouble) return trouble;
    current = current instanceof Error ? current.cause : undefined;
  }
  return undefined;
};

/** A database error in the platform's words; anything that is none comes back as it was. */
export const asGenesisError = (error: unknown): unknown => {
  if (error instanceof GenesisError) return error;
  switch (databaseTrouble(error)) {
    case 'storage-full':
      return new GenesisError(
        {
          code: 'storage-full',
          message: 'The disk is full: nothing was written. Free some space and try again.',
        },
        { cause: error },
      );
    case 'lost':
      return new GenesisError(
        { code: 'unavailable', message: 'The database cannot be reached just now.', retryAfterSeconds: 2 },
        { cause: error },
      );
    case 'contention':
      return new GenesisError(
        {
          code: 'unavailable',
          message: 'Too many writers want the same rows. Try again.',
          retryAfterSeconds: 1,
        },
        { cause: error },
      );
    case undefined:
      return error;
  }
};

/** An error with its causes, from the outside in. */
function* chainOf(error: unknown): Generator<Error> {
  let current: unknown = error;
  for (let depth = 0; depth < 8 && current instanceof Error; depth++) {
    yield current;
    current = current.cause;
  }
}

/** True when the error is PostgreSQL's refusal of a second row with the same unique key (of that name, if given). */
export const isUniqueViolation = (error: unknown, constraint?: string): boolean => {
  for (const one of chainOf(error)) {
    if (errorCode(one) !== '23505') continue;
    return constraint === undefined || ('constraint' in one && one.constraint === constraint);
  }
  return false;
};

const unstorable = new Set(['22021', '22P05']);

/** True when PostgreSQL cannot hold a text: it has a NUL character or is no well-formed Unicode. */
export const isUnstorableText = (error: unknown): boolean => {
  for (const one of chainOf(error)) if (unstorable.has(errorCode(one) ?? '')) return true;
  return false;
};
