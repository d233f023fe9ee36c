import { z } from 'zod';
import { purposeSchema } from './label.ts';

/** SHA-256 as 64 lower-case hexadecimal digits. */
export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hexadecimal digits');

/** An id that says nothing by itself: letters, digits, and `_ : . -`. */
export const opaqueIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_:.-]{0,99}$/, 'expected an opaque id of letters, digits and _ : . -');

/** A moment as `Date.prototype.toISOString` writes it: UTC with milliseconds. */
export const instantSchema = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'expected a time like 2026-01-31T12:00:00.000Z');

/**
 * What is hashed into a leaf of the ledger, as canonical JSON (RFC 8785). It holds opaque ids and a salted commitment
 * only, so that it can be shown to anyone; what the entry is about stays in the details beside it.
 */
export const ledgerEntryBodySchema = z.strictObject({
  v: z.literal(1),
  id: opaqueIdSchema,
  time: instantSchema,
  actor: opaqueIdSchema,
  action: z.string().regex(/^[a-z][a-z0-9.-]{0,63}$/, 'expected an action like "hypothesis.freeze"'),
  resource: opaqueIdSchema.nullable(),
  /** What the actor said it was for; left out where no purpose applies. */
  purpose: purposeSchema.optional(),
  /** The delegation under which a worker acted for the actor; left out where the actor acted itself. */
  delegation: opaqueIdSchema.optional(),
  decision: z.strictObject({
    effect: z.enum(['allow', 'deny', 'conditional']),
    rationaleCode: z.string().min(1).max(100),
  }),
  /** SHA-256 over the salt of 32 bytes followed by the canonical JSON of the details; null when there are none. */
  commitment: sha256Schema.nullable(),
});
export type LedgerEntryBody = z.infer<typeof ledgerEntryBodySchema>;

const ordinal = z.int().min(1);
const alpha = z.number().gt(0).max(1);

/** The creation of a campaign fixes its plan before any experiment. */
const campaignDetails = z.strictObject({
  kind: z.literal('campaign'),
  campaignId: opaqueIdSchema,
  planHash: sha256Schema,
});

const experimentDetails = z.strictObject({
  kind: z.literal('experiment'),
  campaignId: opaqueIdSchema,
  arm: z.string().min(1).max(100),
  repeat: z.int().min(0),
  index: z.int().min(0),
  outcomeHash: sha256Schema,
});

const modelDetails = z.strictObject({
  kind: z.literal('model'),
  modelId: opaqueIdSchema,
  artifactHash: sha256Schema,
  labelHash: sha256Schema,
});

/** A freeze names the family whose error budget the hypothesis will spend from, and that budget. */
const freezeDetails = z.strictObject({
  kind: z.literal('freeze'),
  campaignId: opaqueIdSchema,
  hypothesisId: opaqueIdSchema,
  claimHash: sha256Schema,
  splitId: opaqueIdSchema.nullable(),
  family: opaqueIdSchema,
  familyAlpha: alpha,
});

/** One opening. `attempt` counts the openings of the family from 1, so that a missing one leaves a gap. */
const openDetails = z.strictObject({
  kind: z.literal('open'),
  hypothesisId: opaqueIdSchema,
  splitId: opaqueIdSchema.nullable(),
  family: opaqueIdSchema,
  alpha,
  attempt: ordinal,
});

const verdictDetails = z.strictObject({
  kind: z.literal('verdict'),
  hypothesisId: opaqueIdSchema,
  verdictHash: sha256Schema,
});

const abandonDetails = z.strictObject({
  kind: z.literal('abandon'),
  hypothesisId: opaqueIdSchema,
});

/** The export of a crate commits to every file of it but the ledger's own. */
const exportDetails = z.strictObject({
  kind: z.literal('export'),
  campaignId: opaqueIdSchema,
  contentHash: sha256Schema,
});

/** The details that an evidence crate relies on. Entries of other actions have details of other shapes. */
export const evidenceDetailsSchema = z.discriminatedUnion('kind', [
  campaignDetails,
  experimentDetails,
  modelDetails,
  freezeDetails,
  openDetails,
  verdictDetails,
  abandonDetails,
  exportDetails,
]);
export type EvidenceDetails = z.infer<typeof evidenceDetailsSchema>;

/** The only action under which each kind of details counts; `null` details never do. */
export const evidenceActions = {
  campaign: 'campaign.create',
  experiment: 'campaign.record',
  model: 'model.create',
  freeze: 'hypothesis.freeze',
  open: 'hypothesis.open',
  verdict: 'hypothesis.conclude',
  abandon: 'hypothesis.abandon',
  export: 'campaign.export',
} as const satisfies Record<EvidenceDetails['kind'], string>;
