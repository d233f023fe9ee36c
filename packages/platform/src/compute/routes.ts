import {
  computeNameSchema,
  idSchema,
  resourceDescriptionSchema,
  siteDescriptionSchema,
  usageSchema,
} from '@genesis/contracts';
import { z } from 'zod';
import { type Door, platformFacts } from '../door/index.ts';
import { principalOf } from '../identity/index.ts';
import type { App } from '../kernel/index.ts';
import { usageOf } from './accounting/usage.ts';
import type { Compute } from './compute.ts';
import { describeFacility, facilityDescriptionSchema } from './inventory/own-facility.ts';
import type { InventoryParts } from './inventory/parts.ts';
import { putMachine } from './inventory/register.ts';
import { putSite } from './inventory/sites.ts';
import { newIncidentSchema, reportIncident, resolveIncident } from './inventory/status.ts';
import {
  findMachine,
  listEvents,
  listFacilities,
  listIncidents,
  listMachines,
  listSites,
} from './inventory/store.ts';
import { type ReadFacility, syncFacility } from './inventory/sync-facility.ts';
import { calibrationOf } from './load-world.ts';
import {
  eventView,
  facilityView,
  incidentView,
  machineView,
  siteView,
  viewEvent,
  viewFacility,
  viewIncident,
  viewMachine,
  viewSite,
  waitingView,
} from './views.ts';

const tags = ['compute'];
const done = z.strictObject({ done: z.literal(true) });
const ok = { done: true as const };
const named = z.strictObject({ name: z.union([computeNameSchema, idSchema('machine')]) });
const most = 10_000;

