import {
  type ArmsClaim,
  type Claim,
  claimBoundary,
  type HypothesisState,
  hypothesisStates,
  type Verdict,
} from '@genesis/contracts';
import { type ArmsRow, brierScore, type EvaluationRow, type PredictionRow } from '@genesis/evidence';
import type { HypothesisFacts } from './facts.ts';
import type { HypothesisReport, PredictionUnitReport, RowsReport, Shown, VerdictReport } from './model.ts';
import { isoTime } from './time.ts';

const testNames: Readonly<Record<Claim['test']['name'], string>> = {
  'exact-binomial': 'exact binomial test',
  'exact-sign': 'exact sign test',
};
const estimandNames: Readonly<Record<Claim['estimand'], string>> = {
  'probability-closer-than-baseline': 'Probability of being closer than the baseline',
  'probability-within-tolerance': 'Probability of being within the tolerance',
  'median-paired-difference': 'Median lead over the control',
};

/** Applies `change` to what may be seen. */
export const mapShown = <A, B>(shown: Shown<A>, change: (value: A) => B): Shown<B> =>
  shown.shown ? { shown: true, value: change(shown.value) } : shown;

const isState = (state: string): state is HypothesisState =>
  (hypothesisStates.states as readonly string[]).includes(state);

export function hypothesisOf(facts: HypothesisFacts): HypothesisReport {
  const { claim, state } = facts;
  if (!isState(state)) throw new Error(`unknown state of hypothesis ${facts.id}: ${state}`);
  return {
    id: facts.id,
    kind: claim.kind,
    statement: claim.statement,
    state,
    claimHash: facts.claimHash,
    family: claim.family,
    alpha: claim.alpha,
    confidence: claim.confidence,
    sampleSize: claim.sampleSize,
    test: testNames[claim.test.name],
    direction: claim.direction,
    boundary: claimBoundary(claim),
    estimand: estimandNames[claim.estimand],
    baseline: claim.metric.name === 'closer-than-baseline' ? claim.metric.baseline : null,
    tolerance: claim.metric.name === 'within-tolerance' ? claim.metric.tolerance : null,
    arms: claim.kind === 'arms' ? armsOf(claim) : null,
    model: claim.kind === 'prediction' ? claim.model.id : null,
    frozenAt: isoTime(facts.frozenAt),
    openedAt: facts.openedAt === null ? null : isoTime(facts.openedAt),
    concludedAt: facts.concludedAt === null ? null : isoTime(facts.concludedAt),
    freezeEntry: facts.freezeEntry,
    checkpointSize: facts.checkpointSize,
    verdict: mapShown(facts.verdict, (verdict) => (verdict === null ? null : verdictOf(claim, verdict))),
    rows: mapShown(facts.rows, (rows) => (rows === null ? null : rowsOf(claim, rows))),
  };
}

const armsOf = ({ source }: ArmsClaim): HypothesisReport['arms'] => ({
  clever: source.clever.name,
  control: source.control.name,
  budget: source.budget,
});

function verdictOf(claim: Claim, verdict: Verdict): VerdictReport {
  const { outcome, independence, estimate, interval, pValue, pOpposite, n, assumptions, counts } = verdict;
  return {
    outcome,
    independence,
    estimate,
    interval,
    pValue,
    pOpposite,
    n,
    missing: counts.missingUnits,
    outside: counts.excludedUnits + counts.unusedUnits,
    assumptions,
    metrics: verdict.metrics.map(({ name, value, interval: spread }) => ({
      name,
      value,
      lo: spread?.lo ?? null,
      hi: spread?.hi ?? null,
    })),
    brier: brierScore([{ confidence: claim.confidence, outcome }]).score,
  };
}

const isNumber = (value: number | null | undefined): value is number =>
  typeof value === 'number' && Number.isFinite(value);

const rowsOf = (claim: Claim, rows: readonly EvaluationRow[]): RowsReport =>
  claim.kind === 'arms'
    ? armsRows(claim.metric.goal, rows as readonly ArmsRow[])
    : predictionRows(rows as readonly PredictionRow[]);

/** Differences turned so that positive means the clever arm is ahead, in ascending order. */
function armsRows(goal: 'maximise' | 'minimise', rows: readonly ArmsRow[]): RowsReport {
  const differences = rows
    .flatMap(({ clever, control }) => (isNumber(clever) && isNumber(control) ? [clever - control] : []))
    .map((difference) => (goal === 'maximise' ? difference : -difference))
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  return { kind: 'arms', differences, missing: rows.length - differences.length };
}

function predictionRows(rows: readonly PredictionRow[]): RowsReport {
  const groups = Map.groupBy(rows, ({ unit }) => unit);
  const units = [...groups.values()].flatMap(unitOf);
  return { kind: 'prediction', units, missing: groups.size - units.length };
}

function unitOf(rows: readonly PredictionRow[]): PredictionUnitReport[] {
  const present = rows.filter(({ y, mean }) => isNumber(y) && isNumber(mean));
  if (present.length === 0) return [];
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value / values.length, 0);
  const spreads = present.flatMap(({ sd }) => (isNumber(sd) ? [sd] : []));
  return [
    {
      measured: mean(present.map(({ y }) => y!)),
      predicted: mean(present.map((row) => row.mean!)),
      sd: spreads.length === present.length ? mean(spreads) : null,
    },
  ];
}
