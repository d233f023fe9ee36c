import { idSchema } from '@genesis/contracts';
import { z } from 'zod';

export const metrics = ['mae', 'rmse', 'error-rate'] as const;
export type Metric = (typeof metrics)[number];

/** Always there, so that a score is seen beside what costs nothing to reach. */
export const baselineNames = ['constant', 'linear', 'random-forest'] as const;
export type BaselineName = (typeof baselineNames)[number];

export const evaluationStates = ['open', 'closed'] as const;
export const submissionStates = ['queued', 'scored', 'failed'] as const;

const column = z.string().min(1).max(200);
const title = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\u202A-\u202E\u2066-\u2069]*$/u, 'control characters are not allowed');

export const newEvaluationSchema = z.strictObject({
  title,
  split: idSchema('split'),
  target: column,
  /** What models are given of a row; all other columns when left out. */
  features: z.array(column).min(1).max(1000).exactOptional(),
  /** Mean absolute error, root of the mean squared error, or the share of wrong categories. */
  metric: z.enum(metrics).default('mae'),
  challenge: z.int().min(1).max(1000).exactOptional(),
  /** Openings of the sealed rows in all, the three baselines included. */
  openings: z.int().min(4).max(1000).default(100),
  perOrganisation: z.int().min(1).max(100).default(5),
});
export type NewEvaluation = z.output<typeof newEvaluationSchema>;

export const newSubmissionSchema = z.strictObject({
  model: idSchema('model'),
  /** What the board calls it. Everybody who may see the evaluation sees it. */
  title,
});
export type NewSubmission = z.output<typeof newSubmissionSchema>;

/** Fixed when the evaluation is made. */
export type TaskSettings = {
  title: string;
  target: string;
  features: string[];
  metric: Metric;
  openings: number;
  perOrganisation: number;
  /** Columns whose equal values keep rows together: what is resampled and tested as a whole. */
  keyColumns: string[];
  /** Of resampling and tests. */
  seed: string;
};

export type Cell = string | number | boolean | null;
/** Cells of a row by column. */
export type Row = Record<string, Cell>;
/** What a model says of a row. */
export type Prediction = { value: number | string; lower?: number; upper?: number };

/** What is told of a scored submission beside its place: nothing of single rows. */
export type Score = {
  rows: number;
  units: number;
  /** Of intervals, where the model gives them: rows within, of how many. */
  covered: { within: number; of: number } | null;
};
