import {
  campaignPlanSchema,
  designSchema,
  instantSchema,
  labelSchema,
  ledgerEntryBodySchema,
  opaqueIdSchema,
  outcomeOfExperimentSchema,
  sha256Schema,
} from '@genesis/contracts';
import { z } from 'zod';

/** Written into every manifest; a crate of another version is refused, never guessed at. */
export const crateFormat = 'genesis-evidence-crate';
export const crateVersion = 1;

const pathSchema = z.string().min(1).max(255);
const count = z.int().min(0);

const fileRecordSchema = z.strictObject({ path: pathSchema, sha256: sha256Schema, bytes: count });
export type FileRecord = z.infer<typeof fileRecordSchema>;

/** A file that its label or conditions keep back: SHA-256 over a salt of 32 bytes followed by the content. */
const withheldSchema = z.strictObject({
  path: pathSchema,
  commitment: sha256Schema,
  reason: z.string().min(1).max(500),
});
export type Withheld = z.infer<typeof withheldSchema>;

/** `manifest.json`: every other file of the crate, and what is kept back. Both lists ascend by path. */
export const manifestSchema = z.strictObject({
  format: z.literal(crateFormat),
  version: z.literal(crateVersion),
  campaignId: opaqueIdSchema,
  /** The log whose checkpoints the crate holds. */
  origin: z.string().min(1).max(200),
  exportedAt: instantSchema,
  files: z.array(fileRecordSchema),
  withheld: z.array(withheldSchema),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** `campaign.json`: the plan, whose hash the ledger holds, and who ran it, as opaque ids. */
export const campaignFileSchema = z.strictObject({
  campaignId: opaqueIdSchema,
  plan: campaignPlanSchema,
  organisation: opaqueIdSchema,
  people: z.array(opaqueIdSchema).max(1000),
  /** SPDX identifier or `LicenseRef-...` under which the crate may be used. */
  licence: z.string().min(1).max(100),
  /** The label that everything in the crate stays within. */
  label: labelSchema,
  startedAt: instantSchema,
  finishedAt: instantSchema.nullable(),
  /**
   * Openings by campaigns that the crate may not name, by their numbers in families that this campaign spends from.
   * Listed are those that came before one of its own; left out where there are none.
   */
  unnamedOpenings: z
    .array(z.strictObject({ family: z.string().min(1).max(100), attempts: z.array(z.int().min(1)).min(1) }))
    .min(1)
    .exactOptional(),
});
export type CampaignFile = z.infer<typeof campaignFileSchema>;

/** The outcome part of an experiment: what its ledger entry commits to. */
const experimentOutcomeFields = {
  arm: z.string().min(1).max(100),
  repeat: count,
  index: count,
  design: designSchema,
  /** Seed of the instrument's noise; null when people measured. */
  seed: z.union([z.int(), z.string().min(1).max(200)]).nullable(),
  outcome: outcomeOfExperimentSchema.nullable(),
  runId: opaqueIdSchema.nullable(),
};

/**
 * A line of `experiments.jsonl`. Lines ascend by arm, repeat and index. An experiment that was proposed but not
 * finished when the campaign was stopped has neither outcome nor entry; it is written all the same, so that a gap in
 * the indices always means that something was left out.
 */
export const experimentSchema = z
  .strictObject({ ...experimentOutcomeFields, entryId: opaqueIdSchema.nullable() })
  .refine(({ outcome, entryId }) => (outcome === null) === (entryId === null), {
    message: 'an outcome has an entry in the ledger, and what has none has no outcome',
    path: ['entryId'],
  });
export type Experiment = z.infer<typeof experimentSchema>;

/**
 * `split.json`: the rule that puts each key on its side. The key of a row is `canonicalRowKey` over its key columns
 * (the inputs, or the column of the groups).
 */
export const splitFileSchema = z.strictObject({
  splitId: opaqueIdSchema,
  versionId: opaqueIdSchema,
  /** Canonical hash of the rows of the whole table. */
  tableHash: sha256Schema,
  rule: z.strictObject({
    version: z.literal(1),
    seed: z.string().min(1).max(200),
    confirmFraction: z.number().gt(0).lt(1),
    cut: sha256Schema,
  }),
  fewest: z.int().min(1),
  keyColumns: z.array(z.string().min(1).max(200)).min(1).max(200),
  rows: z.strictObject({ explore: count, confirm: count }),
});
export type SplitFile = z.infer<typeof splitFileSchema>;

/** `summary.json`: best value so far after each experiment, null before the first measured one. */
export const summarySchema = z.strictObject({
  arms: z.array(
    z.strictObject({
      arm: z.string(),
      repeat: count,
      experiments: count,
      notMeasured: count,
      best: z.number().nullable(),
      curve: z.array(z.number().nullable()),
    }),
  ),
});
export type Summary = z.infer<typeof summarySchema>;

/** `models/NAME/model.json`. The artifact hash covers `config.json` and `model.safetensors`. */
export const modelRecordSchema = z.strictObject({
  modelId: opaqueIdSchema,
  artifactHash: sha256Schema,
  label: labelSchema,
  entryId: opaqueIdSchema,
  createdAt: instantSchema,
});
export type ModelRecord = z.infer<typeof modelRecordSchema>;

/** `hypotheses/NAME/record.json`: which ledger entries tell its story. */
export const hypothesisRecordSchema = z.strictObject({
  hypothesisId: opaqueIdSchema,
  freezeEntry: opaqueIdSchema,
  openEntry: opaqueIdSchema.nullable(),
  verdictEntry: opaqueIdSchema.nullable(),
  abandonEntry: opaqueIdSchema.nullable(),
});
export type HypothesisRecord = z.infer<typeof hypothesisRecordSchema>;

const result = z.number().nullable();
/** The key of a design can be long: names and values of all inputs. */
const unitSchema = z.string().max(100_000);
const inputs = designSchema.exactOptional();

/** A line of `hypotheses/NAME/rows.jsonl`: what the verdict was computed from. */
export const evaluationRowSchema = z.union([
  z.strictObject({ unit: unitSchema, y: result, mean: result, sd: result.exactOptional(), inputs }),
  z.strictObject({ unit: unitSchema, clever: result, control: result, inputs }),
]);
export type EvaluationRowLine = z.infer<typeof evaluationRowSchema>;

const saltSchema = sha256Schema;

/** A line of `ledger/entries.jsonl`; lines ascend by index. `opening` is null where the details are withheld. */
export const ledgerLineSchema = z.strictObject({
  index: count,
  body: ledgerEntryBodySchema,
  opening: z.strictObject({ salt: saltSchema, details: z.unknown() }).nullable(),
});
export type LedgerLine = z.infer<typeof ledgerLineSchema>;

const hashSchema = z.base64().length(44);

/**
 * `ledger/proofs.json`. `size` is that of the last checkpoint. `inclusion` proves all lines of the entries at once
 * (`planBatch`); it is empty when they are the whole log. `consistency` has one RFC 6962 proof for each step from a
 * checkpoint to the next larger one.
 */
export const proofsSchema = z.strictObject({
  size: count,
  inclusion: z.array(hashSchema),
  consistency: z.array(z.strictObject({ from: count, to: count, hashes: z.array(hashSchema) })),
});
export type Proofs = z.infer<typeof proofsSchema>;
