import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { type Door, platformPrincipal, type WriteTx } from '../../door/index.ts';
import { bottom, type PrincipalFacts, type ResourceFacts, unrestricted } from '../../policy/index.ts';
import { facility, site } from '../tables.ts';
import type { InventoryParts } from './parts.ts';
import { type FacilityRow, listFacilities, ownFacility } from './store.ts';

const text = (longest: number) => z.string().trim().min(1).max(longest).nullable();

/** What an operator says about the facility that this Genesis is. */
export const facilityDescriptionSchema = z.strictObject({
  longName: text(200).default(null),
  description: z.string().max(2000).default(''),
  organizationName: text(200).default(null),
  supportUri: z
    .url({ protocol: /^(https?|mailto)$/ })
    .nullable()
    .default(null),
});
export type FacilityDescription = z.infer<typeof facilityDescriptionSchema>;

/** Facilities and what the platform registers by itself are public, and belong to it. */
export const platformsOwn = (kind: string, id: string): ResourceFacts => ({
  ...{ kind, id, organisation: null, label: bottom },
  conditions: unrestricted,
});

/** The place where resources stand for which nobody has named one. */
export const ownSite = 'here';

/** Enters the facility that this Genesis is, with one site, where it is missing. */
export async function ensureOwnFacility({ door, clock, ids }: InventoryParts): Promise<FacilityRow> {
  const known = await listFacilities(door.authorize(platformPrincipal, 'explore'));
  const own = known.find(({ url }) => url === null);
  if (own !== undefined) return own;
  const id = ids.next('facility');
  const { result } = await door.perform(
    {
      principal: platformPrincipal,
      action: 'compute.manage',
      resource: { create: platformsOwn('facility', id) },
      purpose: null,
    },
    async (tx) => {
      const at = clock.now().getTime();
      const [row] = await tx.insert(facility).values({ id, name: 'here', modifiedAt: at }).returning();
      await insertSite(tx, { id: ids.next('site'), facility: id, name: ownSite, at });
      return { result: row!, details: { facility: id } };
    },
  );
  return result;
}

async function insertSite(
  tx: WriteTx,
  { id, facility: of, name, at }: { id: string; facility: string; name: string; at: number },
): Promise<void> {
  const description = {
    ...{ name, longName: null, description: 'Where this Genesis runs.', operatingOrganization: null },
    ...{ country: null, locality: null, stateOrProvince: null, latitude: null, longitude: null },
  };
  await tx.insert(site).values({ id, facility: of, name, description, modifiedAt: at });
}

/** Sets what the facility says about itself. */
export async function describeFacility(
  { door, clock }: InventoryParts,
  principal: PrincipalFacts,
  wanted: FacilityDescription,
): Promise<void> {
  const { id } = await ownFacility(facilityScope(door));
  await door.perform({ principal, action: 'compute.manage', resource: id, purpose: null }, async (tx) => {
    await tx
      .update(facility)
      .set({ ...wanted, modifiedAt: clock.now().getTime() })
      .where(eq(facility.id, id));
    return { result: undefined, details: wanted };
  });
}

/** The facility is public: who acts on it need not be asked what they may read. */
export const facilityScope = (door: Door) => door.authorize(platformPrincipal, 'explore');