export function computeRoutes(
  app: App,
  parts: InventoryParts & { door: Door; compute: Compute; readFacility: ReadFacility },
): void {
  const { door, compute } = parts;

  app.get(
    '/v1/compute',
    {
      schema: {
        tags,
        summary: 'The inventory: facilities, sites and resources that you may know of',
        response: {
          200: z.strictObject({
            facilities: z.array(facilityView),
            sites: z.array(siteView),
            resources: z.array(machineView),
            incidents: z.array(incidentView),
          }),
        },
      },
    },
    async (request) => {
      const scope = door.authorize(principalOf(request), 'explore');
      const [facilities, sites, machines, incidents] = await Promise.all([
        listFacilities(scope),
        listSites(scope),
        listMachines(scope, {}, { offset: 0, limit: most }),
        listIncidents(scope),
      ]);
      await door.noteUse(
        scope,
        'compute.read',
        machines.map(({ facts }) => facts),
      );
      return {
        facilities: facilities.map(viewFacility),
        sites: sites.map(viewSite),
        resources: machines.map((found) => viewMachine(found, sites)),
        incidents: incidents.map(viewIncident),
      };
    },
  );

  app.get(
    '/v1/compute/resources/:name',
    {
      schema: {
        tags,
        summary: 'One resource by name or id, with the last changes of its status',
        params: named,
        response: {
          200: z.strictObject({
            resource: machineView,
            events: z.array(eventView),
            /** How well waiting there was foretold, on jobs that were held back; null while there are few. */
            waiting: waitingView.nullable(),
          }),
        },
      },
    },
    async (request) => {
      const scope = door.authorize(principalOf(request), 'explore');
      const found = await findMachine(scope, request.params.name);
      await door.noteUse(scope, 'compute.read', [found.facts]);
      const [sites, events] = await Promise.all([
        listSites(scope),
        listEvents(scope, { machine: found.row.id }, { offset: 0, limit: 50 }),
      ]);
      const waiting = await calibrationOf(scope, found.row.id, parts.clock.now());
      return { resource: viewMachine(found, sites), events: events.map(viewEvent), waiting };
    },
  );

  app.get(
    '/v1/usage',
    {
      schema: {
        tags,
        summary:
          'What a campaign, project or challenge used, by resource; what runs have reserved counts too',
        querystring: z
          .strictObject({
            campaign: idSchema('campaign').optional(),
            project: idSchema('project').optional(),
            challenge: z
              .string()
              .regex(/^[0-9]{1,4}$/, 'expected the number of a challenge')
              .optional(),
          })
          .refine((query) => Object.keys(query).length === 1, 'expected one of campaign, project, challenge'),
        response: {
          200: z.strictObject({
            total: usageSchema,
            byResource: z.array(
              z.strictObject({ resource: z.string(), name: z.string(), usage: usageSchema }),
            ),
          }),
        },
      },
    },
    async (request) => {
      const principal = principalOf(request);
      const { campaign, project, challenge } = request.query;
      // what is known of a campaign or project by its use is known only to who may see it
      if (campaign !== undefined) await door.use(principal, 'campaign.read', campaign, 'explore');
      if (project !== undefined) await door.use(principal, 'project.read', project, 'explore');
      const scope = door.authorize(principal, 'explore');
      if (campaign !== undefined) return await usageOf(scope, { campaign });
      if (project !== undefined) return await usageOf(scope, { project });
      return await usageOf(scope, { challenge: challenge ?? '' });
    },
  );

  app.put(
    '/v1/compute/resources',
    {
      schema: {
        tags,
        summary: 'Add a resource, or change what is said of the one of this name (operators)',
        body: resourceDescriptionSchema,
        response: { 200: z.strictObject({ id: z.string(), created: z.boolean() }) },
      },
    },
    async (request) => await putMachine(parts, principalOf(request), request.body),
  );

  app.put(
    '/v1/compute/sites',
    {
      schema: {
        tags,
        summary: 'Add a site of this facility, or change what is said of it (operators of the platform)',
        body: siteDescriptionSchema,
        response: { 200: z.strictObject({ id: z.string() }) },
      },
    },
    async (request) => ({ id: await putSite(parts, principalOf(request), request.body) }),
  );

  app.put(
    '/v1/compute/facility',
    {
      schema: {
        tags,
        summary: 'Say what this facility is (operators of the platform)',
        body: facilityDescriptionSchema,
        response: { 200: done },
      },
    },
    async (request) => {
      await describeFacility(parts, principalOf(request), request.body);
      return ok;
    },
  );

  app.post(
    '/v1/compute/incidents',
    {
      schema: {
        tags,
        summary: 'Report an outage or maintenance: nothing is placed on resources that are down',
        body: newIncidentSchema,
        response: { 201: z.strictObject({ id: z.string() }) },
      },
    },
    async (request, reply) =>
      await reply.status(201).send({ id: await reportIncident(parts, principalOf(request), request.body) }),
  );

  app.post(
    '/v1/compute/incidents/:id/resolve',
    {
      schema: {
        tags,
        summary: 'End an incident: its resources are up again',
        params: z.strictObject({ id: idSchema('incident') }),
        response: { 200: done },
      },
    },
    async (request) => {
      await resolveIncident(parts, principalOf(request), request.params.id);
      return ok;
    },
  );

  app.post(
    '/v1/compute/sync',
    {
      schema: {
        tags,
        summary: 'Take in what a facility with the IRI Facility API offers (operators of the platform)',
        body: z.strictObject({ url: z.url({ protocol: /^https?$/ }).max(1000) }),
        response: {
          200: z.strictObject({
            facility: z.string(),
            name: z.string(),
            added: z.int(),
            seen: z.int(),
            gone: z.int(),
          }),
        },
      },
    },
    async (request) => {
      const principal = principalOf(request);
      // decided before anything is asked of a stranger
      const act = { principal, action: 'compute.manage' as const, resource: { about: platformFacts } };
      const { url } = request.body;
      await door.perform({ ...act, purpose: null }, async () => ({ result: undefined, details: { url } }));
      return await syncFacility(
        parts,
        principal,
        url.replace(/\/+$/, '').replace(/\/api\/v[12]$/, ''),
        parts.readFacility,
      );
    },
  );

  app.post(
    '/v1/compute/inspect',
    {
      schema: {
        tags,
        summary: 'Look at every resource now, instead of within a minute (operators of the platform)',
        response: { 200: done },
      },
    },
    async (request) => {
      const principal = principalOf(request);
      const act = { principal, action: 'compute.manage' as const, resource: { about: platformFacts } };
      await door.perform({ ...act, purpose: null }, async () => ({ result: undefined, details: {} }));
      await compute.inspect();
      return ok;
    },
  );
}
