import { type Access, GenesisError, invalidField, type ResourceDescription } from '@genesis/contracts';
import { canonicalJson } from '@genesis/evidence';
import { and, eq, isNull, sql } from 'drizzle-orm';
import type { WriteTx } from '../../door/index.ts';
import {
  describeLabel,
  dominates,
  type PrincipalFacts,
  platformOrganisation,
  type ResourceFacts,
  unrestricted,
} from '../../policy/index.ts';
import { charge, machine, type Provenance } from '../tables.ts';
import { facilityScope, ownSite } from './own-facility.ts';
import type { InventoryParts } from './parts.ts';
import { siteIdOf } from './sites.ts';
import { noteStatus } from './status.ts';
import { ownFacility } from './store.ts';

/** Whether the principal operates the platform itself: only then a resource may say how the platform reaches it. */
const operatesPlatform = ({ roles }: PrincipalFacts, at: number): boolean =>
  roles.some(
    ({ organisation, role, expiresAt }) =>
      organisation === platformOrganisation &&
      role === 'operator' &&
      (expiresAt === undefined || at < expiresAt),
  );

const described = ['hardware', 'limits', 'price', 'authority', 'access'] as const;

/**
 * Enters a resource, or changes what is said of it: one of the same name and owner is the same resource. Only who
 * operates the platform says how it is reached, since that names programs, folders and credentials of its machine.
 */
export async function putMachine(
  parts: InventoryParts,
  principal: PrincipalFacts,
  wanted: ResourceDescription,
  from: Provenance['source'] = 'operator',
): Promise<{ id: string; created: boolean }> {
  const { door, clock, ids } = parts;
  const platform = operatesPlatform(principal, clock.now().getTime());
  if (wanted.access !== null && !platform)
    throw invalidField(
      'access',
      'only an operator of the platform can say how a resource is reached; an administrator gives that role with: genesis principal grant ID operator --organisation platform',
    );
  if (wanted.authority === null && wanted.access?.kind !== 'local' && from !== 'platform')
    throw invalidField('authority', "expected a label: only the platform's own machine holds whatever comes");
  if (wanted.authority !== null && !dominates(wanted.authority, wanted.label))
    throw invalidField(
      'authority',
      `it must cover the resource's own label ${describeLabel(wanted.label)}; raise the authority or lower the label`,
    );
  const own = await ownFacility(facilityScope(door));
  const siteId = await siteIdOf(parts, own.id, wanted.site ?? ownSite);
  if (siteId === undefined)
    throw invalidField(
      'site',
      `there is no site "${wanted.site}"; say in the same file what it is: sites: [{ name: ${wanted.site} }]`,
    );
  const organisation = platform ? '' : principal.organisation;
  const known = await idOf(parts, organisation, wanted.name);
  const { label, site: _site, ...said } = wanted;
  const at = clock.now().getTime();
  const provenance = Object.fromEntries(described.map((field) => [field, { source: from, at }]));
  const value = { ...said, site: siteId, modifiedAt: at };
  if (known !== undefined) {
    await door.perform(
      { principal, action: 'compute.manage', resource: known, purpose: null },
      async (tx, facts) => {
        if (describeLabel(facts.label) !== describeLabel(label))
          throw invalidField(
            'label',
            'who may know of a resource is said when it is added, and does not change',
          );
        await assertReachStays(tx, known, wanted.access);
        await tx
          .update(machine)
          .set({ ...value, provenance: sql`${machine.provenance} || ${JSON.stringify(provenance)}::jsonb` })
          .where(eq(machine.id, known));
        return { result: undefined, details: { machine: known, name: wanted.name } };
      },
    );
    return { id: known, created: false };
  }
  const id = ids.next('machine');
  const facts: ResourceFacts = {
    ...{ kind: 'machine', id, organisation: platform ? null : organisation, label },
    conditions: unrestricted,
  };
  await door.perform(
    { principal, action: 'compute.manage', resource: { create: facts }, purpose: null },
    async (tx) => {
      await tx.insert(machine).values({
        ...{ id, facility: own.id, organisation, status: 'unknown', provenance },
        ...value,
      });
      await noteStatus(tx, parts, { machine: id, status: 'up', reason: null });
      return { result: undefined, details: { machine: id, name: wanted.name } };
    },
  );
  return { id, created: true };
}

async function idOf(
  { door }: InventoryParts,
  organisation: string,
  name: string,
): Promise<string | undefined> {
  const [found] = await facilityScope(door)
    .orm.select({ id: machine.id })
    .from(machine)
    .where(and(eq(machine.organisation, organisation), eq(machine.name, name)));
  return found?.id;
}

/** While jobs are there, they must be found where they were put. */
async function assertReachStays(tx: WriteTx, id: string, access: Access | null): Promise<void> {
  const [row] = await tx
    .select({ access: machine.access })
    .from(machine)
    .where(eq(machine.id, id))
    .for('update');
  if (canonicalJson(row?.access ?? null) === canonicalJson(access)) return;
  const [open] = await tx
    .select({ run: charge.run })
    .from(charge)
    .where(and(eq(charge.machine, id), isNull(charge.settledAt)))
    .limit(1);
  if (open !== undefined)
    throw new GenesisError({
      code: 'conflict',
      message:
        'Runs are under way on this resource, which could not be found again if it were reached in another way. Wait for them or cancel them first.',
    });
}
