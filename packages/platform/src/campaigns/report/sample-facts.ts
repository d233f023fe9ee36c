import {
  type Claim,
  campaignPlanSchema,
  completeClaim,
  type ExperimentOutcome,
  type Space,
  type Verdict,
} from '@genesis/contracts';
import { claimHash, claimSeeds, type EvaluationRow, evaluateClaim } from '@genesis/evidence';
import type { ExperimentFacts, HypothesisFacts, ReportFacts } from './facts.ts';

/** Facts of a small finished campaign, for tests. */

const space: Space = {
  parameters: [
    { kind: 'continuous', name: 'teos', min: 0, max: 10, unit: 'mol/L' },
    { kind: 'categorical', name: 'base', choices: ['A', 'B'] },
  ],
};
const hash = (digit: string): string => digit.repeat(64);
const shared = {
  version: 1,
  population: 'designs drawn uniformly from the space',
  direction: 'greater',
  alpha: 0.025,
  design: 'fixed',
  exclusions: [],
  missingData: 'worst-case',
  family: 'cmp_1',
} as const;
const capability = { name: 'stober-silica', version: '1.0.0' };

export const predictionClaim = (): Claim =>
  completeClaim({
    ...shared,
    kind: 'prediction',
    threshold: 0.5,
    minimalEffect: 0.1,
    confidence: 0.9,
    sampleSize: 40,
    estimand: 'probability-closer-than-baseline',
    metric: { name: 'closer-than-baseline', version: 1, baseline: 250 },
    test: { name: 'exact-binomial', version: 1 },
    source: {
      kind: 'fresh-measurements',
      capability,
      designs: 40,
      replicates: 1,
      sampler: { name: 'uniform', version: 1, spaceHash: hash('c') },
      seedRoot: hash('d'),
    },
    model: { id: 'mdl_1', hash: hash('b') },
  });

export const armsClaim = (goal: 'maximise' | 'minimise' = 'maximise'): Claim =>
  completeClaim({
    ...shared,
    kind: 'arms',
    threshold: 0,
    minimalEffect: 0,
    confidence: 0.8,
    sampleSize: 24,
    estimand: 'median-paired-difference',
    metric: { name: 'final-score-difference', version: 1, goal },
    test: { name: 'exact-sign', version: 1 },
    source: {
      kind: 'fresh-repetitions',
      capability,
      spaceHash: hash('c'),
      clever: { name: 'clever', configurationHash: hash('1') },
      control: { name: 'random', configurationHash: hash('2') },
      budget: 10,
      scoredOn: 'noiseless-truth',
      seedRoot: hash('e'),
    },
  });

/** Predictions that miss by a little; the first design has no result. */
const predictionRows = (claim: Claim): EvaluationRow[] =>
  claimSeeds(claim).map((seed, i) => ({
    unit: String(seed),
    y: i === 0 ? null : 100 + 10 * i,
    mean: 100 + 10 * i + (i % 5) - 2,
    sd: 3,
  }));
const armsRows = (claim: Claim): EvaluationRow[] =>
  claimSeeds(claim).map((seed, i) => ({
    unit: String(seed),
    clever: -i,
    control: -i - 5 + (i % 3),
  }));

export function hypothesisFacts(id: string, claim: Claim, rows: EvaluationRow[] | null): HypothesisFacts {
  const verdict: Verdict | null = rows === null ? null : evaluateClaim(claim, rows as [], 'prospective');
  const opened = rows === null ? null : 2_000_000;
  return {
    id,
    claim,
    claimHash: claimHash(claim),
    state: rows === null ? 'abandoned' : 'concluded',
    freezeEntry: `ent_${id}`,
    checkpointSize: rows === null ? null : 12,
    frozenAt: 1_000_000,
    openedAt: opened,
    concludedAt: opened,
    verdict: { shown: true, value: verdict },
    rows: { shown: true, value: rows },
  };
}

export function sampleExperiments(repeats: number, budget: number): ExperimentFacts[] {
  return ['clever', 'random'].flatMap((arm) =>
    Array.from({ length: repeats * budget }, (_, i): ExperimentFacts => {
      const repeat = Math.floor(i / budget);
      const index = i % budget;
      const value = 300 + (arm === 'clever' ? 200 : 250) / (1 + index) + ((repeat * 7 + index * 3) % 11);
      return {
        arm,
        repeat,
        index,
        design: { teos: 0.1 * index, base: 'A' },
        outcome: outcomeAt(index, value),
      };
    }),
  );
}

function outcomeAt(index: number, value: number): ExperimentOutcome {
  if (index === 3) return { status: 'failed', reason: 'it flocculated' };
  if (index === 4) return { status: 'censored', bound: 785, side: 'above', reason: 'too large to resolve' };
  return { status: 'measured', value };
}

const q = Array.from({ length: 20 }, (_, i) => 0.004 * 1.3 ** i);
const sampleOutput = {
  status: 'measured',
  diameterNm: 300.284,
  uncertaintyNm: 0.061,
  polydispersity: 0.031,
  reducedChiSquare: 1.04,
  curve: {
    q,
    counts: q.map((value) => Math.round(1 / value ** 2)),
    sigma: q.map((value) => 1 / value),
    fit: q.map((value) => 1.01 / value ** 2),
  },
};

export function sampleFacts(repeats = 3, budget = 10): ReportFacts {
  const prediction = predictionClaim();
  const arms = armsClaim();
  return {
    madeAt: 3_000_000,
    campaign: {
      id: 'cmp_1',
      plan: campaignPlanSchema.parse({
        title: 'Spheres of 300 nm',
        challenge: 9,
        source: { kind: 'capability', capability: 'stober-silica' },
        objective: { name: 'diameter', unit: 'nm', goal: { kind: 'target', value: 300 } },
        space,
        budget,
        repeats,
        seed: 'seed',
      }),
      planHash: hash('a'),
      space,
      state: 'explored',
      createdAt: 0,
      endedAt: 900_000,
    },
    sourceName: 'Stöber silica synthesis',
    challenge: { number: 9, name: 'Autonomous laboratories' },
    experiments: { shown: true, value: sampleExperiments(repeats, budget) },
    bestOutput: { shown: true, value: sampleOutput },
    models: [
      {
        id: 'mdl_1',
        name: 'surrogate',
        artifactHash: hash('b'),
        metrics: [{ name: 'rmse', value: 12.345, on: 'its training data', n: 40 }],
        trainedOn: { measured: 40, failed: 4, censored: 2 },
      },
    ],
    hypotheses: [
      hypothesisFacts('hyp_1', prediction, predictionRows(prediction)),
      hypothesisFacts('hyp_2', arms, armsRows(arms)),
      hypothesisFacts('hyp_3', armsClaim('minimise'), null),
    ],
    families: [{ id: 'cmp_1', alpha: 0.05, spent: 0.05 }],
    elsewhere: { campaigns: 2, freezes: 3, openings: 1 },
  };
}
