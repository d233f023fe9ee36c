import { canonicalHash } from '@genesis/evidence';
import { z } from 'zod';
import { countOpening } from '../catalog/index.ts';
import type { WriteTx } from '../door/index.ts';
import type { QueueDefinition } from '../kernel/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { insertRun } from '../runs/index.ts';
import type { BaselineName } from './model.ts';
import type { EvaluationParts } from './parts.ts';
import type { EvaluationRow } from './store.ts';
import { submission } from './tables.ts';

const payload = z.object({ submission: z.string(), custody: z.string() });
export type ScoreJob = z.infer<typeof payload>;
export const scoreQueue: QueueDefinition<ScoreJob> = { name: 'evaluation.score', payload };

export type Entered = {
  evaluation: Pick<EvaluationRow, 'id' | 'split' | 'settings' | 'delegation'>;
  title: string;
  /** Under which the submitter's model is read. */
  delegation: string;
} & (
  | { baseline: BaselineName; model: null }
  | { baseline: null; model: { id: string; artifactHash: string } }
);

/** Enters a submission, which spends an opening of the sealed rows for good, and puts its scoring in the queue. */
export async function enterSubmission(
  tx: WriteTx,
  parts: Pick<EvaluationParts, 'ids' | 'clock' | 'queue'>,
  principal: PrincipalFacts,
  { evaluation, title, baseline, model, delegation }: Entered,
): Promise<{ id: string; opening: number }> {
  const id = parts.ids.next('submission');
  const run = parts.ids.next('run');
  const at = parts.clock.now().getTime();
  const { openings } = evaluation.settings;
  const opening = await countOpening(tx, evaluation.split, { of: id, most: openings, at });
  const input = { submission: id, baseline, model: model?.id ?? null };
  await insertRun(
    tx,
    {
      ...{ id: run, governedBy: evaluation.id, capability: 'evaluate', input },
      context: {
        configHash: canonicalHash(evaluation.settings as never),
        environmentHash: model?.artifactHash ?? canonicalHash({ baseline }),
        runClass: 'analysis',
        dataVersion: evaluation.split,
      },
      ...{ submittedBy: principal.id, purpose: 'evaluate', delegation },
    },
    at,
  );
  await tx.insert(submission).values({
    ...{ id, evaluation: evaluation.id, title, baseline, opening, state: 'queued', run, delegation },
    ...{ model: model?.id ?? null, artifactHash: model?.artifactHash ?? null },
    ...{ organisation: principal.organisation, submittedBy: principal.id, createdAt: at },
  });
  await parts.queue.enqueue(tx, scoreQueue, { submission: id, custody: evaluation.delegation }, { key: id });
  return { id, opening };
}
