import { z } from 'zod';

/* Fields as protobuf's JSON has them: every field may be left out or null, integers may come as texts, unknown fields are passed over. */

const absent = <Value>(value: Value | null | undefined): Value | undefined => value ?? undefined;

/** A text that may be missing. */
export const text = (longest = 100_000) => z.string().max(longest).nullish().transform(absent);
/** A text that must be there. */
export const required = (longest = 1000) =>
  z.string().min(1, 'Missing value for required parameter').max(longest);

const wholeText = z
  .string()
  .regex(/^-?\d{1,19}$/)
  .transform(Number);
const whole = z
  .union([z.number(), wholeText])
  .refine((value) => Number.isSafeInteger(value), 'expected a whole number of at most 2^53');
/** A whole number that may be missing. */
export const int64 = whole.nullish().transform(absent);

const notFinite: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};
const numberText = z
  .string()
  .max(400)
  .transform((given, context) => {
    const value = Object.hasOwn(notFinite, given) ? notFinite[given]! : Number(given);
    if (given.trim() !== '' && (Object.hasOwn(notFinite, given) || Number.isFinite(value))) return value;
    context.addIssue({ code: 'custom', message: 'expected a number' });
    return z.NEVER;
  });
/** A number that may be NaN or infinite, and must be there. */
export const double = z.union([z.number(), numberText]);

export const flag = z
  .union([z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')])
  .nullish()
  .transform((value) => value ?? false);

/** A list that may be missing. In a query, one value is a list of one. */
const list = <Item extends z.ZodType>(item: Item, most = 50_000) =>
  z
    .preprocess((value) => (typeof value === 'string' ? [value] : (value ?? [])), z.array(item).max(most))
    .transform((items) => items as z.output<Item>[]);

/** A list in a body. */
export const items = <Item extends z.ZodType>(item: Item, most = 50_000) =>
  z
    .array(item)
    .max(most)
    .nullish()
    .transform((values) => values ?? []);

export const tag = z.object({
  key: required(100_000),
  value: text(1_000_000).transform((value) => value ?? ''),
});
export const texts = list(z.string().max(20_000));

/** The id of a run: newer clients and older ones name it differently. */
export const runId = { run_id: text(200), run_uuid: text(200) };
