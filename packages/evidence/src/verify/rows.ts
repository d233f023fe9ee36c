import { GenesisError } from '@genesis/contracts';
import type { Table } from '../crate/csv.ts';
import { paths } from '../crate/paths.ts';
import type { SplitFile } from '../crate/schemas.ts';
import { planSplit, type Side, sideOf } from '../split.ts';
import { canonicalRowKey } from '../split-cells.ts';
import { reasonOf } from './campaign.ts';
import { sameNumber } from './compare.ts';
import type { Contents } from './contents.ts';
import { counted, type Findings } from './report.ts';

type Inputs = Readonly<Record<string, string | number>>;

/** Positions of columns in a table; undefined when one is missing. */
function positions(table: Table, columns: readonly string[]): number[] | undefined {
  const at = columns.map((column) => table.columns.indexOf(column));
  return at.includes(-1) ? undefined : at;
}

function keyOf(row: readonly string[], columns: readonly string[], at: readonly number[]): string {
  return canonicalRowKey(Object.fromEntries(columns.map((column, i) => [column, row[at[i]!]!])));
}

/** The key of a design under a split, or null when it lacks one of the key columns. */
export function keyOfInputs(split: SplitFile, inputs: Inputs): string | null {
  if (!split.keyColumns.every((column) => Object.hasOwn(inputs, column))) return null;
  return canonicalRowKey(Object.fromEntries(split.keyColumns.map((column) => [column, inputs[column]!])));
}

function checkSide(split: SplitFile, side: Side, table: Table, findings: Findings): string[] {
  const path = side === 'explore' ? paths.exploreRows : paths.confirmRows;
  const at = positions(table, split.keyColumns);
  if (at === undefined) {
    findings.fail(`${path}#1`, 'split', 'a key column of the split is missing');
    return [];
  }
  if (table.rows.length !== split.rows[side]) {
    findings.fail(
      path,
      'split',
      `the split has ${split.rows[side]} rows on this side, found ${table.rows.length}`,
    );
  }
  return table.rows.map((row, i) => {
    const key = keyOf(row, split.keyColumns, at);
    if (sideOf(split.rule, key) !== side)
      findings.fail(`${path}#${i + 2}`, 'split', `the rule puts this row elsewhere`);
    return key;
  });
}

/** Computes the side of every row that is there again, and with all rows the rule itself. */
export function checkSplit(contents: Contents, findings: Findings): void {
  const { split, exploreRows, confirmRows } = contents;
  if (split === undefined) {
    if (contents.campaign.plan.source.kind === 'table') {
      findings.notRecomputed(paths.split, 'split assignment', reasonOf(contents, paths.split));
    }
    return;
  }
  const { source } = contents.campaign.plan;
  if (source.kind !== 'table' || source.split !== split.splitId || source.version !== split.versionId) {
    findings.fail(paths.split, 'split', 'the plan of the campaign uses another split');
  }
  const keys: string[] = [];
  findings.group(
    paths.split,
    'split',
    (n) => `${counted(n, 'row')} on the side of the split that the rule says`,
    () => {
      for (const [side, table, path] of [
        ['explore', exploreRows, paths.exploreRows],
        ['confirm', confirmRows, paths.confirmRows],
      ] as const) {
        if (table !== undefined) keys.push(...checkSide(split, side, table, findings));
        else findings.notRecomputed(path, `split assignment of the ${side} rows`, reasonOf(contents, path));
      }
      return keys.length;
    },
  );
  if (exploreRows === undefined || confirmRows === undefined) {
    findings.notRecomputed(
      paths.split,
      'the cut of the split',
      'it follows from the rows of both sides only',
    );
    return;
  }
  if (followsFrom(split, keys)) {
    findings.pass(paths.split, 'split', 'the cut follows from the rows of both sides');
  } else {
    findings.fail(`${paths.split}#/rule/cut`, 'split', 'the cut does not follow from the rows');
  }
}

function followsFrom(split: SplitFile, keys: readonly string[]): boolean {
  const { seed, confirmFraction, cut } = split.rule;
  try {
    return planSplit(keys, { seed, confirmFraction, fewest: split.fewest }).cut === cut;
  } catch (error) {
    // Rows of which no split can be made do not give this one.
    if (error instanceof GenesisError) return false;
    throw error;
  }
}

/** Measured values of a table by design, under the given key. */
function valuesByKey(
  table: Table,
  columns: readonly string[],
  objective: string,
): Map<string, number[]> | undefined {
  const at = positions(table, [...columns, objective]);
  if (at === undefined) return undefined;
  const values = new Map<string, number[]>();
  for (const row of table.rows) {
    const key = keyOf(row, columns, at);
    const value = row[at.at(-1)!]!;
    if (value.trim() !== '') values.set(key, [...(values.get(key) ?? []), Number(value)]);
  }
  return values;
}

/** In a campaign on a table, every measured value is one that the explore part holds for that design. */
export function checkReplay(contents: Contents, findings: Findings): void {
  const { campaign, experiments, exploreRows } = contents;
  const { source, objective } = campaign.plan;
  if (source.kind !== 'table' || experiments === undefined) return;
  if (exploreRows === undefined) {
    findings.notRecomputed(paths.experiments, 'replayed values', reasonOf(contents, paths.exploreRows));
    return;
  }
  const values = valuesByKey(exploreRows, source.inputs, objective.name);
  if (values === undefined) {
    findings.fail(`${paths.exploreRows}#1`, 'replay', 'a column of the plan is missing');
    return;
  }
  findings.group(
    paths.experiments,
    'replay',
    (n) => `${counted(n, 'value')} of the explore rows`,
    () => {
      let measured = 0;
      for (const [at, { design, outcome }] of experiments.entries()) {
        if (outcome?.status !== 'measured') continue;
        measured += 1;
        const known = values.get(canonicalRowKey(design)) ?? [];
        if (!known.some((value) => sameNumber(value, outcome.value))) {
          findings.fail(
            `${paths.experiments}#${at + 1}`,
            'replay',
            'no explore row holds this value for this design',
          );
        }
      }
      return measured;
    },
  );
}

/** Whether a measured value stands in the confirm rows for its design; null when that cannot be told. */
export function confirmValue(contents: Contents): ((inputs: Inputs, value: number) => boolean) | null {
  const { campaign, confirmRows } = contents;
  const { source, objective } = campaign.plan;
  if (source.kind !== 'table' || confirmRows === undefined) return null;
  const values = valuesByKey(confirmRows, source.inputs, objective.name);
  if (values === undefined) return null;
  return (inputs, value) => {
    if (!source.inputs.every((column) => Object.hasOwn(inputs, column))) return false;
    const key = canonicalRowKey(Object.fromEntries(source.inputs.map((column) => [column, inputs[column]!])));
    return (values.get(key) ?? []).some((known) => sameNumber(known, value));
  };
}
