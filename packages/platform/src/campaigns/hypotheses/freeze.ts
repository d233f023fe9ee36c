import { familyAlpha, GenesisError } from '@genesis/contracts';
import { claimHash } from '@genesis/evidence';
import { count, eq, sql } from 'drizzle-orm';
import { dedicateSeal } from '../../catalog/index.ts';
import type { WriteTx } from '../../door/index.ts';
import { isUniqueViolation } from '../../kernel/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import type { StoredInstrument } from '../instrument.ts';
import type { CampaignParts } from '../parts.ts';
import {
  type CampaignRow,
  findCampaign,
  findHypothesis,
  type HypothesisRow,
  listExperiments,
  lockCampaign,
  lockHypothesis,
} from '../store.ts';
import { campaign, family, hypothesis } from '../tables.ts';
import { triedOf } from '../trajectory.ts';
import { judging } from './confirm.ts';
import { draftClaim, type NewHypothesis } from './draft.ts';

/**
 * Freezes a hypothesis: its claim is completed, hashed into the ledger, and a signed checkpoint that covers the entry
 * is taken before this returns. From then on it can be opened once or abandoned, and stays on every report.
 */
export async function freezeHypothesis(
  parts: CampaignParts,
  principal: PrincipalFacts,
  campaignId: string,
  wanted: NewHypothesis,
): Promise<HypothesisRow> {
  const { door, ids, clock, models, drawKey, ledger, catalog } = parts;
  const purpose = 'evaluate';
  const { scope } = await door.use(principal, 'campaign.read', campaignId, purpose, { for: 'freeze' });
  const row = await findCampaign(scope, campaignId);
  assertStill(row);
  const model = await models.latestOf(scope, campaignId);
  const tried = triedOf(await listExperiments(scope, campaignId));
  const { source } = row.plan;
  const sealed = source.kind === 'table' ? await catalog.showSplit(principal, source.split, purpose) : null;
  if (sealed !== null && sealed.seal.retiredAt !== null) {
    throw new GenesisError({
      code: 'sealed',
      message: 'The split is retired: its sealed rows have been exported.',
    });
  }
  const replicated = wanted.kind === 'arms' ? await isReplicated(parts, row.instrument) : null;
  const id = ids.next('hypothesis');
  await door.perform(
    { principal, action: 'hypothesis.freeze', resource: campaignId, purpose },
    async (tx, _facts, entry) => {
      // Nothing is proposed and nobody resumes while this is held: what the claim is about stands still.
      assertStill(await lockCampaign(tx, campaignId));
      const earlier = await countFreezes(tx, row.planHash);
      const claim = draftClaim(wanted, {
        row,
        tried,
        model: model === undefined ? undefined : { id: model.id, hash: model.artifactHash },
        family: sealed?.seal.id ?? campaignId,
        sealedDesigns: sealed?.split.confirmKeys ?? null,
        replicated,
        drawKey,
        earlier,
      });
      const hash = claimHash(claim);
      if (sealed !== null) await dedicateSeal(tx, sealed.split.id, 'hypotheses');
      await tx.insert(family).values({ id: claim.family, alpha: familyAlpha }).onConflictDoNothing();
      const value = {
        id,
        campaign: campaignId,
        claim,
        claimHash: hash,
        family: claim.family,
        state: 'frozen',
      };
      try {
        await tx.insert(hypothesis).values({
          ...value,
          freezeEntry: entry,
          frozenBy: principal.id,
          frozenAt: clock.now().getTime(),
        });
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        throw new GenesisError(
          { code: 'conflict', message: 'Exactly this claim is frozen already.' },
          { cause: error },
        );
      }
      return {
        result: undefined,
        details: {
          kind: 'freeze',
          campaignId,
          hypothesisId: id,
          claimHash: hash,
          splitId: sealed?.split.id ?? null,
          family: claim.family,
          familyAlpha,
        },
        edges: model === undefined ? [] : [{ subject: id, relation: 'used', object: model.id }],
      };
    },
  );
  parts.crash.reach('hypothesis.frozen');
  await ledger.checkpoint();
  return await findHypothesis(door.authorize(principal, purpose), id);
}

function assertStill({ state }: CampaignRow): void {
  if (state !== 'exploring') return;
  throw new GenesisError({
    code: 'conflict',
    message: 'The campaign is still exploring: wait for it, or stop it first.',
  });
}

async function isReplicated(
  { functions, blobs }: CampaignParts,
  instrument: StoredInstrument | null,
): Promise<boolean | null> {
  if (instrument?.kind !== 'replay') return null;
  await using file = await blobs.lend(instrument.address);
  return await functions.call({ module: judging, name: 'isReplicated' }, { path: file.path });
}

/**
 * Freezes so far under this plan, those of other campaigns with the same plan too: fresh seeds follow from it, so a
 * second campaign never measures again what the first one has shown.
 */
async function countFreezes(tx: WriteTx, planHash: string): Promise<number> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`freeze ${planHash}`}, 0))`);
  const [row] = await tx
    .select({ freezes: count() })
    .from(hypothesis)
    .innerJoin(campaign, eq(campaign.id, hypothesis.campaign))
    .where(eq(campaign.planHash, planHash));
  return row?.freezes ?? 0;
}

/** Gives a frozen hypothesis up, unopened. It spends nothing and stays on every report. */
export async function abandonHypothesis(
  parts: CampaignParts,
  principal: PrincipalFacts,
  id: string,
): Promise<void> {
  const { door } = parts;
  const found = await findHypothesis(door.authorize(principal, 'evaluate'), id);
  await door.perform(
    { principal, action: 'hypothesis.abandon', resource: found.campaign, purpose: 'evaluate' },
    async (tx, _facts, entry) => {
      const row = await lockHypothesis(tx, id);
      if (row.state !== 'frozen') {
        throw new GenesisError({
          code: 'conflict',
          message: `It is ${row.state}: only a frozen hypothesis can be abandoned.`,
        });
      }
      await tx
        .update(hypothesis)
        .set({ state: 'abandoned', abandonEntry: entry })
        .where(eq(hypothesis.id, id));
      return { result: undefined, details: { kind: 'abandon', hypothesisId: id } };
    },
  );
}
