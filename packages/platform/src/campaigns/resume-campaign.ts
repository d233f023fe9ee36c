import { eq } from 'drizzle-orm';
import { delegate, delegationLives, revokeDelegation } from '../door/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { exploringDelegation } from './create-campaign.ts';
import { exploreKey, exploreQueue } from './explore.ts';
import { neededBy } from './instrument.ts';
import type { CampaignParts } from './parts.ts';
import { move } from './stop-campaign.ts';
import { listTrajectories, lockCampaign } from './store.ts';
import { campaign } from './tables.ts';

/**
 * Goes on with a stopped campaign where it was, or with one whose delegation was revoked or has expired: from now on
 * the platform acts for whoever resumes it.
 */
export async function resumeCampaign(
  parts: CampaignParts,
  principal: PrincipalFacts,
  id: string,
): Promise<void> {
  const places = await listTrajectories(parts.door.authorize(principal, 'explore'), id);
  await parts.door.perform(
    { principal, action: 'campaign.resume', resource: id, purpose: 'explore' },
    async (tx) => {
      const row = await lockCampaign(tx, id);
      if (row.state !== 'exploring' || (await delegationLives(tx, parts, row.delegation)))
        move(row, 'exploring');
      await revokeDelegation(tx, parts, row.delegation);
      const delegation = await delegate(
        tx,
        parts,
        principal,
        exploringDelegation(id, neededBy(row.instrument)),
      );
      await tx
        .update(campaign)
        .set({ state: 'exploring', delegation, stoppedBecause: null })
        .where(eq(campaign.id, id));
      for (const { arm, repeat } of row.instrument === null ? [] : places) {
        await parts.queue.enqueue(
          tx,
          exploreQueue,
          { campaign: id, arm, repeat, delegation },
          { key: exploreKey({ campaign: id, arm, repeat, delegation }) },
        );
      }
      return { result: undefined, details: { state: 'exploring' } };
    },
  );
}
