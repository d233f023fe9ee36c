import { z } from 'zod';
import { claimStatement } from './hypothesis-statement.ts';

const text = (longest: number) => z.string().min(1).max(longest);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 as 64 lower-case hexadecimal digits');

/** Fewest paired starts on which a claim about arms may be tested; fewer give a description, never a verdict. */
export const fewestStarts = 20;
/** The error budget of every family, fixed by the first freeze and never refunded. */
export const familyAlpha = 0.05;

/** What the first freeze fixes for a split or a series of fresh measurements: later freezes share this budget. */
export const familySchema = z.strictObject({
  id: text(100),
  alpha: z.literal(familyAlpha, `the alpha of a family is ${familyAlpha}`),
});
export type Family = z.infer<typeof familySchema>;

/** One opening of sealed data: `alpha` is spent when the opening begins, whatever comes of it. */
export const openingSchema = z.strictObject({
  family: text(100),
  claimHash: sha256,
  alpha: z.number().gt(0).max(familyAlpha),
  /** SHA-256 over the rows that were opened; a resumed evaluation must show the same. */
  rowsHash: sha256,
  /** Whether its verdict is recorded. Only an opening without one is resumed. */
  concluded: z.boolean(),
});
export type Opening = z.infer<typeof openingSchema>;

const capabilitySchema = z.strictObject({ name: text(200), version: text(100) });
const armSchema = z.strictObject({ name: text(100), configurationHash: sha256 });
/** The seeds follow from the root by `claimSeeds`; the platform draws the root, so nobody picks lucky seeds. */
const seedRootSchema = sha256;

const splitSourceSchema = z.strictObject({
  kind: z.literal('split'),
  splitId: text(100),
  part: z.literal('confirm', 'a claim is tested on the confirm part only'),
});
const freshDesignsSchema = z.strictObject({
  kind: z.literal('fresh-measurements'),
  capability: capabilitySchema,
  designs: z.int().positive(),
  replicates: z.int().positive().max(1000),
  /** Independent draws over the frozen space: what makes the designs a sample of the population. */
  sampler: z.strictObject({ name: z.literal('uniform'), version: z.literal(1), spaceHash: sha256 }),
  seedRoot: seedRootSchema,
});
const freshRepetitionsSchema = z.strictObject({
  kind: z.literal('fresh-repetitions'),
  capability: capabilitySchema,
  spaceHash: sha256,
  clever: armSchema,
  control: armSchema,
  budget: z.int().positive(),
  /**
   * "Best" is never the maximum observed: it is scored on what noise cannot flatter. A table in which some designs have
   * one row only has nothing fresh for these: there its values are the truth that both arms look for.
   */
  scoredOn: z.enum(['noiseless-truth', 'fresh-replicates', 'table-values']),
  seedRoot: seedRootSchema,
});

export const exclusionSchema = z.strictObject({
  column: text(200),
  operator: z.enum(['<', '<=', '>', '>=', '=', '!=']),
  value: z.union([z.number(), z.string().max(500)]),
  reason: text(500),
});
/** A rule on a design's inputs (never its outcome) that keeps it out of the sample. */
export type Exclusion = z.infer<typeof exclusionSchema>;

const sharedFields = {
  version: z.literal(1),
  /** Which designs or starts the claim speaks about, in words. */
  population: text(500),
  /** `greater`: the estimand lies above threshold + minimalEffect; `less`: below threshold - minimalEffect. */
  direction: z.enum(['greater', 'less']),
  threshold: z.number(),
  minimalEffect: z.number().min(0),
  /** Spent at the opening; at most the whole budget of the family. */
  alpha: z.number().gt(0).max(familyAlpha),
  /** How probable its author holds "supported" to be, before anything is opened. */
  confidence: z.number().gt(0).lt(1),
  sampleSize: z.int().positive().max(1_000_000),
  design: z.literal(
    'fixed',
    'only "fixed" is allowed: one sample size, looked at once; a sequential design needs a declared e-process, which this version does not evaluate',
  ),
  exclusions: z.array(exclusionSchema).max(50),
  /** What a unit without a result means; there is no rule that drops it. */
  missingData: z.enum(['worst-case', 'inconclusive']),
  family: text(100),
};

const predictionFields = z.strictObject({
  kind: z.literal('prediction'),
  ...sharedFields,
  estimand: z.enum(['probability-closer-than-baseline', 'probability-within-tolerance']),
  metric: z.discriminatedUnion('name', [
    z.strictObject({
      name: z.literal('closer-than-baseline'),
      version: z.literal(1),
      /** Median over the explored designs, in the unit of the objective. Why not the mean: decision 0004. */
      baseline: z.number(),
    }),
    z.strictObject({
      name: z.literal('within-tolerance'),
      version: z.literal(1),
      /** In the unit of the objective. */
      tolerance: z.number().gt(0),
    }),
  ]),
  test: z.strictObject({ name: z.literal('exact-binomial'), version: z.literal(1) }),
  source: z.discriminatedUnion('kind', [splitSourceSchema, freshDesignsSchema]),
  model: z.strictObject({ id: text(100), hash: sha256 }),
});
const armsFields = z.strictObject({
  kind: z.literal('arms'),
  ...sharedFields,
  sampleSize: z
    .int()
    .min(
      fewestStarts,
      `a claim about arms needs at least ${fewestStarts} fresh starts; fewer give a description only`,
    )
    .max(1_000_000),
  estimand: z.literal('median-paired-difference'),
  metric: z.strictObject({
    name: z.literal('final-score-difference'),
    version: z.literal(1),
    /** Orients the difference: positive means that the clever arm is ahead. A target is minimised as a distance. */
    goal: z.enum(['maximise', 'minimise']),
  }),
  test: z.strictObject({ name: z.literal('exact-sign'), version: z.literal(1) }),
  source: freshRepetitionsSchema,
});

