import { readFileSync } from 'node:fs';
import type { Claim, Independence, Verdict } from '@genesis/contracts';
import { canonicalHash, type EvaluationRow, evaluateClaim, type PredictionRow } from '@genesis/evidence';
import type { Pool } from '../pool.ts';

/** Runs in a worker thread: the verdict of a claim on its rows. The bootstrap of a large sample takes its time. */
export function judge(input: { claim: Claim; rows: EvaluationRow[]; independence: Independence }): Verdict {
  return evaluateClaim(input.claim, input.rows as PredictionRow[], input.independence);
}

/**
 * Runs in a worker thread: whether every design of a replayed table that has a value has a second one, so that what an
 * arm chooses can be scored on a value that it has not seen.
 */
export function isReplicated(input: { path: string }): boolean {
  const { inputs, objective, rows } = JSON.parse(readFileSync(input.path, 'utf8')) as Pool;
  const values = new Map<string, number>();
  for (const row of rows) {
    if (typeof row[objective] !== 'number') continue;
    const design = canonicalHash(inputs.map((name) => row[name] ?? null));
    values.set(design, (values.get(design) ?? 0) + 1);
  }
  return [...values.values()].every((count) => count >= 2);
}
