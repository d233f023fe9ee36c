import {
  type ArmsClaim,
  type Claim,
  claimBoundary,
  type DescribedMetric,
  type Independence,
  invalidField,
  type Outcome,
  type PredictionClaim,
  type Verdict,
} from '@genesis/contracts';
import { reaches } from './binomial.ts';
import { claimHash } from './claim.ts';
import { describeArms, describePrediction } from './describe.ts';
import { exactBinomialTest, exactSignTest, type TestResult } from './exact-tests.ts';
import { type ArmsRow, armsSample, type PredictionRow, predictionSample, type UnitCounts } from './units.ts';

type Evaluation = {
  result: TestResult;
  metrics: DescribedMetric[];
  counts: UnitCounts;
  assumptions: string[];
};

const missingAssumption = {
  'worst-case': 'None about missing results: each counts against the claim and against its refutation.',
  inconclusive: 'None about missing results: a single one makes the verdict inconclusive.',
} as const;

/** Rows come from stored JSON, so their kind is checked, not trusted. */
function rowsOfKind<Row>(claim: Claim, rows: readonly object[], field: string): readonly Row[] {
  if (rows.some((row) => !(field in row))) {
    throw invalidField('rows', `a claim of kind "${claim.kind}" needs the field "${field}" in every row`);
  }
  return rows as readonly Row[];
}

function evaluatePrediction(
  claim: PredictionClaim,
  hash: string,
  rows: readonly PredictionRow[],
): Evaluation {
  const { units, counts } = predictionSample(claim, hash, rows);
  const { metric } = claim;
  const successes = units.filter(({ y, mean }) =>
    metric.name === 'closer-than-baseline'
      ? Math.abs(y - mean) < Math.abs(y - metric.baseline)
      : Math.abs(y - mean) <= metric.tolerance,
  ).length;
  const drawn =
    claim.source.kind === 'split'
      ? 'The designs of the table are independent draws from the stated population, and the split put designs on its sides without regard to their results.'
      : 'The instrument answers each fresh design independently of the others.';
  return {
    result: exactBinomialTest(
      { n: claim.sampleSize, successes, missing: counts.missingUnits },
      claimBoundary(claim),
      claim.alpha,
    ),
    metrics: describePrediction(units, hash),
    counts,
    assumptions: [
      drawn,
      'Rows of one design are one unit: the mean of its replicates. A tie with the baseline is not closer.',
      'None about the distribution of noise or of errors.',
    ],
  };
}

function evaluateArms(claim: ArmsClaim, hash: string, rows: readonly ArmsRow[]): Evaluation {
  const { units, counts } = armsSample(claim, hash, rows);
  return {
    result: exactSignTest(
      { differences: units.map((unit) => unit.difference), missing: counts.missingUnits },
      claimBoundary(claim),
      claim.alpha,
    ),
    metrics: describeArms(units, hash),
    counts,
    assumptions: [
      'The starts are independent of each other and of the exploration: their seeds were derived after it.',
      'None about the distribution of the differences: they may be skewed, heavy-tailed or tied.',
    ],
  };
}

function outcomeOf(claim: Claim, pValue: number, pOpposite: number, missing: number): Outcome {
  if (claim.missingData === 'inconclusive' && missing > 0) return 'inconclusive';
  if (reaches(pValue, claim.alpha)) return 'supported';
  return reaches(pOpposite, claim.alpha) ? 'refuted' : 'inconclusive';
}

/**
 * The verdict of a frozen claim on the rows of its source. Pure and deterministic: it depends on the set of rows, not
 * on their order, and its bootstrap is seeded by the claim's hash.
 *
 * The claim is true when its estimand lies strictly beyond the boundary (threshold moved by the minimal effect).
 * A false claim is "supported", and a true one "refuted", with probability at most alpha, at every sample size and
 * for every distribution under the stated assumptions. The interval has level 1 - 2 alpha and lies beyond the
 * boundary exactly when one of the two tests rejects.
 *
 * Throws a ZodError for a malformed claim and GenesisError `invalid-input` for rows that contradict it: a seed that
 * was not frozen, a start given twice, a column that an exclusion needs and a row lacks, rows of the other kind.
 */
export function evaluateClaim(
  claim: Claim,
  rows: readonly PredictionRow[] | readonly ArmsRow[],
  independence: Independence,
): Verdict {
  const hash = claimHash(claim);
  const { result, metrics, counts, assumptions } =
    claim.kind === 'prediction'
      ? evaluatePrediction(claim, hash, rowsOfKind<PredictionRow>(claim, rows, 'mean'))
      : evaluateArms(claim, hash, rowsOfKind<ArmsRow>(claim, rows, 'control'));
  const greater = claim.direction === 'greater';
  const pValue = greater ? result.pGreater : result.pLess;
  const pOpposite = greater ? result.pLess : result.pGreater;
  return {
    claimHash: hash,
    outcome: outcomeOf(claim, pValue, pOpposite, counts.missingUnits),
    independence,
    estimate: result.estimate,
    interval: result.interval,
    boundary: claimBoundary(claim),
    pValue,
    pOpposite,
    n: claim.sampleSize,
    alpha: claim.alpha,
    assumptions: [...assumptions, missingAssumption[claim.missingData]],
    metrics,
    counts,
  };
}
