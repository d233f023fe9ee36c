import { type CampaignState, campaignStates, GenesisError } from '@genesis/contracts';
import { eq } from 'drizzle-orm';
import type { PrincipalFacts } from '../policy/index.ts';
import type { CampaignParts } from './parts.ts';
import { type CampaignRow, lockCampaign } from './store.ts';
import { campaign } from './tables.ts';

export function move(row: CampaignRow, to: CampaignState): void {
  if (campaignStates.canMove(row.state as CampaignState, to)) return;
  throw new GenesisError({
    code: 'conflict',
    message: `The campaign is ${row.state}; it cannot become ${to}.`,
  });
}

/**
 * Stops a campaign: the experiments under way are recorded, and no further one is proposed. `because` says why, where
 * nobody asked for it.
 */
export async function stopCampaign(
  parts: CampaignParts,
  principal: PrincipalFacts,
  id: string,
  because: string | null = null,
): Promise<void> {
  await parts.door.perform(
    { principal, action: 'campaign.stop', resource: id, purpose: 'explore' },
    async (tx) => {
      const row = await lockCampaign(tx, id);
      move(row, 'stopped');
      await tx.update(campaign).set({ state: 'stopped', stoppedBecause: because }).where(eq(campaign.id, id));
      return { result: undefined, details: { state: 'stopped', because } };
    },
  );
}
