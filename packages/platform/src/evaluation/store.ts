import { GenesisError } from '@genesis/contracts';
import { and, asc, desc, eq, inArray } from 'drizzle-orm';
import { splitsOfRows } from '../catalog/index.ts';
import { factsOf, type ReadScope, resource, type WriteTx } from '../door/index.ts';
import type { ResourceFacts } from '../policy/index.ts';
import { evaluation, submission } from './tables.ts';

export type EvaluationRow = typeof evaluation.$inferSelect;
export type SubmissionRow = typeof submission.$inferSelect;
export type FoundEvaluation = { row: EvaluationRow; facts: ResourceFacts };

const hidden = (what: string): GenesisError =>
  new GenesisError({ code: 'not-found', message: `There is no ${what} under this id that you may see.` });

const select = (scope: ReadScope) =>
  scope.orm
    .select({ row: evaluation, governed: resource })
    .from(evaluation)
    .innerJoin(resource, eq(resource.id, evaluation.id));

export async function findEvaluation(scope: ReadScope, id: string): Promise<FoundEvaluation> {
  const [found] = await select(scope).where(and(eq(evaluation.id, id), scope.where));
  if (found === undefined) throw hidden('evaluation');
  return { row: found.row, facts: factsOf(found.governed) };
}

/** The newest first; of one challenge, where it is given. */
export async function listEvaluations(
  scope: ReadScope,
  { challenge, limit }: { challenge?: number | undefined; limit: number },
): Promise<FoundEvaluation[]> {
  const of = challenge === undefined ? undefined : eq(evaluation.challenge, challenge);
  const rows = await select(scope)
    .where(and(scope.where, of))
    .orderBy(desc(evaluation.createdAt), desc(evaluation.id))
    .limit(limit);
  return rows.map(({ row, governed }) => ({ row, facts: factsOf(governed) }));
}

/** All submissions of an evaluation that the scope shows, the first one first. */
export async function listSubmissions(scope: ReadScope, of: string): Promise<SubmissionRow[]> {
  const rows = await scope.orm
    .select({ submission })
    .from(submission)
    .innerJoin(resource, eq(resource.id, submission.evaluation))
    .where(and(eq(submission.evaluation, of), scope.where))
    .orderBy(asc(submission.opening));
  return rows.map((row) => row.submission);
}

export async function findSubmission(scope: ReadScope, id: string): Promise<SubmissionRow> {
  const [row] = await scope.orm
    .select({ submission })
    .from(submission)
    .innerJoin(resource, eq(resource.id, submission.evaluation))
    .where(and(eq(submission.id, id), scope.where));
  if (row === undefined) throw hidden('submission');
  return row.submission;
}

export async function lockEvaluation(tx: WriteTx, id: string): Promise<EvaluationRow> {
  const [row] = await tx.select().from(evaluation).where(eq(evaluation.id, id)).for('update');
  if (row === undefined) throw new Error(`the evaluation ${id} is missing`);
  return row;
}

/** Evaluations on the same sealed rows, of whichever split: each counts the openings of all. */
export async function evaluationsOnRowsOf(tx: WriteTx, splitId: string): Promise<EvaluationRow[]> {
  const splits = await splitsOfRows(tx, splitId);
  return await tx.select().from(evaluation).where(inArray(evaluation.split, splits));
}

export async function lockSubmission(tx: WriteTx, id: string): Promise<SubmissionRow> {
  const [row] = await tx.select().from(submission).where(eq(submission.id, id)).for('update');
  if (row === undefined) throw new Error(`the submission ${id} is missing`);
  return row;
}
