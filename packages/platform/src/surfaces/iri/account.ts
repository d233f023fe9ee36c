import { z } from 'zod';
import {
  type FoundAllocation,
  type FoundProject,
  type FoundShare,
  findAllocation,
  findProject,
  listAllocations,
  listMachines,
  listProjects,
  listShares,
  type MachineRow,
} from '../../compute/index.ts';
import type { Door, ReadScope } from '../../door/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import { isAllocated, readInventory, unitOf, viewCapability } from './inventory.ts';
import { missing } from './missing.ts';
import { type Operation, operation, unchanged } from './operation.ts';
import { filterText, idText, millisecondsOf, time, windowOf, windowQuery } from './parameters.ts';
import {
  capabilitySchema,
  isoOf,
  projectAllocationSchema,
  projectSchema,
  userAllocationSchema,
} from './schemas.ts';
import type { Uris } from './uris.ts';

const since = { modified_since: time.optional() };
const projectParams = z.strictObject({ project_id: idText });
const allocationParams = projectParams.extend({ project_allocation_id: idText });

const viewProject = ({ row, members }: FoundProject, uris: Uris): z.output<typeof projectSchema> => ({
  id: row.id,
  name: row.name,
  description: row.description,
  user_ids: members,
  last_modified: isoOf(row.modifiedAt),
  self_uri: uris.project(row.id),
});

/** The unit of each resource that the scope admits; an allocation on another one tells units only. */
async function unitsOf(scope: ReadScope): Promise<(machine: string) => string> {
  const found = await listMachines(scope);
  const rows = new Map<string, MachineRow>(found.map(({ row }) => [row.id, row]));
  return (machine) => {
    const row = rows.get(machine);
    return row === undefined ? 'urn:doe-iri:allocation:compute:units' : unitOf(row);
  };
}

const viewAllocation = (
  { row, used }: FoundAllocation,
  unit: (machine: string) => string,
  uris: Uris,
): z.output<typeof projectAllocationSchema> => ({
  id: row.id,
  entries: [{ allocation: row.granted, usage: used, unit: unit(row.machine) }],
  project_uri: uris.project(row.project),
  capability_uri: uris.capability(row.machine),
});

const viewShare = (
  { row, used }: FoundShare,
  whole: FoundAllocation,
  unit: (machine: string) => string,
  uris: Uris,
): z.output<typeof userAllocationSchema> => ({
  id: row.id,
  user_id: row.principal,
  entries: [{ allocation: row.granted, usage: used, unit: unit(whole.row.machine) }],
  project_allocation_uri: uris.allocation(whole.row.project, whole.row.id),
});

const capabilityOperations: readonly Operation[] = [
  operation({
    id: 'getCapabilities',
    method: 'GET',
    path: '/account/capabilities',
    summary: 'What can have an allocation',
    public: true,
    query: z.strictObject({ ...windowQuery, ...since, name: filterText.optional() }),
    answer: z.array(capabilitySchema),
    handle: async ({ scope, query, uris }) => {
      const { machines } = await readInventory(scope);
      const least = millisecondsOf(query.modified_since) ?? 0;
      const found = machines.filter(
        (row) =>
          isAllocated(row) &&
          (query.name === undefined || row.name === query.name) &&
          row.modifiedAt >= least,
      );
      return windowOf(found, query).map((row) => viewCapability(row, uris));
    },
  }),

  operation({
    id: 'getCapability',
    method: 'GET',
    path: '/account/capabilities/:capability_id',
    summary: 'One of these',
    public: true,
    params: z.strictObject({ capability_id: idText }),
    query: z.strictObject(since),
    answer: capabilitySchema,
    handle: async ({ scope, params, query, uris, isUnchanged }) => {
      const { machines } = await readInventory(scope);
      const row = machines.find((one) => one.id === params.capability_id && isAllocated(one));
      if (row === undefined) throw missing('capability');
      if (isUnchanged(row.modifiedAt, query.modified_since)) return unchanged;
      return viewCapability(row, uris);
    },
  }),
];

