import { createHmac } from 'node:crypto';
import {
  type ArmsClaimDraft,
  type CampaignPlan,
  type Claim,
  completeClaim,
  familyAlpha,
  GenesisError,
  invalidField,
  type PredictionClaimDraft,
} from '@genesis/contracts';
import { canonicalHash, median } from '@genesis/evidence';
import { z } from 'zod';
import type { Tried } from '../exploration.ts';
import type { CampaignRow } from '../store.ts';

const alphaSchema = z
  .number()
  .gt(0)
  .max(familyAlpha)
  .default(familyAlpha / 2);
const confidenceSchema = z.number().gt(0).lt(1);

/** What a person states; everything else of the claim follows from the campaign and is filled in by the platform. */
export const newHypothesisSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('prediction'),
    confidence: confidenceSchema,
    alpha: alphaSchema,
    /** Unseen designs to test on; for a table at most what the sealed part holds, and by default all of it. */
    sampleSize: z.int().min(5).max(100_000).exactOptional(),
    /** The probability of being closer that must be exceeded, and by how much. */
    threshold: z.number().gt(0).lt(1).default(0.5),
    minimalEffect: z.number().min(0).lt(1).default(0.1),
  }),
  z.strictObject({
    kind: z.literal('arms'),
    confidence: confidenceSchema,
    alpha: alphaSchema,
    sampleSize: z.int().min(20).max(10_000).default(24),
    threshold: z.number().default(0),
    /** In the unit of the objective. */
    minimalEffect: z.number().min(0).default(0),
    /** Experiments of each arm from each fresh start; by default the budget of the campaign. */
    budget: z.int().min(2).max(10_000).exactOptional(),
  }),
]);
export type NewHypothesis = z.infer<typeof newHypothesisSchema>;

/** What the draft of a claim needs to know of the campaign. */
export type DraftFacts = {
  row: CampaignRow;
  tried: readonly Tried[];
  model: { id: string; hash: string } | undefined;
  family: string;
  /** Different designs in the sealed part; null for an instrument. */
  sealedDesigns: number | null;
  /** Whether every design of a replayed table has a second row; null where nothing is replayed. */
  replicated: boolean | null;
  /** A secret of the instance: seeds are drawn with it, so that nobody can pick lucky ones. */
  drawKey: Buffer;
  /** Freezes under the plan of the campaign before this one, in every campaign that has this plan. */
  earlier: number;
};

/** Completes a claim: every rule by which it will be judged is fixed here, before anything is opened. */
export function draftClaim(wanted: NewHypothesis, facts: DraftFacts): Claim {
  const draft = wanted.kind === 'prediction' ? prediction(wanted, facts) : arms(wanted, facts);
  try {
    return completeClaim(draft);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const problems = error.issues.map(({ path, message }) => ({ field: path.join('.'), message }));
    const message = problems.map((problem) => `${problem.field}: ${problem.message}`).join('; ');
    throw new GenesisError({ code: 'invalid-input', message, problems }, { cause: error });
  }
}

/** Root of the seeds of fresh measurements: it depends on the plan, and on a key that no participant knows. */
const seedRoot = ({ row, drawKey, earlier }: DraftFacts, kind: string): string =>
  createHmac('sha256', drawKey).update(`${row.planHash}/${kind}/${earlier}`).digest('hex');

const versioned = (name: string) => ({ name, version: '1.0.0' });

