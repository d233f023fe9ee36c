import type { Label } from '@genesis/contracts';
import type { CampaignFile } from '@genesis/evidence';
import type { Door } from '../../door/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import type { OpeningOfFamily } from '../store.ts';

type Unnamed = NonNullable<CampaignFile['unnamedOpenings']>;

/**
 * Parts the openings of a campaign's families into those that its crate may tell, and the numbers of those of others
 * that it may not: whose campaigns the exporter may not see, or may not send to this destination.
 */
export async function partOpenings(
  door: Door,
  principal: PrincipalFacts,
  campaign: string,
  openings: readonly OpeningOfFamily[],
  destination: Label,
): Promise<{ named: OpeningOfFamily[]; unnamed: Unnamed }> {
  const verdicts = new Map<string, boolean>([[campaign, true]]);
  for (const { campaign: by, facts } of openings) {
    if (!verdicts.has(by)) verdicts.set(by, facts !== null && (await mayLeave(facts)));
  }
  async function mayLeave(facts: NonNullable<OpeningOfFamily['facts']>): Promise<boolean> {
    const about = { ...facts, destinationClearance: destination };
    const request = {
      principal,
      action: 'campaign.export',
      resource: { about },
      purpose: 'publish',
    } as const;
    return (await door.foresee(request))?.decision.effect === 'allow';
  }
  const named = openings.filter(({ campaign: by }) => verdicts.get(by));
  const unnamed: Unnamed = [];
  for (const family of new Set(named.map((one) => one.family))) {
    const last = Math.max(...named.filter((one) => one.family === family).map(({ attempt }) => attempt));
    const attempts = openings
      .filter((one) => one.family === family && one.attempt < last && !named.includes(one))
      .map(({ attempt }) => attempt);
    if (attempts.length > 0) unnamed.push({ family, attempts });
  }
  return { named, unnamed };
}
