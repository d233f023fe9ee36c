/** What another facility offers, taken into the inventory: described, with where it was seen; reached by nothing yet. */
import type { ResourceStatus, ResourceType } from '@genesis/contracts';
import { and, eq, notInArray } from 'drizzle-orm';
import type { WriteTx } from '../../door/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import { facility, machine, site } from '../tables.ts';
import { facilityScope, platformsOwn } from './own-facility.ts';
import type { InventoryParts } from './parts.ts';
import { noteStatus } from './status.ts';
import { listFacilities } from './store.ts';

/** A facility as it describes itself, checked and bounded. */
export type RemoteFacility = {
  name: string;
  longName: string | null;
  description: string;
  organizationName: string | null;
  supportUri: string | null;
  id: string;
  sites: { id: string; name: string; longName: string | null; description: string }[];
  resources: {
    id: string;
    name: string;
    description: string;
    type: ResourceType;
    group: string | null;
    status: ResourceStatus;
    site: string | null;
  }[];
};

/** Asks the facility at this address; given by `main.ts`. */
export type ReadFacility = (url: string) => Promise<RemoteFacility>;

export type Synced = { facility: string; name: string; added: number; seen: number; gone: number };

/** A name that people can type, made of one that anybody may have chosen. */
const nameFrom = (text: string): string => {
  const safe = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '')
    .slice(0, 40);
  return safe === '' ? 'unnamed' : safe;
};

/**
 * Enters what a facility offers, or what is new of it. What is no longer listed stays, and is `unknown`: runs may be
 * there. Authority, price and access are not for the facility to say: they begin at the least.
 */
export async function syncFacility(
  parts: InventoryParts,
  principal: PrincipalFacts,
  url: string,
  read: ReadFacility,
): Promise<Synced> {
  const { door, clock, ids } = parts;
  const seen = await read(url);
  const at = clock.now().getTime();
  const known = (await listFacilities(facilityScope(door))).find((row) => row.url === url);
  const id = known?.id ?? ids.next('facility');
  const name = known?.name ?? (await freeName(parts, nameFrom(seen.name)));
  const said = {
    ...{ longName: seen.longName, description: seen.description, organizationName: seen.organizationName },
    ...{ supportUri: seen.supportUri, remoteId: seen.id, syncedAt: at, modifiedAt: at },
  };
  await door.perform(
    {
      principal,
      action: 'compute.manage',
      resource: known === undefined ? { create: platformsOwn('facility', id) } : id,
      purpose: null,
    },
    async (tx) => {
      const value = { id, name, url, ...said };
      await tx.insert(facility).values(value).onConflictDoUpdate({ target: facility.id, set: said });
      for (const one of seen.sites) await putRemoteSite(tx, { id: ids.next('site'), facility: id, at }, one);
      return { result: undefined, details: { facility: id, url } };
    },
  );
  const sites = new Map(
    (await facilityScope(door).orm.select().from(site).where(eq(site.facility, id))).map((row) => [
      row.remoteId,
      row.id,
    ]),
  );
  let added = 0;
  for (const one of seen.resources)
    if (await putRemote(parts, principal, { id, name, at }, one, sites.get(one.site) ?? null)) added += 1;
  const gone = await noteGone(
    parts,
    principal,
    id,
    seen.resources.map((one) => one.id),
  );
  return { facility: id, name, added, seen: seen.resources.length, gone };
}

async function freeName({ door }: InventoryParts, wanted: string): Promise<string> {
  const taken = new Set((await listFacilities(facilityScope(door))).map((row) => row.name));
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? wanted : `${wanted}-${n}`;
    if (!taken.has(name)) return name;
  }
}

async function putRemoteSite(
  tx: WriteTx,
  at: { id: string; facility: string; at: number },
  one: RemoteFacility['sites'][number],
): Promise<void> {
  const name = nameFrom(one.name);
  const description = {
    ...{ name, longName: one.longName, description: one.description, operatingOrganization: null },
    ...{ country: null, locality: null, stateOrProvince: null, latitude: null, longitude: null },
  };
  const value = { remoteId: one.id, description, modifiedAt: at.at };
  await tx
    .insert(site)
    .values({ id: at.id, facility: at.facility, name, ...value })
    .onConflictDoUpdate({ target: [site.facility, site.name], set: value });
}

/** Whether it is new. */
async function putRemote(
  parts: InventoryParts,
  principal: PrincipalFacts,
  of: { id: string; name: string; at: number },
  one: RemoteFacility['resources'][number],
  siteId: string | null,
): Promise<boolean> {
  const { door, ids } = parts;
  const { orm } = facilityScope(door);
  const [known] = await orm
    .select({ id: machine.id })
    .from(machine)
    .where(and(eq(machine.facility, of.id), eq(machine.remoteId, one.id)));
  const id = known?.id ?? ids.next('machine');
  const said = {
    ...{ description: one.description, type: one.type, group: one.group, site: siteId, modifiedAt: of.at },
  };
  const provenance = { description: { source: 'iri' as const, at: of.at } };
  await door.perform(
    {
      principal,
      action: 'compute.manage',
      resource: known === undefined ? { create: platformsOwn('machine', id) } : id,
      purpose: null,
    },
    async (tx) => {
      if (known === undefined) {
        const base = `${of.name}-${nameFrom(one.name)}`.slice(0, 55);
        const others = await tx
          .select({ name: machine.name })
          .from(machine)
          .where(eq(machine.organisation, ''));
        const taken = new Set(others.map(({ name }) => name));
        let name = base;
        for (let n = 2; taken.has(name); n += 1) name = `${base}-${n}`;
        await tx.insert(machine).values({
          ...{ id, facility: of.id, organisation: '', name, remoteId: one.id, status: 'unknown', provenance },
          ...{ authority: { level: 'public', categories: [] }, near: [], access: null },
          hardware: {
            ...{ nodes: null, coresPerNode: null, memoryPerNode: null },
            ...{ acceleratorsPerNode: null, acceleratorType: null },
          },
          limits: { durationSeconds: null, nodes: null, jobs: null },
          price: { coreHour: 0, gpuHour: 0, nodeHour: 0 },
          ...said,
        });
      } else await tx.update(machine).set(said).where(eq(machine.id, id));
      await noteStatus(tx, parts, { machine: id, status: one.status, reason: null });
      return { result: undefined, details: { machine: id, facility: of.id } };
    },
  );
  return known === undefined;
}

async function noteGone(
  parts: InventoryParts,
  principal: PrincipalFacts,
  id: string,
  listed: readonly string[],
): Promise<number> {
  const rows = await facilityScope(parts.door)
    .orm.select({ id: machine.id })
    .from(machine)
    .where(
      and(
        eq(machine.facility, id),
        listed.length === 0 ? undefined : notInArray(machine.remoteId, [...listed]),
      ),
    );
  for (const row of rows)
    await parts.door.perform(
      { principal, action: 'compute.manage', resource: row.id, purpose: null },
      async (tx) => {
        const reason = 'its facility does not list it any more';
        await noteStatus(tx, parts, { machine: row.id, status: 'unknown', reason });
        return { result: undefined, details: { machine: row.id, gone: true } };
      },
    );
  return rows.length;
}
