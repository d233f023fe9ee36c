import { z } from 'zod';

/** How independent a test was of those who made the claim, from strongest to weakest. */
export const independences = ['prospective', 'custodian-sealed', 'self-imported'] as const;
export const independenceSchema = z.enum(independences);
export type Independence = z.infer<typeof independenceSchema>;

export const outcomes = ['supported', 'refuted', 'inconclusive'] as const;
export const outcomeSchema = z.enum(outcomes);
export type Outcome = z.infer<typeof outcomeSchema>;

const intervalSchema = z.strictObject({
  /** Null: the sample bounds nothing on this side. */
  lo: z.number().nullable(),
  hi: z.number().nullable(),
  level: z.number().gt(0).lt(1),
});
export type Interval = z.infer<typeof intervalSchema>;

const describedMetricSchema = z.strictObject({
  name: z.string(),
  value: z.number().nullable(),
  /** Percentile bootstrap over units; it describes and decides nothing. */
  interval: intervalSchema.nullable(),
});
export type DescribedMetric = z.infer<typeof describedMetricSchema>;

/** What a frozen test found. Everything in it can be computed again from the claim and the rows. */
export const verdictSchema = z.strictObject({
  claimHash: z.string().regex(/^[0-9a-f]{64}$/),
  outcome: outcomeSchema,
  independence: independenceSchema,
  /** Of the estimand, from the units with a result; null when there is none. */
  estimate: z.number().nullable(),
  /** Dual to the two one-sided tests: it lies beyond the boundary exactly when one of them rejects. */
  interval: intervalSchema,
  /** Where the tests decide: threshold moved by the minimal effect. */
  boundary: z.number(),
  pValue: z.number().min(0).max(1),
  /** Of the opposite test, which refutes. */
  pOpposite: z.number().min(0).max(1),
  n: z.int().nonnegative(),
  alpha: z.number().gt(0),
  assumptions: z.array(z.string()),
  metrics: z.array(describedMetricSchema),
  counts: z.strictObject({
    rows: z.int().nonnegative(),
    /** Rows whose result or prediction is absent or not finite. */
    missingRows: z.int().nonnegative(),
    /** Units (designs or starts) seen in the rows. */
    units: z.int().nonnegative(),
    excludedUnits: z.int().nonnegative(),
    /** Beyond the frozen sample size, left out by the frozen order. */
    unusedUnits: z.int().nonnegative(),
    /** Of the sample: units without a result, or never delivered. */
    missingUnits: z.int().nonnegative(),
  }),
});
export type Verdict = z.infer<typeof verdictSchema>;
