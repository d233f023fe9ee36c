import { hash } from 'node:crypto';
import {
  type ArmsClaim,
  type Claim,
  type Exclusion,
  invalidField,
  type PredictionClaim,
} from '@genesis/contracts';
import { claimSeeds } from './claim.ts';

type RowInputs = Readonly<Record<string, string | number>>;
/** A finite number, or null (also NaN) where there is no result. */
type Result = number | null;

/** One measurement beside its prediction. Rows of one `unit` are replicates of one design. */
export type PredictionRow = {
  readonly unit: string;
  /** Measured, in the unit of the objective. */
  readonly y: Result;
  /** Predicted mean and standard deviation of a new measurement, in the same unit. */
  readonly mean: Result;
  readonly sd?: Result;
  /** Needed only by claims with exclusions: the input columns that their rules name. */
  readonly inputs?: RowInputs;
};
/** The final scores of both arms after one shared start. */
export type ArmsRow = {
  readonly unit: string;
  readonly clever: Result;
  readonly control: Result;
  readonly inputs?: RowInputs;
};
export type EvaluationRow = PredictionRow | ArmsRow;

/** A design: means over its replicates, and how many of its single measurements lay inside mean +- 1.96 sd. */
export type PredictionUnit = { unit: string; y: number; mean: number; covered: number | null };
export type ArmsUnit = { unit: string; difference: number };

export type UnitCounts = {
  rows: number;
  missingRows: number;
  units: number;
  excludedUnits: number;
  unusedUnits: number;
  missingUnits: number;
};
export type Sample<Unit> = { units: Unit[]; counts: UnitCounts };

const isNumber = (value: Result | undefined): value is number =>
  typeof value === 'number' && Number.isFinite(value);

/** The mean of numbers in ascending order: the same to the bit in whatever order they came. */
function steadyMean(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
}

function excludes(rule: Exclusion, inputs: RowInputs | undefined): boolean {
  const value = inputs?.[rule.column];
  if (value === undefined) {
    throw invalidField(
      `rows.inputs.${rule.column}`,
      'an exclusion of the claim reads this column, and a row lacks it',
    );
  }
  if (typeof value !== typeof rule.value) {
    throw invalidField(
      `rows.inputs.${rule.column}`,
      `the exclusion compares with a ${typeof rule.value}, but a row holds a ${typeof value}`,
    );
  }
  switch (rule.operator) {
    case '<':
      return value < rule.value;
    case '<=':
      return value <= rule.value;
    case '>':
      return value > rule.value;
    case '>=':
      return value >= rule.value;
    case '=':
      return value === rule.value;
    case '!=':
      return value !== rule.value;
  }
}

/** Places units in an order that only the frozen claim decides, so nobody picks which ones make the sample. */
function frozenOrder(claimHash: string, units: readonly string[]): string[] {
  const place = (unit: string) => hash('sha256', `${claimHash}/${unit}`, 'hex');
  return units
    .map((unit) => ({ unit, place: place(unit) }))
    .sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0))
    .map((entry) => entry.unit);
}

/** Fresh units are named by their seeds: one that the claim does not freeze was measured outside its plan. */
function refuseForeignUnits(claim: Claim, units: Iterable<string>): void {
  if (claim.source.kind === 'split') return;
  const planned = new Set(claimSeeds(claim).map(String));
  for (const unit of units) {
    if (!planned.has(unit))
      throw invalidField('rows.unit', `"${unit}" is not among the frozen seeds of the claim`);
  }
}

/**
 * Applies the frozen rules to the rows: exclusions, then exactly `sampleSize` units in the frozen order, then the
 * means over each unit's rows. Units without a result, and units that were never delivered, are counted as missing.
 * The result does not depend on the order of the rows.
 */
function takeSample<Row extends EvaluationRow, Unit>(
  claim: Claim,
  claimHash: string,
  rows: readonly Row[],
  isMissing: (row: Row) => boolean,
  combine: (unit: string, present: readonly Row[]) => Unit,
): Sample<Unit> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.unit);
    if (group === undefined) groups.set(row.unit, [row]);
    else group.push(row);
  }
  refuseForeignUnits(claim, groups.keys());
  const kept = [...groups.keys()].filter(
    (unit) => !groups.get(unit)!.some((row) => claim.exclusions.some((rule) => excludes(rule, row.inputs))),
  );
  const chosen = frozenOrder(claimHash, kept).slice(0, claim.sampleSize);
  const units: Unit[] = [];
  for (const unit of chosen) {
    const present = groups.get(unit)!.filter((row) => !isMissing(row));
    if (present.length > 0) units.push(combine(unit, present));
  }
  return {
    units,
    counts: {
      rows: rows.length,
      missingRows: rows.filter(isMissing).length,
      units: groups.size,
      excludedUnits: groups.size - kept.length,
      unusedUnits: kept.length - chosen.length,
      missingUnits: claim.sampleSize - units.length,
    },
  };
}

/** 1 when the measurement lies in the central 95 % interval of a normal prediction, else 0. */
const insideInterval = (row: PredictionRow): number =>
  Math.abs((row.y as number) - (row.mean as number)) <= 1.959963984540054 * (row.sd as number) ? 1 : 0;

export const predictionSample = (
  claim: PredictionClaim,
  claimHash: string,
  rows: readonly PredictionRow[],
): Sample<PredictionUnit> =>
  takeSample(
    claim,
    claimHash,
    rows,
    (row) => !isNumber(row.y) || !isNumber(row.mean),
    (unit, present) => ({
      unit,
      y: steadyMean(present.map((row) => row.y as number)),
      mean: steadyMean(present.map((row) => row.mean as number)),
      covered: present.every((row) => isNumber(row.sd)) ? steadyMean(present.map(insideInterval)) : null,
    }),
  );

export function armsSample(claim: ArmsClaim, claimHash: string, rows: readonly ArmsRow[]): Sample<ArmsUnit> {
  const seen = new Set<string>();
  for (const { unit } of rows) {
    if (seen.has(unit)) throw invalidField('rows.unit', `the start "${unit}" appears twice; one row a start`);
    seen.add(unit);
  }
  return takeSample(
    claim,
    claimHash,
    rows,
    (row) => !isNumber(row.clever) || !isNumber(row.control),
    (unit, [row]) => {
      const ahead = (row!.clever as number) - (row!.control as number);
      return { unit, difference: claim.metric.goal === 'maximise' ? ahead : -ahead };
    },
  );
}
