import { z } from 'zod';

const parameterName = z
  .string()
  .min(1)
  .max(200)
  .refine((name) => name !== '__proto__', 'this name is reserved');
const finite = z.number();

const continuousSchema = z.strictObject({
  kind: z.literal('continuous'),
  name: parameterName,
  min: finite,
  max: finite,
  scale: z.enum(['linear', 'log']).exactOptional(),
  unit: z.string().max(50).exactOptional(),
});
const integerSchema = z.strictObject({
  kind: z.literal('integer'),
  name: parameterName,
  min: z.int(),
  max: z.int(),
  unit: z.string().max(50).exactOptional(),
});
const categoricalSchema = z.strictObject({
  kind: z.literal('categorical'),
  name: parameterName,
  choices: z.array(z.string().max(2000)).min(1).max(10_000),
});
/** The fractions of one group are at least 0 and sum to 1. */
const fractionSchema = z.strictObject({
  kind: z.literal('fraction'),
  name: parameterName,
  group: z.string().min(1).max(100),
});

/** What a campaign may vary, in the words of the explorer. */
export const spaceSchema = z.strictObject({
  parameters: z
    .array(z.discriminatedUnion('kind', [continuousSchema, integerSchema, categoricalSchema, fractionSchema]))
    .min(1)
    .max(200),
  constraints: z
    .array(z.strictObject({ coefficients: z.record(parameterName, finite), max: finite }))
    .max(100)
    .exactOptional(),
});
export type Space = z.infer<typeof spaceSchema>;

export const designSchema = z.record(parameterName, z.union([finite, z.string().max(2000)]));
export type Design = z.infer<typeof designSchema>;

export const goalSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('minimize') }),
  z.strictObject({ kind: z.literal('maximize') }),
  z.strictObject({ kind: z.literal('target'), value: finite }),
]);
export type Goal = z.infer<typeof goalSchema>;

/** What an experiment gave. A failed or censored one counts as much as a measured one. */
export const outcomeOfExperimentSchema = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('measured'), value: finite }),
  z.strictObject({ status: z.literal('failed'), reason: z.string().max(2000) }),
  z.strictObject({
    status: z.literal('censored'),
    bound: finite,
    side: z.enum(['above', 'below']),
    reason: z.string().max(2000),
  }),
]);
export type ExperimentOutcome = z.infer<typeof outcomeOfExperimentSchema>;
