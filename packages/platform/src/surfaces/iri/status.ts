import { resourceStatusSchema, resourceTypeUrn } from '@genesis/contracts';
import { z } from 'zod';
import { findEvent, findIncident, listEvents, listIncidents } from '../../compute/index.ts';
import {
  isAllocated,
  readInventory,
  resourceOf,
  unitOf,
  viewEvent,
  viewIncident,
  viewResource,
} from './inventory.ts';
import { type Operation, operation, unchanged } from './operation.ts';
import { filterText, idText, millisecondsOf, time, windowOf, windowQuery } from './parameters.ts';
import { eventSchema, incidentSchema, incidentTypes, resolutions, resourceSchema } from './schemas.ts';

const urn = z
  .string()
  .max(500)
  .regex(/^urn:doe-iri:[A-Za-z0-9][A-Za-z0-9-]{0,31}:[\w.~%!$&'()*+,;=@/:-]+$/, 'expected a DOE IRI URN');

const named = { name: filterText.optional(), description: filterText.optional() };

/** A description is found by a part of it, whatever the case; a name is the whole name. */
const isCalled = (
  { name, description }: { name?: string | undefined; description?: string | undefined },
  row: { name: string; description: string },
): boolean =>
  (name === undefined || row.name === name) &&
  (description === undefined || row.description.toLowerCase().includes(description.toLowerCase()));

/** What happened between two times, or was the case at one. */
const when = {
  from: time.optional(),
  to: time.optional(),
  time: time.optional(),
  modified_since: time.optional(),
};

export const statusOperations: readonly Operation[] = [
  operation({
    id: 'getResources',
    method: 'GET',
    path: '/status/resources',
    summary: 'Resources; a type means its kinds too',
    public: true,
    query: z.strictObject({
      ...windowQuery,
      ...named,
      group: filterText.optional(),
      modified_since: time.optional(),
      resource_type: urn.optional(),
      current_status: resourceStatusSchema.optional(),
      capability: z.union([urn.transform((one) => [one]), z.array(urn).min(1).max(100)]).optional(),
    }),
    answer: z.array(resourceSchema),
    handle: async ({ scope, query, uris }) => {
      const { machines, sites } = await readInventory(scope);
      const least = millisecondsOf(query.modified_since) ?? 0;
      const isOfType = (type: string): boolean =>
        query.resource_type === undefined || `${type}:`.startsWith(`${query.resource_type}:`);
      const found = machines.filter(
        (row) =>
          isCalled(query, row) &&
          isOfType(resourceTypeUrn(row.type)) &&
          (query.group === undefined || row.group === query.group) &&
          (query.current_status === undefined || row.status === query.current_status) &&
          (query.capability === undefined || (isAllocated(row) && query.capability.includes(unitOf(row)))) &&
          row.modifiedAt >= least,
      );
      return windowOf(found, query).map((row) => viewResource(row, sites, uris));
    },
  }),

  operation({
    id: 'getResource',
    method: 'GET',
    path: '/status/resources/:resource_id',
    summary: 'A resource',
    public: true,
    params: z.strictObject({ resource_id: idText }),
    answer: resourceSchema,
    handle: async ({ scope, params, uris, isUnchanged }) => {
      const { row } = await resourceOf(scope, params.resource_id);
      if (isUnchanged(row.modifiedAt)) return unchanged;
      const { sites } = await readInventory(scope);
      return viewResource(row, sites, uris);
    },
  }),

  operation({
    id: 'getIncidents',
    method: 'GET',
    path: '/status/incidents',
    summary: 'Incidents, newest first',
    public: true,
    query: z.strictObject({
      ...windowQuery,
      ...named,
      ...when,
      status: resourceStatusSchema.optional(),
      type: z.enum(incidentTypes).optional(),
      resolution: z.enum(resolutions).optional(),
      resource_id: idText.min(1).optional(),
    }),
    answer: z.array(incidentSchema),
    handle: async ({ scope, query, uris }) => {
      const { facility } = await readInventory(scope);
      const [at, from, to, least] = [query.time, query.from, query.to, query.modified_since].map(
        millisecondsOf,
      );
      const lasts = (startsAt: number, endsAt: number | null, first: number, last: number): boolean =>
        startsAt <= last && (endsAt === null || endsAt >= first);
      const found = (await listIncidents(scope)).filter(
        ({ row, machines }) =>
          row.facility === facility.id &&
          isCalled(query, row) &&
          (query.status === undefined || row.status === query.status) &&
          (query.type === undefined || row.type === query.type) &&
          (query.resolution === undefined || row.resolution === query.resolution) &&
          (query.resource_id === undefined || machines.includes(query.resource_id)) &&
          (at === undefined || lasts(row.startsAt, row.endsAt, at, at)) &&
          lasts(row.startsAt, row.endsAt, from ?? 0, to ?? Number.POSITIVE_INFINITY) &&
          row.modifiedAt >= (least ?? 0),
      );
      return windowOf(found, query).map((one) => viewIncident(one, uris));
    },
  }),

  operation({
    id: 'getIncident',
    method: 'GET',
    path: '/status/incidents/:incident_id',
    summary: 'An incident with its events',
    public: true,
    params: z.strictObject({ incident_id: idText }),
    answer: incidentSchema,
    handle: async ({ scope, params, uris, isUnchanged }) => {
      const found = await findIncident(scope, params.incident_id);
      if (isUnchanged(found.row.modifiedAt)) return unchanged;
      return viewIncident(found, uris);
    },
  }),

  operation({
    id: 'getEventsByIncident',
    method: 'GET',
    path: '/status/events',
    summary: 'Changes of status, newest first',
    public: true,
    query: z.strictObject({
      ...windowQuery,
      ...named,
      ...when,
      status: resourceStatusSchema.optional(),
      incident_id: idText.min(1).optional(),
      resource_id: idText.min(1).optional(),
    }),
    answer: z.array(eventSchema),
    handle: async ({ scope, query, uris }) => {
      const { machines } = await readInventory(scope);
      const here = new Set(machines.map(({ id }) => id));
      const [at, from, to, since] = [query.time, query.from, query.to, query.modified_since].map(
        millisecondsOf,
      );
      const found = await listEvents(scope, {
        machine: query.resource_id,
        incident: query.incident_id,
        status: query.status,
        name: query.name,
        from: Math.max(from ?? 0, since ?? 0, at ?? 0),
        to: Math.min(to ?? Number.MAX_SAFE_INTEGER, at ?? Number.MAX_SAFE_INTEGER),
      });
      const shown = found.filter((row) => here.has(row.machine) && isCalled(query, row));
      return windowOf(shown, query).map((row) => viewEvent(row, uris));
    },
  }),

  operation({
    id: 'getEventByIncident',
    method: 'GET',
    path: '/status/events/:event_id',
    summary: 'A change of status',
    public: true,
    params: z.strictObject({ event_id: idText }),
    answer: eventSchema,
    handle: async ({ scope, params, uris, isUnchanged }) => {
      const row = await findEvent(scope, params.event_id);
      if (isUnchanged(row.occurredAt)) return unchanged;
      return viewEvent(row, uris);
    },
  }),
];
