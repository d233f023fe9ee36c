/** The inventory in the words of the facility API. Only what is at this facility: others have APIs of their own. */
import { resourceTypeUrn } from '@genesis/contracts';
import type { z } from 'zod';
import {
  type FacilityRow,
  type FoundIncident,
  findMachine,
  isProjectStore,
  listMachines,
  listSites,
  type MachineRow,
  ownFacility,
  type SiteRow,
  type StatusEventRow,
} from '../../compute/index.ts';
import type { ReadScope } from '../../door/index.ts';
import { missing } from './missing.ts';
import {
  type capabilitySchema,
  type eventSchema,
  type facilitySchema,
  type incidentSchema,
  isoOf,
  type resourceSchema,
  type siteSchema,
} from './schemas.ts';
import type { Uris } from './uris.ts';

/** Everything that is at this facility and that the scope admits, read at once: lists of a facility are short. */
export async function readInventory(scope: ReadScope): Promise<{
  facility: FacilityRow;
  sites: SiteRow[];
  machines: MachineRow[];
}> {
  const facility = await ownFacility(scope);
  const sites = await listSites(scope, facility.id);
  const found = await listMachines(scope, { facility: facility.id });
  return { facility, sites, machines: found.map(({ row }) => row) };
}
export type Inventory = Awaited<ReturnType<typeof readInventory>>;

/** A resource of this facility by its id. */
export async function resourceOf(scope: ReadScope, id: string) {
  const facility = await ownFacility(scope);
  const found = id.startsWith('mch_') ? await findMachine(scope, id) : undefined;
  if (found === undefined || found.row.facility !== facility.id) throw missing('resource');
  return found;
}

/** Where jobs of projects can be submitted. */
export const runsJobs = ({ type, access }: MachineRow): boolean =>
  type.startsWith('compute') && access !== null && access.kind !== 'iri';

/** Where the folders of projects are. */
export const holdsFiles = (row: MachineRow): boolean => isProjectStore(row) || runsJobs(row);

/** What can have an allocation: one for each resource that runs jobs. */
export const isAllocated = (row: MachineRow): boolean => runsJobs(row);

/** In which unit a resource is allocated: node hours where only these have a price, else units of its own price. */
export function unitOf({ price }: MachineRow): string {
  const onlyNodes = price.nodeHour > 0 && price.coreHour === 0 && price.gpuHour === 0;
  return `urn:doe-iri:allocation:compute:${onlyNodes ? 'node-hours' : 'units'}`;
}

export const viewFacility = (
  { facility, sites }: Inventory,
  uris: Uris,
): z.output<typeof facilitySchema> => ({
  id: facility.id,
  name: facility.longName ?? facility.name,
  description: facility.description,
  last_modified: isoOf(facility.modifiedAt),
  short_name: facility.name,
  organization_name: facility.organizationName,
  support_uri: facility.supportUri,
  self_uri: uris.facility(),
  site_uris: sites.map(({ id }) => uris.site(id)),
});

export const viewSite = (
  site: SiteRow,
  { machines }: Inventory,
  uris: Uris,
): z.output<typeof siteSchema> => ({
  id: site.id,
  name: site.description.longName ?? site.name,
  description: site.description.description,
  last_modified: isoOf(site.modifiedAt),
  short_name: site.name,
  operating_organization: site.description.operatingOrganization,
  country_name: site.description.country,
  locality_name: site.description.locality,
  state_or_province_name: site.description.stateOrProvince,
  latitude: site.description.latitude,
  longitude: site.description.longitude,
  self_uri: uris.site(site.id),
  resource_uris: machines.filter((one) => one.site === site.id).map(({ id }) => uris.resource(id)),
});

export function viewResource(
  row: MachineRow,
  sites: readonly SiteRow[],
  uris: Uris,
): z.output<typeof resourceSchema> {
  const { nodes, coresPerNode, memoryPerNode, acceleratorsPerNode, acceleratorType } = row.hardware;
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    last_modified: isoOf(row.modifiedAt),
    group: row.group,
    current_status: row.status,
    resource_type: resourceTypeUrn(row.type),
    supported_endpoints: [
      ...(runsJobs(row) ? (['compute'] as const) : []),
      ...(holdsFiles(row) ? (['filesystem'] as const) : []),
    ],
    self_uri: uris.resource(row.id),
    site_uri: uris.site(row.site ?? sites[0]?.id ?? ''),
    capability_uris: isAllocated(row) ? [uris.capability(row.id)] : [],
    attributes: {
      ...{ node_count: nodes, cores_per_node: coresPerNode, memory_per_node: memoryPerNode },
      ...{ accelerators_per_node: acceleratorsPerNode, accelerator_type: acceleratorType },
      max_duration: row.limits.durationSeconds,
    },
  };
}

export const viewCapability = (row: MachineRow, uris: Uris): z.output<typeof capabilitySchema> => ({
  id: row.id,
  name: row.name,
  description: row.description,
  last_modified: isoOf(row.modifiedAt),
  units: [unitOf(row)],
  self_uri: uris.capability(row.id),
});

export const viewIncident = (
  { row, machines, events }: FoundIncident,
  uris: Uris,
): z.output<typeof incidentSchema> => ({
  id: row.id,
  name: row.name,
  description: row.description,
  last_modified: isoOf(row.modifiedAt),
  status: row.status,
  start: isoOf(row.startsAt),
  end: row.endsAt === null ? null : isoOf(row.endsAt),
  type: row.type,
  resolution: row.resolution,
  self_uri: uris.incident(row.id),
  event_uris: events.map(uris.event),
  resource_uris: machines.map(uris.resource),
});

export const viewEvent = (row: StatusEventRow, uris: Uris): z.output<typeof eventSchema> => ({
  id: row.id,
  name: row.name,
  description: row.description,
  last_modified: isoOf(row.occurredAt),
  occurred_at: isoOf(row.occurredAt),
  status: row.status,
  self_uri: uris.event(row.id),
  resource_uri: uris.resource(row.machine),
  incident_uri: row.incident === null ? null : uris.incident(row.incident),
});
