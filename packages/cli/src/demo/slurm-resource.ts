import { mkdir } from 'node:fs/promises';
import { dataOf, type GenesisClient } from '@genesis/client';
import type { ResourceDescriptionInput } from '@genesis/contracts';

/** Adds a resource and has the inventory look at it at once. Returns its id. */
export async function addResource(
  operator: GenesisClient,
  body: ResourceDescriptionInput,
  signal: AbortSignal,
): Promise<string> {
  const put = dataOf(await operator.api.PUT('/v1/compute/resources', { body: body as never, signal }));
  await operator.api.POST('/v1/compute/inspect', { signal });
  return put.id;
}

/** A Slurm whose jobs have their files in this folder. */
export async function slurmResource(
  stagingFolder: string,
  configuration: string | undefined,
): Promise<ResourceDescriptionInput> {
  await mkdir(stagingFolder, { recursive: true, mode: 0o700 });
  return {
    ...{ name: 'slurm', description: 'A Slurm of one node.' },
    access: {
      ...{ kind: 'slurm', stagingFolder },
      ...(configuration === undefined ? {} : { configuration }),
    },
  };
}
