import { type Claim, GenesisError } from '@genesis/contracts';
import { canonicalHash, openFamily, parseCheckpoint, parseNote, spend } from '@genesis/evidence';
import { asc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { delegate, type WriteTx } from '../../door/index.ts';
import type { QueueDefinition } from '../../kernel/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import { insertRun } from '../../runs/index.ts';
import { neededBy } from '../instrument.ts';
import type { CampaignParts } from '../parts.ts';
import { findHypothesis, type HypothesisRow, lockCampaign, lockHypothesis } from '../store.ts';
import { family, hypothesis, opening } from '../tables.ts';

const payload = z.object({ hypothesis: z.string(), delegation: z.string() });
export type ConfirmJob = z.infer<typeof payload>;
export const confirmQueue: QueueDefinition<ConfirmJob> = { name: 'hypothesis.confirm', payload };

const day = 86_400_000;

/** What an opening looks at, without looking at it: the sealed rows by their split, fresh ones by their seeds. */
export const openedData = (claim: Claim): string =>
  canonicalHash({ source: claim.source, model: claim.kind === 'prediction' ? claim.model : null });

/**
 * Opens a frozen hypothesis: spends its alpha for good and starts the confirming run. Refused when the family has not
 * enough left, when it was opened before, or when no checkpoint stands between the freeze and now.
 */
export async function openHypothesis(
  parts: CampaignParts,
  principal: PrincipalFacts,
  id: string,
): Promise<HypothesisRow> {
  const { door, ids, clock, ledger, queue } = parts;
  const purpose = 'evaluate';
  const before = await findHypothesis(door.authorize(principal, purpose), id);
  const { note } = await ledger.checkpoint();
  const { size } = parseCheckpoint(parseNote(note).text);
  parts.crash.reach('hypothesis.checkpointed');
  await door.perform(
    { principal, action: 'hypothesis.open', resource: before.campaign, purpose },
    async (tx, _facts, entry) => {
      const row = await lockHypothesis(tx, id);
      if (row.state !== 'frozen') {
        throw new GenesisError({
          code: 'conflict',
          message: `It is ${row.state}: a hypothesis is opened once.`,
        });
      }
      const plan = await lockCampaign(tx, row.campaign);
      const [frozen] = await ledger.prove([row.freezeEntry], size);
      if (frozen === undefined) throw new Error(`no checkpoint covers the freeze of ${id}`);
      const attempt = await spendAlpha(tx, row, clock.now().getTime());
      const delegation = await delegate(tx, parts, principal, {
        purpose,
        actions: [
          'campaign.read',
          'capability.read',
          'dataset.read',
          'run.execute',
          'split.unseal',
          'hypothesis.conclude',
          'model.read',
        ],
        resources: [row.campaign, ...named(row.claim), ...neededBy(plan.instrument)],
        lifetimeMs: day,
      });
      const run = ids.next('run');
      await insertRun(
        tx,
        {
          id: run,
          governedBy: row.campaign,
          capability: 'confirm',
          input: { hypothesis: id },
          context: {
            configHash: row.claimHash,
            environmentHash: openedData(row.claim),
            runClass: 'analysis',
            dataVersion: row.claim.source.kind === 'split' ? row.claim.source.splitId : row.claimHash,
          },
          submittedBy: principal.id,
          purpose,
          delegation,
        },
        clock.now().getTime(),
      );
      const openedAt = clock.now().getTime();
      await tx
        .update(hypothesis)
        .set({ state: 'opened', checkpointSize: size, openEntry: entry, run, delegation, openedAt })
        .where(eq(hypothesis.id, id));
      await queue.enqueue(tx, confirmQueue, { hypothesis: id, delegation }, { key: id });
      const { family: familyId, alpha, source } = row.claim;
      const splitId = source.kind === 'split' ? source.splitId : null;
      return {
        result: undefined,
        details: { kind: 'open', hypothesisId: id, splitId, family: familyId, alpha, attempt },
      };
    },
  );
  parts.crash.reach('hypothesis.opened');
  return await findHypothesis(door.authorize(principal, purpose), id);
}

/** What the confirming run reaches beside its campaign: the model of its claim, and its split. */
const named = (claim: Claim): string[] => [
  ...(claim.source.kind === 'split' ? [claim.source.splitId] : []),
  ...(claim.kind === 'prediction' ? [claim.model.id] : []),
];

/** Enters one opening of the family, under its lock, and returns its number. */
async function spendAlpha(tx: WriteTx, row: HypothesisRow, now: number): Promise<number> {
  const [fixed] = await tx.select().from(family).where(eq(family.id, row.family)).for('update');
  if (fixed === undefined) throw new Error(`the family ${row.family} is missing`);
  const earlier = await tx
    .select()
    .from(opening)
    .where(eq(opening.family, row.family))
    .orderBy(asc(opening.attempt));
  const rowsHash = openedData(row.claim);
  const result = spend(
    openFamily(fixed.id),
    earlier.map((one) => ({ ...one, concluded: true })),
    { claim: row.claim, frozenHash: row.claimHash, rowsHash },
  );
  if (result.kind !== 'spent') {
    const message = result.kind === 'refused' ? result.message : 'it was opened before';
    throw result.kind === 'refused' && result.reason === 'exhausted'
      ? new GenesisError({ code: 'exhausted', what: 'alpha', message: `Refused: ${message}.` })
      : new GenesisError({ code: 'conflict', message: `Refused: ${message}.` });
  }
  const attempt = earlier.length + 1;
  await tx.insert(opening).values({
    family: row.family,
    attempt,
    hypothesis: row.id,
    claimHash: row.claimHash,
    alpha: row.claim.alpha,
    rowsHash,
    openedAt: now,
  });
  return attempt;
}
