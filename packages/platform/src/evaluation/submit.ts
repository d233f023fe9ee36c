import { GenesisError, invalidField } from '@genesis/contracts';
import { and, count, eq, inArray, isNull } from 'drizzle-orm';
import { delegate, delegationLives, type WriteTx } from '../door/index.ts';
import type { Idempotency } from '../kernel/index.ts';
import {
  atLeastAsStrict,
  describeLabel,
  dominates,
  isPublic,
  type PrincipalFacts,
  type ResourceFacts,
} from '../policy/index.ts';
import { enterSubmission } from './enter-submission.ts';
import type { NewSubmission } from './model.ts';
import type { EvaluationParts } from './parts.ts';
import { evaluationsOnRowsOf, findEvaluation, lockEvaluation } from './store.ts';
import { submission } from './tables.ts';

const purpose = 'evaluate';
const day = 86_400_000;

/** Counts what an organisation submitted to any evaluation of the same rows. */
async function assertLeft(tx: WriteTx, splitId: string, organisation: string, most: number): Promise<void> {
  const evaluations = (await evaluationsOnRowsOf(tx, splitId)).map(({ id }) => id);
  const [row] = await tx
    .select({ taken: count() })
    .from(submission)
    .where(
      and(
        inArray(submission.evaluation, evaluations),
        eq(submission.organisation, organisation),
        isNull(submission.baseline),
      ),
    );
  if ((row?.taken ?? 0) < most) return;
  throw new GenesisError({
    code: 'exhausted',
    what: 'budget',
    message: `Your organisation has made its ${most} submissions to evaluations of these rows. None is given back, not for those that failed either.`,
  });
}

/** A score is derived from the model: said in the words of evaluations before policy would say it in its own. */
function assertScoreMayStand(of: ResourceFacts, model: ResourceFacts): void {
  if (!dominates(of.label, model.label))
    throw invalidField(
      'model',
      `its label, ${describeLabel(model.label)}, is not covered by that of the evaluation, ${describeLabel(of.label)}; whoever sees the board would learn of it. A steward of its owner may release it at a lower label first`,
    );
  if (!isPublic(model.label) && model.organisation !== of.organisation)
    throw invalidField(
      'model',
      'it is not public and belongs to another organisation than the evaluation, whose board would hold what follows from it. A steward of its owner may release it as public first',
    );
  if (!atLeastAsStrict(of.conditions, model.conditions))
    throw invalidField(
      'model',
      'its conditions (licences, agreements, purposes) are stricter than those of the evaluation, so that its score could not be shown there. It can be scored on a split whose dataset has them too',
    );
}

/**
 * Submits a registered model: it is scored as it is now, once, by a run of the platform's own. Its label has to be covered by
 * that of the evaluation, since everybody who may see the board learns how it fared.
 */
export async function submitModel(
  parts: EvaluationParts,
  principal: PrincipalFacts,
  id: string,
  wanted: NewSubmission,
  idempotency?: Idempotency,
): Promise<{ id: string; opening: number }> {
  const { door, models } = parts;
  const { row, facts } = await findEvaluation(door.authorize(principal, purpose), id);
  const { scope } = await door.use(principal, 'model.read', wanted.model, purpose, { for: id });
  const model = await models.find(scope, wanted.model);
  assertScoreMayStand(facts, model.facts);
  const { result } = await door.perform(
    {
      ...{ principal, action: 'evaluation.submit', resource: id, purpose },
      sources: [wanted.model],
      idempotency,
    },
    async (tx) => {
      const { state } = await lockEvaluation(tx, id);
      if (state !== 'open')
        throw new GenesisError({ code: 'conflict', message: 'This evaluation is closed.' });
      if (!(await delegationLives(tx, parts, row.delegation)))
        throw new GenesisError({
          code: 'conflict',
          message:
            'This evaluation has ended: the right to open its rows was revoked or has expired. Whoever made it can make another on another split.',
        });
      await assertLeft(tx, row.split, principal.organisation, row.settings.perOrganisation);
      const delegation = await delegate(tx, parts, principal, {
        purpose,
        actions: ['model.read', 'evaluation.read'],
        resources: [id, wanted.model],
        lifetimeMs: day,
      });
      const { artifactHash } = model.row;
      const entered = await enterSubmission(tx, parts, principal, {
        ...{ evaluation: row, title: wanted.title, baseline: null, delegation },
        model: { id: wanted.model, artifactHash },
      });
      return {
        result: entered,
        details: { stage: 'submitted', submission: entered.id, opening: entered.opening, artifactHash },
        edges: [{ subject: entered.id, relation: 'used', object: wanted.model }],
      };
    },
  );
  return result;
}
