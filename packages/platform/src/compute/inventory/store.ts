/** Reads of the inventory: whatever the scope does not admit does not exist. */
import { GenesisError, type ResourceStatus, type ResourceType } from '@genesis/contracts';
import { and, asc, desc, eq, gte, inArray, lte, type SQL, sql } from 'drizzle-orm';
import { factsOf, type ReadScope, resource } from '../../door/index.ts';
import type { ResourceFacts } from '../../policy/index.ts';
import { facility, incident, machine, site, statusEvent } from '../tables.ts';

export type FacilityRow = typeof facility.$inferSelect;
export type SiteRow = typeof site.$inferSelect;
export type MachineRow = typeof machine.$inferSelect;
export type IncidentRow = typeof incident.$inferSelect;
export type StatusEventRow = typeof statusEvent.$inferSelect;
export type FoundMachine = { row: MachineRow; facts: ResourceFacts };

/** A page of a list in IRI's words: how many to leave out, and how many to give. */
export type Window = { offset: number; limit: number };
const most: Window = { offset: 0, limit: 100_000 };

const missing = (what: string): GenesisError =>
  new GenesisError({
    code: 'not-found',
    message: `There is no ${what} under this id or name that you may see.`,
  });

export async function listFacilities(scope: ReadScope): Promise<FacilityRow[]> {
  const rows = await scope.orm
    .select({ row: facility })
    .from(facility)
    .innerJoin(resource, eq(resource.id, facility.id))
    .where(scope.where)
    .orderBy(asc(facility.name));
  return rows.map(({ row }) => row);
}

/** The facility that this Genesis is. */
export async function ownFacility(scope: ReadScope): Promise<FacilityRow> {
  const own = (await listFacilities(scope)).find(({ url }) => url === null);
  if (own === undefined) throw missing('facility');
  return own;
}

export async function listSites(scope: ReadScope, facilityId?: string): Promise<SiteRow[]> {
  const rows = await scope.orm
    .select({ row: site })
    .from(site)
    .innerJoin(resource, eq(resource.id, site.facility))
    .where(and(scope.where, facilityId === undefined ? undefined : eq(site.facility, facilityId)))
    .orderBy(asc(site.name), asc(site.id));
  return rows.map(({ row }) => row);
}

export type MachineFilter = {
  facility?: string | undefined;
  name?: string | undefined;
  group?: string | undefined;
  type?: ResourceType | undefined;
  status?: ResourceStatus | undefined;
  /** Milliseconds. */
  modifiedSince?: number | undefined;
};

const present = (conditions: (SQL | undefined | false)[]): SQL[] =>
  conditions.filter((one): one is SQL => one !== undefined && one !== false);

const machines = (scope: ReadScope) =>
  scope.orm
    .select({ row: machine, governed: resource })
    .from(machine)
    .innerJoin(resource, eq(resource.id, machine.id));

/** Resources by name. */
export async function listMachines(
  scope: ReadScope,
  filter: MachineFilter = {},
  { offset, limit }: Window = most,
): Promise<FoundMachine[]> {
  const rows = await machines(scope)
    .where(
      and(
        scope.where,
        ...present([
          filter.facility !== undefined && eq(machine.facility, filter.facility),
          filter.name !== undefined && eq(machine.name, filter.name),
          filter.group !== undefined && eq(machine.group, filter.group),
          filter.type !== undefined && eq(machine.type, filter.type),
          filter.status !== undefined && eq(machine.status, filter.status),
          filter.modifiedSince !== undefined && gte(machine.modifiedAt, filter.modifiedSince),
        ]),
      ),
    )
    .orderBy(asc(machine.name), asc(machine.id))
    .offset(offset)
    .limit(limit);
  return rows.map(({ row, governed }) => ({ row, facts: factsOf(governed) }));
}

/** By id or name; a name means the platform's own resource, else one of the principal's organisation. */
export async function findMachine(scope: ReadScope, wanted: string): Promise<FoundMachine> {
  const named = and(
    eq(machine.name, wanted),
    inArray(machine.organisation, ['', scope.principal.organisation]),
  );
  const [found] = await machines(scope)
    .where(and(scope.where, wanted.startsWith('mch_') ? eq(machine.id, wanted) : named))
    .orderBy(asc(machine.organisation))
    .limit(1);
  if (found === undefined) throw missing('resource');
  return { row: found.row, facts: factsOf(found.governed) };
}

export type EventFilter = {
  machine?: string | undefined;
  incident?: string | undefined;
  status?: ResourceStatus | undefined;
  name?: string | undefined;
  /** Milliseconds. */
  from?: number | undefined;
  to?: number | undefined;
};

/** Changes of status, newest first. */
export async function listEvents(
  scope: ReadScope,
  filter: EventFilter = {},
  { offset, limit }: Window = most,
): Promise<StatusEventRow[]> {
  const rows = await scope.orm
    .select({ row: statusEvent })
    .from(statusEvent)
    .innerJoin(resource, eq(resource.id, statusEvent.machine))
    .where(
      and(
        scope.where,
        ...present([
          filter.machine !== undefined && eq(statusEvent.machine, filter.machine),
          filter.incident !== undefined && eq(statusEvent.incident, filter.incident),
          filter.status !== undefined && eq(statusEvent.status, filter.status),
          filter.name !== undefined && eq(statusEvent.name, filter.name),
          filter.from !== undefined && gte(statusEvent.occurredAt, filter.from),
          filter.to !== undefined && lte(statusEvent.occurredAt, filter.to),
        ]),
      ),
    )
    .orderBy(desc(statusEvent.occurredAt), desc(statusEvent.id))
    .offset(offset)
    .limit(limit);
  return rows.map(({ row }) => row);
}

export async function findEvent(scope: ReadScope, id: string): Promise<StatusEventRow> {
  const [found] = await scope.orm
    .select({ row: statusEvent })
    .from(statusEvent)
    .innerJoin(resource, eq(resource.id, statusEvent.machine))
    .where(and(scope.where, eq(statusEvent.id, id)));
  if (found === undefined) throw missing('event');
  return found.row;
}

/** An incident with what of its resources and events the scope admits. One that concerns nothing of these is not shown. */
export type FoundIncident = { row: IncidentRow; machines: string[]; events: string[] };

export async function listIncidents(
  scope: ReadScope,
  { id }: { id?: string } = {},
): Promise<FoundIncident[]> {
  const rows = await scope.orm
    .select({ row: incident, event: statusEvent.id, machine: statusEvent.machine })
    .from(incident)
    .innerJoin(statusEvent, eq(statusEvent.incident, incident.id))
    .innerJoin(resource, eq(resource.id, statusEvent.machine))
    .where(and(scope.where, id === undefined ? sql`true` : eq(incident.id, id)))
    .orderBy(desc(incident.startsAt), desc(incident.id), asc(statusEvent.occurredAt));
  const found = new Map<string, FoundIncident>();
  for (const { row, event, machine: concerned } of rows) {
    const one = found.get(row.id) ?? { row, machines: [], events: [] };
    one.events.push(event);
    if (!one.machines.includes(concerned)) one.machines.push(concerned);
    found.set(row.id, one);
  }
  return [...found.values()];
}

export async function findIncident(scope: ReadScope, id: string): Promise<FoundIncident> {
  const [found] = await listIncidents(scope, { id });
  if (found === undefined) throw missing('incident');
  return found;
}
