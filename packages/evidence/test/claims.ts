import {
  type ArmsClaim,
  type ArmsClaimDraft,
  completeClaim,
  type PredictionClaim,
  type PredictionClaimDraft,
} from '@genesis/contracts';

const hash = (digit: string) => digit.repeat(64);

const shared = {
  version: 1,
  population: 'designs of the demonstration space',
  direction: 'greater',
  alpha: 0.05,
  confidence: 0.8,
  design: 'fixed',
  exclusions: [],
  missingData: 'worst-case',
  family: 'spl_demo',
} as const;

/** A claim on a split: closer than the explored median for more than threshold + minimalEffect of designs. */
export const predictionClaim = (change: Partial<PredictionClaimDraft> = {}): PredictionClaim =>
  completeClaim({
    ...shared,
    kind: 'prediction',
    threshold: 0.5,
    minimalEffect: 0.1,
    sampleSize: 40,
    estimand: 'probability-closer-than-baseline',
    metric: { name: 'closer-than-baseline', version: 1, baseline: 0 },
    test: { name: 'exact-binomial', version: 1 },
    source: { kind: 'split', splitId: 'spl_demo', part: 'confirm' },
    model: { id: 'mdl_demo', hash: hash('a') },
    ...change,
  }) as PredictionClaim;

/** A claim on fresh paired starts: the median difference of final scores exceeds threshold + minimalEffect. */
export const armsClaim = (change: Partial<ArmsClaimDraft> = {}): ArmsClaim =>
  completeClaim({
    ...shared,
    kind: 'arms',
    threshold: 0,
    minimalEffect: 0,
    sampleSize: 23,
    estimand: 'median-paired-difference',
    metric: { name: 'final-score-difference', version: 1, goal: 'maximise' },
    test: { name: 'exact-sign', version: 1 },
    source: {
      kind: 'fresh-repetitions',
      capability: { name: 'silica', version: '1.0.0' },
      spaceHash: hash('b'),
      clever: { name: 'explorer', configurationHash: hash('c') },
      control: { name: 'random', configurationHash: hash('d') },
      budget: 30,
      scoredOn: 'noiseless-truth',
      seedRoot: hash('e'),
    },
    ...change,
  }) as ArmsClaim;
