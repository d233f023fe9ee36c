/** Parameters that many operations share. */
import { z } from 'zod';

/** An id as it may come; whatever it is, nothing is found under it that the caller may not see. */
export const idText = z.string().max(200);

/** True and false only, as the contract says, not 1, yes or TRUE. */
export const strictBoolean = z.stringbool({ truthy: ['true'], falsy: ['false'], case: 'sensitive' });

/** Digits only: no 1e2, no spaces, nothing that is empty. */
const whole = (most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'expected a whole number')
    .transform(Number)
    .pipe(z.int().min(0).max(most));

export const windowQuery = {
  offset: whole(1_000_000).default(0),
  limit: whole(1000).default(100),
};

export const filterText = z.string().min(1).max(1000);
/** ISO 8601 with a time zone. */
export const time = z.iso.datetime({ offset: true });

export const millisecondsOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Date.parse(text);

/** The part of a list that was asked for. */
export const windowOf = <T>(all: readonly T[], { offset, limit }: { offset: number; limit: number }): T[] =>
  all.slice(offset, offset + limit);
