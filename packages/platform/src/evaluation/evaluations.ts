import type { Purpose } from '@genesis/contracts';
import type { ReadScope } from '../door/index.ts';
import type { Idempotency } from '../kernel/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { createBoards } from './board.ts';
import { closeEvaluation, createEvaluation } from './create-evaluation.ts';
import { scoreQueue } from './enter-submission.ts';
import type { NewEvaluation, NewSubmission } from './model.ts';
import type { EvaluationParts } from './parts.ts';
import { score } from './score.ts';
import { findEvaluation, listEvaluations } from './store.ts';
import { submitModel } from './submit.ts';

export const evaluationQueues = [scoreQueue];

/** Models scored on sealed rows that their authors never see, beside baselines, with ties told as ties. */
export function createEvaluations(parts: EvaluationParts) {
  const boardOf = createBoards(parts);
  return {
    create: (principal: PrincipalFacts, wanted: NewEvaluation, idempotency?: Idempotency) =>
      createEvaluation(parts, principal, wanted, idempotency),
    close: (principal: PrincipalFacts, id: string) => closeEvaluation(parts, principal, id),
    submit: (principal: PrincipalFacts, id: string, wanted: NewSubmission, idempotency?: Idempotency) =>
      submitModel(parts, principal, id, wanted, idempotency),
    list: (scope: ReadScope, page: { challenge?: number | undefined; limit: number }) =>
      listEvaluations(scope, page),
    /** An evaluation with its board. The names of models are those that the principal may see. */
    async show(principal: PrincipalFacts, id: string, purpose: Purpose) {
      const { scope } = await parts.door.use(principal, 'evaluation.read', id, purpose);
      const found = await findEvaluation(scope, id);
      const board = await boardOf(scope, found);
      const ids = board.flatMap(({ submission }) => submission.model ?? []);
      const visible = await parts.modelNames(scope, ids);
      return { found, board, visible };
    },
    async start(): Promise<void> {
      await parts.queue.work(scoreQueue, (job, { signal }) => score(parts, job, signal));
    },
  };
}
export type Evaluations = ReturnType<typeof createEvaluations>;
