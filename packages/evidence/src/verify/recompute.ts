import { type Claim, GenesisError, type PredictionClaim, type Verdict } from '@genesis/contracts';
import { z } from 'zod';
import type { EvaluationRowLine } from '../crate/schemas.ts';
import { sideOf } from '../split.ts';
import { reusedSeeds } from '../statistics/claim.ts';
import { evaluateClaim } from '../statistics/evaluate-claim.ts';
import type { EvaluationRow, PredictionRow } from '../statistics/units.ts';
import { reasonOf } from './campaign.ts';
import { firstDifference, sameNumber } from './compare.ts';
import type { Contents, HypothesisContents } from './contents.ts';
import { counted, type Findings } from './report.ts';
import { confirmValue, keyOfInputs } from './rows.ts';

type Inputs = NonNullable<PredictionRow['inputs']>;

/**
 * Predicts with a model of the crate: mean and standard deviation of a new measurement of each design, in the unit of
 * the objective. Throws an Error whose message says what is wrong with the files or designs.
 */
export type Predict = (
  model: { readonly config: Uint8Array; readonly tensors: Uint8Array },
  designs: readonly Inputs[],
) => readonly { readonly mean: number; readonly sd: number }[];

type Concluded = { folder: string; claim: Claim; verdict: Verdict; rows: readonly EvaluationRowLine[] };

const isPrediction = (row: EvaluationRowLine): row is Extract<EvaluationRowLine, { mean: unknown }> =>
  'mean' in row;

function checkVerdict({ folder, claim, verdict, rows }: Concluded, findings: Findings): void {
  const place = `${folder}/verdict.json`;
  let computed: Verdict;
  try {
    computed = evaluateClaim(
      claim,
      rows as readonly EvaluationRow[] as readonly PredictionRow[],
      verdict.independence,
    );
  } catch (error) {
    if (!(error instanceof GenesisError) && !(error instanceof z.ZodError)) throw error;
    findings.fail(`${folder}/rows.jsonl`, 'verdict', `the rows contradict the claim: ${error.message}`);
    return;
  }
  const difference = firstDifference(computed, verdict);
  if (difference === null) {
    findings.pass(
      place,
      'verdict',
      `"${verdict.outcome}" and every metric follow from ${counted(rows.length, 'row')}`,
    );
  } else {
    findings.fail(
      `${place}#${difference}`,
      'verdict',
      'the value does not follow from the claim and the rows',
    );
  }
}

function checkFreshSeeds(contents: Contents, { folder, claim }: Concluded, findings: Findings): void {
  if (claim.source.kind === 'split' || contents.experiments === undefined) return;
  const explored = contents.experiments.flatMap(({ seed }) => (typeof seed === 'number' ? [seed] : []));
  const reused = reusedSeeds(claim, explored);
  if (reused.length > 0)
    findings.fail(`${folder}/claim.json`, 'fresh-seeds', `seed ${reused[0]} was explored before`);
  else findings.pass(`${folder}/claim.json`, 'fresh-seeds', 'no seed of the test was used while exploring');
}

function checkSealedRows(contents: Contents, { folder, claim, rows }: Concluded, findings: Findings): void {
  const { split } = contents;
  if (claim.source.kind !== 'split') return;
  const place = `${folder}/rows.jsonl`;
  if (split === undefined || split.splitId !== claim.source.splitId) {
    findings.notRecomputed(
      place,
      'that the rows lie on the confirm side',
      'the split of the claim is not in the crate',
    );
    return;
  }
  const stands = confirmValue(contents);
  let unknown = 0;
  findings.group(
    place,
    'sealed-rows',
    (n) => `${counted(n, 'row')} on the confirm side`,
    () => {
      for (const [at, row] of rows.entries()) {
        const key = row.inputs === undefined ? null : keyOfInputs(split, row.inputs);
        if (key === null || row.inputs === undefined) {
          unknown += 1;
          continue;
        }
        if (sideOf(split.rule, key) !== 'confirm')
          findings.fail(`${place}#${at + 1}`, 'sealed-rows', 'this design was explored');
        if (stands !== null && isPrediction(row) && row.y !== null && !stands(row.inputs, row.y)) {
          findings.fail(`${place}#${at + 1}/y`, 'sealed-rows', 'the confirm rows do not hold this value');
        }
      }
      return rows.length - unknown;
    },
  );
  if (unknown > 0)
    findings.notRecomputed(place, `the side of ${counted(unknown, 'row')}`, 'no designs are named');
}