function prediction(
  wanted: Extract<NewHypothesis, { kind: 'prediction' }>,
  facts: DraftFacts,
): PredictionClaimDraft {
  const { row, tried, model, sealedDesigns } = facts;
  if (model === undefined)
    throw new GenesisError({ code: 'conflict', message: 'Train a model first: the claim is about one.' });
  const baseline = median(
    tried.flatMap(({ outcome }) => (outcome.status === 'measured' ? [outcome.value] : [])),
  );
  if (baseline === null)
    throw new GenesisError({ code: 'conflict', message: 'Nothing was measured to compare with.' });
  const sampleSize = wanted.sampleSize ?? sealedDesigns ?? 60;
  if (sealedDesigns !== null && sampleSize > sealedDesigns) {
    throw invalidField('sampleSize', `the sealed part has ${sealedDesigns} designs`);
  }
  const { source } = row.plan;
  if (source.kind === 'people') {
    throw new GenesisError({
      code: 'unsupported',
      message:
        'Fresh measurements by people cannot be opened by the platform: give the campaign a capability that measures.',
    });
  }
  return {
    version: 1,
    kind: 'prediction',
    population:
      source.kind === 'table'
        ? 'designs of the imported table'
        : `designs drawn uniformly from the space of the campaign`,
    direction: 'greater',
    threshold: wanted.threshold,
    minimalEffect: wanted.minimalEffect,
    alpha: wanted.alpha,
    confidence: wanted.confidence,
    sampleSize,
    design: 'fixed',
    exclusions: [],
    missingData: 'worst-case',
    family: facts.family,
    estimand: 'probability-closer-than-baseline',
    metric: { name: 'closer-than-baseline', version: 1, baseline },
    test: { name: 'exact-binomial', version: 1 },
    source:
      source.kind === 'table'
        ? { kind: 'split', splitId: source.split, part: 'confirm' }
        : {
            kind: 'fresh-measurements',
            capability: versioned(row.origin ?? 'people'),
            designs: sampleSize,
            replicates: 1,
            sampler: { name: 'uniform', version: 1, spaceHash: canonicalHash(row.space) },
            seedRoot: seedRoot(facts, 'prediction'),
          },
    model,
  };
}

/** What a single test may cost the platform, in experiments of each arm. */
const mostExperiments = 100_000;

const scoredOn = ({ replicated }: DraftFacts): ArmsClaimDraft['source']['scoredOn'] => {
  if (replicated === null) return 'noiseless-truth';
  return replicated ? 'fresh-replicates' : 'table-values';
};

function arms(wanted: Extract<NewHypothesis, { kind: 'arms' }>, facts: DraftFacts): ArmsClaimDraft {
  const { row } = facts;
  const { plan } = row;
  const control = plan.arms.find(({ strategy }) => strategy === 'random');
  const clever = plan.arms.find(({ strategy }) => strategy !== 'random');
  if (
    row.instrument === null ||
    row.instrument.kind === 'command' ||
    control === undefined ||
    clever === undefined
  ) {
    throw new GenesisError({
      code: 'unsupported',
      message:
        'A claim about arms needs an instrument that the platform can run from fresh starts by itself.',
    });
  }
  const budget = wanted.budget ?? plan.budget;
  if (wanted.sampleSize * budget > mostExperiments) {
    throw invalidField(
      'sampleSize',
      `${wanted.sampleSize} starts of ${budget} experiments each are more than the ${mostExperiments} that one test may take for each arm`,
    );
  }
  return {
    version: 1,
    kind: 'arms',
    population: `fresh starts of both arms on ${plan.source.kind === 'table' ? 'the explore part of the imported table' : 'the instrument'}`,
    direction: 'greater',
    threshold: wanted.threshold,
    minimalEffect: wanted.minimalEffect,
    alpha: wanted.alpha,
    confidence: wanted.confidence,
    sampleSize: wanted.sampleSize,
    design: 'fixed',
    exclusions: [],
    missingData: 'worst-case',
    family: facts.family,
    estimand: 'median-paired-difference',
    metric: { name: 'final-score-difference', version: 1, goal: 'maximise' },
    test: { name: 'exact-sign', version: 1 },
    source: {
      kind: 'fresh-repetitions',
      capability: versioned(plan.source.kind === 'table' ? 'table-replay' : (row.origin ?? 'people')),
      spaceHash: canonicalHash(row.space),
      clever: { name: clever.name, configurationHash: armHash(plan, clever.name) },
      control: { name: control.name, configurationHash: armHash(plan, control.name) },
      budget,
      scoredOn: scoredOn(facts),
      seedRoot: seedRoot(facts, 'arms'),
    },
  };
}

/** What makes an arm what it is: its strategy, starts and batches, and what it optimises. */
const armHash = (plan: CampaignPlan, name: string): string =>
  canonicalHash({
    arm: plan.arms.find((arm) => arm.name === name) ?? null,
    starts: plan.starts,
    batch: plan.batch,
    objective: plan.objective,
  });
