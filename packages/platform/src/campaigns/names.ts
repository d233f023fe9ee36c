import { and, eq, inArray } from 'drizzle-orm';
import { type ReadScope, resource } from '../door/index.ts';
import { campaign } from './tables.ts';

/** Titles of those of these campaigns that the scope shows. */
export async function campaignTitles(scope: ReadScope, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await scope.orm
    .select({ id: campaign.id, plan: campaign.plan })
    .from(campaign)
    .innerJoin(resource, eq(resource.id, campaign.id))
    .where(and(inArray(campaign.id, [...ids]), scope.where));
  return new Map(rows.map(({ id, plan }) => [id, plan.title]));
}
