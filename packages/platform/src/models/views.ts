import { conditionsSchema, labelSchema, modelStages } from '@genesis/contracts';
import { z } from 'zod';
import type { ResourceFacts } from '../policy/index.ts';
import { type ModelRow, stageOf } from './registry/rows.ts';
import { canBeAsked } from './serving/table.ts';

const optional = <T extends z.ZodType>(schema: T) => schema.nullable();
const metric = z.strictObject({
  name: z.string(),
  value: z.number(),
  unit: optional(z.string()),
  on: z.string(),
  n: z.int(),
  low: optional(z.number()),
  high: optional(z.number()),
});

const proposalView = z.strictObject({ by: z.string(), at: z.string(), reason: z.string() });

export const modelView = z.strictObject({
  id: z.string(),
  kind: z.enum(['surrogate', 'registered']),
  name: z.string(),
  version: z.int(),
  stage: z.enum(modelStages.states),
  /** Who asked for it to be put into production, while nobody has decided. */
  proposal: proposalView.nullable(),
  run: z.string(),
  artifactHash: z.string(),
  label: labelSchema,
  conditions: conditionsSchema,
  metrics: z.array(metric),
  createdAt: z.string(),
  /** Of a surrogate. */
  campaign: z.string().nullable(),
  trainedOn: z
    .strictObject({
      experiments: z.int(),
      measured: z.int(),
      failed: z.int(),
      censored: z.int(),
      objective: z.string(),
      unit: z.string().nullable(),
    })
    .nullable(),
  /** Of what a training run left. */
  registered: z
    .strictObject({
      task: z.string(),
      inputs: z.array(
        z.strictObject({
          name: z.string(),
          kind: z.string(),
          unit: optional(z.string()),
          minimum: optional(z.number()),
          maximum: optional(z.number()),
          categories: optional(z.array(z.string())),
        }),
      ),
      outputs: z.array(z.strictObject({ name: z.string(), unit: optional(z.string()) })),
      files: z.array(
        z.strictObject({ path: z.string(), format: z.string(), bytes: z.int(), sha256: z.string() }),
      ),
      /** Whether it can be served. */
      servable: z.boolean(),
      /** Whether it is served now. */
      served: z.boolean(),
      capability: z.strictObject({ name: z.string(), version: z.string(), digest: z.string() }),
      environmentHash: z.string(),
      configHash: z.string(),
      seeds: z.array(z.string()),
      data: z.array(
        z.strictObject({ name: z.string(), version: z.string(), dataset: z.string(), sha256: z.string() }),
      ),
    })
    .nullable(),
});
type View = z.output<typeof modelView>;

const iso = (at: number): string => new Date(at).toISOString();

function registeredOf(row: ModelRow): View['registered'] {
  if (row.kind === 'surrogate') return null;
  const { description, origin, files } = row;
  const { capability, environmentHash, configHash, seeds, data } = origin;
  return {
    task: description.task,
    inputs: description.inputs.map(({ name, kind, unit, minimum, maximum, categories }) => ({
      ...{ name, kind, unit: unit ?? null, minimum: minimum ?? null, maximum: maximum ?? null },
      categories: categories ?? null,
    })),
    outputs: description.outputs.map(({ name, unit }) => ({ name, unit: unit ?? null })),
    files: files.map(({ path, format, bytes, sha256 }) => ({ path, format, bytes, sha256 })),
    servable: description.serving !== null && canBeAsked(description.inputs),
    served: row.serving !== null,
    capability: { name: capability.name, version: capability.version, digest: capability.digest },
    ...{ environmentHash, configHash, seeds, data },
  };
}

/** A version as the API shows it. */
export const view = (row: ModelRow, facts: ResourceFacts): View => ({
  id: row.id,
  kind: row.kind,
  name: row.name,
  version: row.version,
  stage: stageOf(row),
  proposal: row.proposal === null ? null : { ...row.proposal, at: iso(row.proposal.at) },
  run: row.run,
  artifactHash: row.artifactHash,
  label: facts.label,
  conditions: facts.conditions,
  metrics: row.metrics.map(({ name, value, unit, on, n, low, high }) => ({
    ...{ name, value, on, n, unit: unit ?? null, low: low ?? null, high: high ?? null },
  })),
  createdAt: iso(row.createdAt),
  campaign: row.kind === 'surrogate' ? row.campaign : null,
  trainedOn: row.kind === 'surrogate' ? row.trainedOn : null,
  registered: registeredOf(row),
});