export type PredictionClaimDraft = z.infer<typeof predictionFields>;
export type ArmsClaimDraft = z.infer<typeof armsFields>;
/** Everything that a claim freezes, save the statement, which follows from it. */
export type ClaimDraft = PredictionClaimDraft | ArmsClaimDraft;

/** Where the tests decide: the claim is true when the estimand lies strictly beyond this value. */
export const claimBoundary = (
  claim: Pick<ClaimDraft, 'direction' | 'threshold' | 'minimalEffect'>,
): number =>
  claim.direction === 'greater'
    ? claim.threshold + claim.minimalEffect
    : claim.threshold - claim.minimalEffect;

/** The smallest p-value that `sampleSize` units can give in favour of the claim. */
function smallestPValue(claim: ClaimDraft): number {
  if (claim.kind === 'arms') return 0.5 ** claim.sampleSize;
  const boundary = claimBoundary(claim);
  return (claim.direction === 'greater' ? boundary : 1 - boundary) ** claim.sampleSize;
}

type Issue = (path: string[], message: string) => void;

function checkPrediction(claim: PredictionClaimDraft, issue: Issue): void {
  const boundary = claimBoundary(claim);
  if (!(boundary > 0 && boundary < 1)) {
    issue(
      ['threshold'],
      `threshold and minimalEffect put the boundary at ${boundary}; a probability needs one strictly between 0 and 1`,
    );
  }
  if (claim.estimand !== `probability-${claim.metric.name}`) {
    issue(['estimand'], `the metric ${claim.metric.name} estimates "probability-${claim.metric.name}"`);
  }
  if (claim.source.kind === 'fresh-measurements' && claim.source.designs !== claim.sampleSize) {
    issue(['source', 'designs'], `the plan measures exactly the sample: expected ${claim.sampleSize}`);
  }
}

function checkDraft(claim: ClaimDraft, issue: Issue): void {
  if (claim.kind === 'prediction') checkPrediction(claim, issue);
  if (claim.source.kind !== 'split' && claim.exclusions.length > 0) {
    issue(['exclusions'], 'only a split has exclusions; for fresh measurements restrict the space instead');
  }
  const smallest = smallestPValue(claim);
  if (smallest > claim.alpha) {
    issue(
      ['sampleSize'],
      `${claim.sampleSize} units cannot support this claim: the smallest possible p-value is ${smallest}, above alpha ${claim.alpha}`,
    );
  }
}

const draftSchema = z
  .discriminatedUnion('kind', [predictionFields, armsFields])
  .superRefine((claim, context) => {
    checkDraft(claim, (path, message) => context.addIssue({ code: 'custom', path, message }));
  });

const withStatement = { statement: text(5000) };
/**
 * A hypothesis as it is frozen: strict (unknown fields are refused), complete, and with a statement that is exactly
 * the text generated from its other fields. Its hash is `claimHash` of the evidence package.
 */
export const claimSchema = z
  .discriminatedUnion('kind', [predictionFields.extend(withStatement), armsFields.extend(withStatement)])
  .superRefine((claim, context) => {
    const issue: Issue = (path, message) => context.addIssue({ code: 'custom', path, message });
    checkDraft(claim, issue);
    const expected = claimStatement(claim);
    if (claim.statement !== expected) {
      issue(['statement'], `the statement is generated from the other fields and must read: ${expected}`);
    }
  });
export type Claim = z.infer<typeof claimSchema>;
export type PredictionClaim = Extract<Claim, { kind: 'prediction' }>;
export type ArmsClaim = Extract<Claim, { kind: 'arms' }>;

/**
 * Checks a draft and adds its statement. Throws a ZodError whose issues name the fields.
 */
export function completeClaim(draft: unknown): Claim {
  const checked = draftSchema.parse(draft);
  return { ...checked, statement: claimStatement(checked) };
}

/** A root is shown once nothing can be gained by knowing it. */
const shownRoot = { seedRoot: seedRootSchema.nullable() };
/**
 * A claim as it may be shown. `seedRoot` is null while the claim waits to be opened: whoever knew it could measure the
 * same fresh designs beforehand, and give up what would fail. Such a claim has no hash of its own; its commitment is
 * the one that was frozen.
 */
export const claimViewSchema = z.discriminatedUnion('kind', [
  predictionFields.extend({
    ...withStatement,
    source: z.discriminatedUnion('kind', [splitSourceSchema, freshDesignsSchema.extend(shownRoot)]),
  }),
  armsFields.extend({ ...withStatement, source: freshRepetitionsSchema.extend(shownRoot) }),
]);
type ClaimView = z.infer<typeof claimViewSchema>;

/** Whether showing the whole claim would show what it is about to measure. */
export const isRootHidden = (claim: Claim, state: string): boolean =>
  state === 'frozen' && claim.source.kind !== 'split';

/** The claim as it may be shown in this state of its hypothesis. */
export function viewClaim(claim: Claim, state: string): ClaimView {
  if (!isRootHidden(claim, state)) return claim;
  return { ...claim, source: { ...claim.source, seedRoot: null } } as ClaimView;
}
