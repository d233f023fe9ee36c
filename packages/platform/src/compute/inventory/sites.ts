import type { SiteDescription } from '@genesis/contracts';
import { and, eq } from 'drizzle-orm';
import type { PrincipalFacts } from '../../policy/index.ts';
import { site } from '../tables.ts';
import { facilityScope } from './own-facility.ts';
import type { InventoryParts } from './parts.ts';
import { ownFacility } from './store.ts';

/** Enters a site of this facility, or changes what is said of it. Returns its id. */
export async function putSite(
  { door, clock, ids }: InventoryParts,
  principal: PrincipalFacts,
  wanted: SiteDescription,
): Promise<string> {
  const { id: own } = await ownFacility(facilityScope(door));
  const { result } = await door.perform(
    { principal, action: 'compute.manage', resource: own, purpose: null },
    async (tx) => {
      const value = { description: wanted, modifiedAt: clock.now().getTime() };
      const [row] = await tx
        .insert(site)
        .values({ id: ids.next('site'), facility: own, name: wanted.name, ...value })
        .onConflictDoUpdate({ target: [site.facility, site.name], set: value })
        .returning({ id: site.id });
      return { result: row!.id, details: { site: row!.id, name: wanted.name } };
    },
  );
  return result;
}

/** The id of a site of this facility by its name; undefined where there is none. */
export async function siteIdOf(
  parts: Pick<InventoryParts, 'door'>,
  facilityId: string,
  name: string,
): Promise<string | undefined> {
  const [found] = await facilityScope(parts.door)
    .orm.select({ id: site.id })
    .from(site)
    .where(and(eq(site.facility, facilityId), eq(site.name, name)));
  return found?.id;
}
