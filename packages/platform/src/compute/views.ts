/** The inventory as the API shows it. How a resource is reached is nobody's business but its operator's. */
import {
  hardwareSchema,
  labelSchema,
  limitsSchema,
  priceSchema,
  resourceStatusSchema,
  resourceTypeSchema,
  siteDescriptionSchema,
} from '@genesis/contracts';
import { z } from 'zod';
import type { FacilityRow, FoundIncident, FoundMachine, SiteRow, StatusEventRow } from './inventory/store.ts';

const iso = (at: number): string => new Date(at).toISOString();

export const facilityView = z.strictObject({
  id: z.string(),
  name: z.string(),
  longName: z.string().nullable(),
  description: z.string(),
  organizationName: z.string().nullable(),
  supportUri: z.string().nullable(),
  /** Where its API begins; null is this Genesis. */
  url: z.string().nullable(),
  syncedAt: z.string().nullable(),
});
export const viewFacility = (row: FacilityRow): z.output<typeof facilityView> => ({
  ...{ id: row.id, name: row.name, longName: row.longName, description: row.description },
  ...{ organizationName: row.organizationName, supportUri: row.supportUri, url: row.url },
  syncedAt: row.syncedAt === null ? null : iso(row.syncedAt),
});

export const siteView = siteDescriptionSchema.extend({ id: z.string(), facility: z.string() });
export const viewSite = (row: SiteRow): z.output<typeof siteView> => ({
  ...row.description,
  ...{ id: row.id, facility: row.facility, name: row.name },
});

export const machineView = z.strictObject({
  id: z.string(),
  name: z.string(),
  facility: z.string(),
  site: z.string().nullable(),
  description: z.string(),
  type: resourceTypeSchema,
  group: z.string().nullable(),
  /** The highest label that it may hold; null: whatever the platform holds. */
  authority: labelSchema.nullable(),
  label: labelSchema,
  hardware: hardwareSchema,
  limits: limitsSchema,
  price: priceSchema,
  near: z.array(z.string()),
  /** How it is reached: `local`, `slurm`, `iri`; null: nothing can be run on it. */
  access: z.enum(['local', 'slurm', 'iri']).nullable(),
  status: resourceStatusSchema,
  statusReason: z.string().nullable(),
  /** For each fact, who says so and when it was seen. */
  provenance: z.record(z.string(), z.strictObject({ source: z.string(), at: z.string() })),
  modifiedAt: z.string(),
});
export const viewMachine = (
  { row, facts }: FoundMachine,
  sites: readonly SiteRow[],
): z.output<typeof machineView> => ({
  ...{ id: row.id, name: row.name, facility: row.facility, description: row.description, type: row.type },
  site: sites.find(({ id }) => id === row.site)?.name ?? null,
  ...{ group: row.group, authority: row.authority, label: facts.label, hardware: row.hardware },
  ...{ limits: row.limits, price: row.price, near: row.near, access: row.access?.kind ?? null },
  ...{ status: row.status, statusReason: row.statusReason },
  provenance: Object.fromEntries(
    Object.entries(row.provenance).map(([field, { source, at }]) => [field, { source, at: iso(at) }]),
  ),
  modifiedAt: iso(row.modifiedAt),
});

export const eventView = z.strictObject({
  id: z.string(),
  resource: z.string(),
  incident: z.string().nullable(),
  name: z.string(),
  description: z.string(),
  status: resourceStatusSchema,
  occurredAt: z.string(),
});
export const viewEvent = (row: StatusEventRow): z.output<typeof eventView> => ({
  ...{ id: row.id, resource: row.machine, incident: row.incident, name: row.name },
  ...{ description: row.description, status: row.status, occurredAt: iso(row.occurredAt) },
});

export const incidentView = z.strictObject({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  status: resourceStatusSchema,
  type: z.enum(['planned', 'unplanned', 'reservation']),
  resolution: z.enum(['unresolved', 'cancelled', 'completed', 'extended', 'pending']),
  startsAt: z.string(),
  endsAt: z.string().nullable(),
  resources: z.array(z.string()),
});
export const viewIncident = ({ row, machines }: FoundIncident): z.output<typeof incidentView> => ({
  ...{ id: row.id, name: row.name, description: row.description, status: row.status, type: row.type },
  ...{ resolution: row.resolution, startsAt: iso(row.startsAt) },
  endsAt: row.endsAt === null ? null : iso(row.endsAt),
  resources: machines,
});

export const waitingView = z.strictObject({
  jobs: z.int(),
  undecided: z.int(),
  /** The share whose wait lay in the interval that is stated to hold 80 %, with its binomial 99 % interval. */
  coverage: z.number(),
  coverageLow: z.number(),
  coverageHigh: z.number(),
  holds: z.boolean(),
  /** Seconds. */
  medianAbsoluteError: z.number(),
  naiveError: z.number(),
});