/** The files of the model that a claim is about, or why they cannot be used. */
function modelOf(
  contents: Contents,
  claim: PredictionClaim,
): { config: Uint8Array; tensors: Uint8Array } | string {
  const found = [...contents.models].find(([, { record }]) => record?.modelId === claim.model.id);
  if (found === undefined) return `model ${claim.model.id} is not in the crate`;
  const [name, { config, tensors }] = found;
  if (config === undefined) return reasonOf(contents, `models/${name}/config.json`);
  if (tensors === undefined) return reasonOf(contents, `models/${name}/model.safetensors`);
  return { config, tensors };
}

function checkPredictions(
  contents: Contents,
  { folder, rows }: Concluded,
  claim: PredictionClaim,
  predict: Predict | undefined,
  findings: Findings,
): void {
  const place = `${folder}/rows.jsonl`;
  const record = [...contents.models.values()].find(
    (model) => model.record?.modelId === claim.model.id,
  )?.record;
  if (record !== undefined && record.artifactHash !== claim.model.hash) {
    findings.fail(
      `${folder}/claim.json#/model/hash`,
      'predictions',
      `model ${claim.model.id} has another artifact`,
    );
    return;
  }
  const model = modelOf(contents, claim);
  if (typeof model === 'string' || predict === undefined) {
    const reason = typeof model === 'string' ? model : 'no function that predicts was given';
    findings.notRecomputed(place, 'predictions', reason);
    return;
  }
  const named = rows
    .map((row, at) => ({ row, line: at + 1 }))
    .filter(({ row }) => isPrediction(row) && row.inputs !== undefined && row.mean !== null);
  if (named.length < rows.length) {
    const left = `${rows.length - named.length} of ${rows.length} rows do not name their designs`;
    findings.notRecomputed(place, 'predictions', left);
  }
  const designs = named.map(({ row }) => row.inputs!);
  findings.group(
    place,
    'predictions',
    (n) => `${counted(n, 'prediction')} computed again from the model`,
    () => {
      let predicted: ReturnType<Predict> = [];
      try {
        predicted = predict(model, designs);
      } catch (error) {
        findings.fail(place, 'predictions', `the model cannot predict: ${(error as Error).message}`);
        return 0;
      }
      for (const [at, { row, line }] of named.entries()) {
        const found = predicted[at];
        if (found === undefined || !fits(row, found)) {
          findings.fail(`${place}#${line}`, 'predictions', 'the model predicts something else');
        }
      }
      return named.length;
    },
  );
}

function fits(row: EvaluationRowLine, predicted: { readonly mean: number; readonly sd: number }): boolean {
  if (!isPrediction(row) || row.mean === null || !sameNumber(predicted.mean, row.mean)) return false;
  return row.sd === undefined || row.sd === null || sameNumber(predicted.sd, row.sd);
}

function concluded(
  folder: string,
  hypothesis: HypothesisContents,
  contents: Contents,
  findings: Findings,
): Concluded | undefined {
  const { record, claim, verdict, rows } = hypothesis;
  if (record?.verdictEntry == null) return undefined;
  if (claim !== undefined && verdict !== undefined && rows !== undefined)
    return { folder, claim, verdict, rows };
  const missing = claim === undefined ? 'claim.json' : verdict === undefined ? 'verdict.json' : 'rows.jsonl';
  findings.notRecomputed(folder, 'metrics and verdict', reasonOf(contents, `${folder}/${missing}`));
  return undefined;
}

/** Computes every verdict, metric and prediction again whose rows are in the crate. */
export function recomputeVerdicts(
  contents: Contents,
  predict: Predict | undefined,
  findings: Findings,
): void {
  for (const [name, hypothesis] of contents.hypotheses) {
    const found = concluded(`hypotheses/${name}`, hypothesis, contents, findings);
    if (found === undefined) continue;
    checkVerdict(found, findings);
    checkFreshSeeds(contents, found, findings);
    checkSealedRows(contents, found, findings);
    if (found.claim.kind === 'prediction') checkPredictions(contents, found, found.claim, predict, findings);
  }
}
