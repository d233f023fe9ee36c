import { createHash } from 'node:crypto';
import { GenesisError } from '@genesis/contracts';
import { and, eq, lt, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Tx } from './database.ts';
import { idempotentResponses } from './tables.ts';

/** The value of an `Idempotency-Key` header. */
export const idempotencyKeySchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/, 'expected 1 to 200 visible ASCII characters');

export type Idempotency = {
  /** Keys of different principals have nothing to do with each other. */
  principal: string;
  key: string;
  /** What makes two requests the same one; see `requestHash`. */
  hash: string;
  /** Refuses a repetition with `conflict` while the first request is under way, instead of waiting for it. */
  refuseInFlight?: boolean;
  /** How long an answer is given again; a week where this is left out, which is also the most. */
  keptHours?: number;
};

type StoredAnswer = { status: number; body: unknown };

/** JSON with the fields of objects in alphabetical order, so that equal requests have equal text. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_name, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  ) ?? 'null';

/** SHA-256 over method, path and body (any JSON value), in hexadecimal. */
export const requestHash = (method: string, path: string, body: unknown): string =>
  createHash('sha256')
    .update(canonical([method, path, body ?? null]))
    .digest('hex');

const rememberedDays = 7;

/**
 * Acts at most once for a key, and gives a repetition the answer of the first time. The answer is kept by the same
 * transaction as the act, for a week; so it must hold no secret. Requests with one key wait for each other. Throws
 * `idempotency-mismatch` when the key was used for another request.
 */
export const answerOnce = async (
  tx: Tx,
  { principal, key, hash, refuseInFlight = false, keptHours = rememberedDays * 24 }: Idempotency,
  act: () => Promise<StoredAnswer>,
): Promise<StoredAnswer & { repeated: boolean }> => {
  const lock = sql`hashtextextended(${`${principal} ${key}`}, 0)`;
  if (refuseInFlight) {
    const { rows } = await tx.execute<{ taken: boolean }>(
      sql`select pg_try_advisory_xact_lock(${lock}) as taken`,
    );
    if (rows[0]?.taken !== true) {
      const message = `A request with the idempotency key "${key}" is under way. Ask again in a moment.`;
      throw new GenesisError({ code: 'conflict', message, retryAfterSeconds: 1 });
    }
  } else await tx.execute(sql`select pg_advisory_xact_lock(${lock})`);
  await tx
    .delete(idempotentResponses)
    .where(
      or(
        lt(idempotentResponses.at, sql`now() - make_interval(days => ${rememberedDays})`),
        and(
          eq(idempotentResponses.principal, principal),
          eq(idempotentResponses.key, key),
          lt(idempotentResponses.at, sql`now() - make_interval(hours => ${keptHours})`),
        ),
      ),
    );
  const [stored] = await tx
    .select()
    .from(idempotentResponses)
    .where(and(eq(idempotentResponses.principal, principal), eq(idempotentResponses.key, key)));
  if (stored && stored.requestHash !== hash) {
    throw new GenesisError({
      code: 'idempotency-mismatch',
      message: `The idempotency key "${key}" was used for another request before. Take a fresh key for a new request.`,
    });
  }
  if (stored) return { status: stored.status, body: stored.body, repeated: true };
  const answer = await act();
  await tx.insert(idempotentResponses).values({ principal, key, requestHash: hash, ...answer });
  return { ...answer, repeated: false };
};