export function accountOperations({ door }: { door: Door }): readonly Operation[] {
  /** Reading one project is decided, and entered where it is not public. */
  const scopeFor = async (principal: PrincipalFacts, project: string): Promise<ReadScope> =>
    (await door.use(principal, 'project.read', project, 'explore')).scope;

  return [
    ...capabilityOperations,

    operation({
      id: 'getProjects',
      method: 'GET',
      path: '/account/projects',
      summary: 'Your projects',
      answer: z.array(projectSchema),
      handle: async ({ scope, uris }) => {
        const found = await listProjects(scope, { own: true });
        await door.noteUse(
          scope,
          'project.read',
          found.map(({ facts }) => facts),
        );
        return found.map((one) => viewProject(one, uris));
      },
    }),

    operation({
      id: 'getProject',
      method: 'GET',
      path: '/account/projects/:project_id',
      summary: 'A project',
      params: projectParams,
      answer: projectSchema,
      handle: async ({ principal, params, uris, isUnchanged }) => {
        const scope = await scopeFor(principal, params.project_id);
        const found = await findProject(scope, params.project_id);
        if (isUnchanged(found.row.modifiedAt)) return unchanged;
        return viewProject(found, uris);
      },
    }),

    operation({
      id: 'getProjectAllocationsByProject',
      method: 'GET',
      path: '/account/projects/:project_id/project_allocations',
      summary: 'What it may use',
      params: projectParams,
      answer: z.array(projectAllocationSchema),
      handle: async ({ principal, params, uris }) => {
        const scope = await scopeFor(principal, params.project_id);
        const unit = await unitsOf(scope);
        const found = await listAllocations(scope, params.project_id);
        return found.map((one) => viewAllocation(one, unit, uris));
      },
    }),

    operation({
      id: 'getProjectAllocationByProject',
      method: 'GET',
      path: '/account/projects/:project_id/project_allocations/:project_allocation_id',
      summary: 'What it may use on one resource',
      params: allocationParams,
      answer: projectAllocationSchema,
      handle: async ({ principal, params, uris }) => {
        const scope = await scopeFor(principal, params.project_id);
        const found = await findAllocation(scope, params.project_id, params.project_allocation_id);
        return viewAllocation(found, await unitsOf(scope), uris);
      },
    }),

    operation({
      id: 'getUserAllocationsByProjectAllocation',
      method: 'GET',
      path: '/account/projects/:project_id/project_allocations/:project_allocation_id/user_allocations',
      summary: 'The parts of that for single members',
      params: allocationParams,
      answer: z.array(userAllocationSchema),
      handle: async ({ principal, params, uris }) => {
        const { project_id, project_allocation_id } = params;
        const scope = await scopeFor(principal, project_id);
        const whole = await findAllocation(scope, project_id, project_allocation_id);
        const unit = await unitsOf(scope);
        const found = await listShares(scope, project_id, project_allocation_id);
        return found.map((one) => viewShare(one, whole, unit, uris));
      },
    }),

    operation({
      id: 'getUserAllocationByProjectAllocation',
      method: 'GET',
      path: '/account/projects/:project_id/project_allocations/:project_allocation_id/user_allocations/:user_allocation_id',
      summary: 'One of these parts',
      params: allocationParams.extend({ user_allocation_id: idText }),
      answer: userAllocationSchema,
      handle: async ({ principal, params, uris }) => {
        const { project_id, project_allocation_id, user_allocation_id } = params;
        const scope = await scopeFor(principal, project_id);
        const whole = await findAllocation(scope, project_id, project_allocation_id);
        const shares = await listShares(scope, project_id, project_allocation_id);
        const found = shares.find(({ row }) => row.id === user_allocation_id);
        if (found === undefined) throw missing('user allocation');
        return viewShare(found, whole, await unitsOf(scope), uris);
      },
    }),
  ];
}
