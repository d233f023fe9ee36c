import { z } from 'zod';
import { machine } from './state-machine.ts';

/**
 * The way of a model version. Only a version that was looked at (`validated`) is put to use (`production`), which takes
 * two people; what goes wrong there is taken back. A retired version stays readable and never comes back.
 */
export const modelStages = machine({
  candidate: ['validated', 'retired'],
  validated: ['production', 'retired'],
  production: ['validated', 'retired'],
  retired: [],
});
export type ModelStage = (typeof modelStages)['states'][number];

/** What an artifact of a model may be. All are data: none can carry code, unlike pickle and what is built on it. */
export const artifactFormats = ['onnx', 'safetensors', 'lightgbm', 'json', 'parquet'] as const;
export type ArtifactFormat = (typeof artifactFormats)[number];

const mostInputs = 10_000;
const name = z.string().min(1).max(300);
const text = z.string().max(2000);
const unit = z.string().min(1).max(100).nullable().optional();
const categories = z.array(z.string().max(300)).min(1).max(mostInputs);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits');

/** A path below `model/`: steps of ordinary characters, none of which leads out of the folder. */
const artifactPathSchema = z
  .string()
  .max(300)
  .regex(
    /^[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/,
    'expected a path of ordinary names',
  );

const inputSchema = z.object({
  name,
  kind: z.enum(['number', 'category', 'composition', 'smiles', 'curve']),
  unit,
  /** The range of the training data. */
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  categories: categories.optional(),
  length: z.int().min(1).max(10_000_000).optional(),
});
export type ModelInput = z.infer<typeof inputSchema>;

const outputSchema = z.object({ name, unit, categories: categories.optional() });
export type ModelOutput = z.infer<typeof outputSchema>;

const metricSchema = z.object({
  name,
  value: z.number(),
  unit,
  /** What it was measured on, in words. */
  on: z.string().min(1).max(500),
  n: z.int().min(0),
  /** An interval of confidence around `value`, where one was computed. */
  low: z.number().optional(),
  high: z.number().optional(),
});
export type ModelMetricStated = z.infer<typeof metricSchema>;

const servingSchema = z.object({
  /** The ONNX file. */
  file: artifactPathSchema,
  /** The input tensor: float32, shape [rows, inputs], categories as their index. */
  input: name,
  outputs: z.object({ mean: name.optional(), sd: name.optional(), probabilities: name.optional() }),
  interval: z
    .object({
      level: z.number().gt(0).lt(1),
      halfWidth: z.number().min(0).optional(),
      lowerOutput: name.optional(),
      upperOutput: name.optional(),
      scaleOutput: name.optional(),
      quantile: z.number().min(0).optional(),
    })
    .nullable()
    .optional(),
});
export type ModelServing = z.infer<typeof servingSchema>;

/** `model/model.json`: what a training run says of the model that it leaves. Fields that are not here are not read. */
export const modelDescriptionSchema = z.object({
  format: z.literal('genesis-model/1'),
  task: z.enum(['regression', 'classification']),
  inputs: z.array(inputSchema).min(1).max(mostInputs),
  outputs: z.array(outputSchema).min(1).max(1000),
  files: z
    .array(z.object({ path: artifactPathSchema, format: z.enum(artifactFormats), sha256 }))
    .min(1)
    .max(200),
  serving: servingSchema.nullable().default(null),
  metrics: z.array(metricSchema).max(500).default([]),
  seeds: z.array(z.string().max(200)).max(10_000).default([]),
  software: z
    .array(z.object({ name, version: z.string().min(1).max(200) }))
    .max(2000)
    .default([]),
  config: z.record(z.string().max(300), z.json()).default({}),
  summary: text.optional(),
});
export type ModelDescription = z.infer<typeof modelDescriptionSchema>;
