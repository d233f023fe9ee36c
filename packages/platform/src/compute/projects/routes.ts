import { conditionsSchema, idSchema, labelSchema, purposeSchema, whenSpentSchema } from '@genesis/contracts';
import { z } from 'zod';
import type { Door } from '../../door/index.ts';
import { principalOf } from '../../identity/index.ts';
import type { App } from '../../kernel/index.ts';
import { newAllocationSchema, newProjectSchema, newShareSchema } from './model.ts';
import type { Projects } from './projects.ts';
import { type FoundProject, findProject, listAllocations, listProjects, listShares } from './store.ts';

const tags = ['projects'];
const projectParams = z.strictObject({ id: idSchema('project') });
const memberParams = z.strictObject({ id: idSchema('project'), principal: idSchema('principal') });
const placeParams = z.strictObject({ id: idSchema('project'), machine: z.string().min(1).max(100) });
const shareParams = placeParams.extend({ principal: idSchema('principal') });
const purposeQuery = z.strictObject({ purpose: purposeSchema.default('explore') });
const done = z.strictObject({ done: z.literal(true) });
const made = z.strictObject({ id: z.string() });

const projectView = z.strictObject({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  organisation: z.string().nullable(),
  label: labelSchema,
  conditions: conditionsSchema,
  members: z.array(z.string()),
  modifiedAt: z.string(),
});
const allocationView = z.strictObject({
  id: z.string(),
  machine: z.string(),
  granted: z.number(),
  used: z.number(),
  whenSpent: whenSpentSchema,
  startsAt: z.string(),
  endsAt: z.string().nullable(),
  members: z.array(z.strictObject({ principal: z.string(), granted: z.number(), used: z.number() })),
});

const iso = (at: number): string => new Date(at).toISOString();

const viewProject = ({ row, facts, members }: FoundProject): z.output<typeof projectView> => ({
  id: row.id,
  name: row.name,
  description: row.description,
  organisation: facts.organisation,
  label: facts.label,
  conditions: facts.conditions,
  members,
  modifiedAt: iso(row.modifiedAt),
});

export function projectRoutes(app: App, { projects, door }: { projects: Projects; door: Door }): void {
  app.post(
    '/v1/projects',
    {
      schema: {
        tags,
        summary: 'Create a project of your organisation, with a folder (stewards, operators)',
        body: newProjectSchema,
        response: { 201: made },
      },
    },
    async (request, reply) =>
      await reply.status(201).send({ id: await projects.create(principalOf(request), request.body) }),
  );

  app.get(
    '/v1/projects',
    {
      schema: {
        tags,
        summary: 'Projects that you may see, by name',
        querystring: purposeQuery,
        response: { 200: z.strictObject({ items: z.array(projectView) }) },
      },
    },
    async (request) => {
      const scope = door.authorize(principalOf(request), request.query.purpose);
      const found = await listProjects(scope);
      await door.noteUse(
        scope,
        'project.read',
        found.map(({ facts }) => facts),
      );
      return { items: found.map(viewProject) };
    },
  );

  app.get(
    '/v1/projects/:id',
    {
      schema: {
        tags,
        summary: 'A project with its members, its allocations and the place of its files',
        params: projectParams,
        querystring: purposeQuery,
        response: {
          200: z.strictObject({
            project: projectView,
            folder: z.string(),
            allocations: z.array(allocationView),
          }),
        },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { scope } = await door.use(principalOf(request), 'project.read', id, request.query.purpose);
      const found = await findProject(scope, id);
      const allocations = [];
      for (const { row, used } of await listAllocations(scope, id)) {
        const shares = await listShares(scope, id, row.id);
        allocations.push({
          ...{ id: row.id, machine: row.machine, granted: row.granted, used, whenSpent: row.whenSpent },
          startsAt: iso(row.startsAt),
          endsAt: row.endsAt === null ? null : iso(row.endsAt),
          members: shares.map((share) => ({
            ...{ principal: share.row.principal, granted: share.row.granted, used: share.used },
          })),
        });
      }
      return { project: viewProject(found), folder: projects.rootOf(id), allocations };
    },
  );

  app.put(
    '/v1/projects/:id/members/:principal',
    {
      schema: {
        tags,
        summary: 'Make somebody with a role in the organisation a member',
        params: memberParams,
        response: { 200: done },
      },
    },
    async (request) => {
      await projects.addMember(principalOf(request), request.params.id, request.params.principal);
      return { done: true as const };
    },
  );

  app.delete(
    '/v1/projects/:id/members/:principal',
    {
      schema: { tags, summary: 'End a membership', params: memberParams, response: { 200: done } },
    },
    async (request) => {
      await projects.removeMember(principalOf(request), request.params.id, request.params.principal);
      return { done: true as const };
    },
  );

  app.put(
    '/v1/projects/:id/allocations/:machine',
    {
      schema: {
        tags,
        summary: 'Grant the project units on a resource, by its id or name',
        params: placeParams,
        body: newAllocationSchema,
        response: { 200: made },
      },
    },
    async (request) => {
      const { id, machine } = request.params;
      return { id: await projects.allocate(principalOf(request), id, machine, request.body) };
    },
  );

  app.put(
    '/v1/projects/:id/allocations/:machine/members/:principal',
    {
      schema: {
        tags,
        summary: 'Say which part of that one member may use',
        params: shareParams,
        body: newShareSchema,
        response: { 200: made },
      },
    },
    async (request) => {
      const { id: project, machine, principal } = request.params;
      const place = { project, machine, principal };
      return { id: await projects.allocateToMember(principalOf(request), place, request.body.granted) };
    },
  );
}
