import { invalidField } from '@genesis/contracts';
import { z } from 'zod';
import { findAccount, listAllocations, listProjects, type Projects } from '../../compute/index.ts';
import type { ReadScope } from '../../door/index.ts';
import { holdsFiles, resourceOf } from './inventory.ts';
import { type Operation, operation } from './operation.ts';
import { idText } from './parameters.ts';
import { storageInstanceSchema } from './schemas.ts';

const storeParams = z.strictObject({ resource_id: idText });
const logicalNames = storageInstanceSchema.shape.logical_name;
const protocols = z.enum(['globus', 'xrootd', 's3']);

/** Projects of the principal, or the one that is asked for by id, name or allocation. */
async function projectsFor(scope: ReadScope, project: string | undefined, allocation: string | undefined) {
  const own = await listProjects(scope, { own: true });
  if (project !== undefined) {
    const { row } = await findAccount(scope, project);
    return own.filter((one) => one.row.id === row.id);
  }
  if (allocation === undefined) return own;
  const withIt = [];
  for (const one of own) {
    const items = await listAllocations(scope, one.row.id);
    if (items.some(({ row }) => row.id === allocation)) withIt.push(one);
  }
  return withIt;
}

export function storageOperations({ projects }: { projects: Projects }): readonly Operation[] {
  return [
    operation({
      id: 'getStorageLocations',
      method: 'GET',
      path: '/storage/locations/:resource_id',
      summary: 'Where the files of your projects are',
      params: storeParams,
      query: z.strictObject({
        logicalpath: logicalNames.optional(),
        project: idText.optional(),
        allocation: idText.optional(),
        intent: z.enum(['read', 'write', 'staging', 'long-term-storage']).optional(),
      }),
      answer: z.array(storageInstanceSchema),
      handle: async ({ scope, params, query }) => {
        const { row } = await resourceOf(scope, params.resource_id);
        if (!holdsFiles(row))
          throw invalidField('resource_id', `there are no files of projects on ${row.name}`);
        if (query.logicalpath !== undefined && query.logicalpath !== 'project') return [];
        const found = await projectsFor(scope, query.project, query.allocation);
        return found.map((one) => ({
          logical_name: 'project' as const,
          path: projects.rootOf(one.row.id),
          filesystem: row.name,
          performance_tier: null,
          purge_policy_days: null,
          shared: one.members.length > 1,
          access: { read: true, write: true, execute: true },
        }));
      },
    }),

    operation({
      id: 'getStorageAccessEndpoints',
      method: 'GET',
      path: '/storage/access-endpoints/:resource_id',
      summary: 'Other protocols by which files are reached: there are none here',
      params: storeParams,
      query: z.strictObject({ protocol: protocols.optional(), endpoint_id: idText.optional() }),
      answer: z.array(z.strictObject({ id: z.string() })),
      handle: async ({ scope, params }) => {
        await resourceOf(scope, params.resource_id);
        return [];
      },
    }),
  ];
}
