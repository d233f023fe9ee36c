/** Where the experiments of the demonstration run: in the platform, on a Slurm, or at another Genesis by its IRI API. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { dataOf, type GenesisClient } from '@genesis/client';
import type { ResourceDescriptionInput } from '@genesis/contracts';
import type { Call } from '../command.ts';
import { makeOperator } from './people.ts';
import { startSlurm } from './slurm.ts';

export const demoPlaces = ['platform', 'slurm'] as const;
export type DemoPlace = (typeof demoPlaces)[number];

/** What the campaign is told, and what to end afterwards, the last first. */
export type Place = { compute: { resources: string[]; project: null } | undefined; stop(): Promise<void> };

type Setting = { call: Call; folder: string; dataFolder: string; url: string; adminToken: string };

const label = { level: 'public' as const, categories: [] };

async function addResource(operator: GenesisClient, body: ResourceDescriptionInput, signal: AbortSignal) {
  const put = dataOf(await operator.api.PUT('/v1/compute/resources', { body: body as never, signal }));
  await operator.api.POST('/v1/compute/inspect', { signal });
  return put.id;
}

async function slurmResource(folder: string, configuration: string | undefined) {
  const stagingFolder = join(folder, 'slurm-jobs');
  await mkdir(stagingFolder, { recursive: true, mode: 0o700 });
  return {
    ...{ name: 'slurm', description: 'A Slurm of one node.', authority: label },
    access: {
      ...{ kind: 'slurm' as const, stagingFolder },
      ...(configuration === undefined ? {} : { configuration }),
    },
  };
}

/** Makes the place ready, and known to the platform. */
export async function preparePlace(place: DemoPlace, setting: Setting): Promise<Place> {
  if (place === 'platform') return { compute: undefined, stop: async () => {} };
  const { call, folder, url, adminToken } = setting;
  const operator = await makeOperator(url, adminToken, call.signal);
  const slurm = await startSlurm(call, folder);
  try {
    await addResource(operator, await slurmResource(folder, slurm.configuration), call.signal);
    return { compute: { resources: ['slurm'], project: null }, stop: () => slurm.stop() };
  } catch (error) {
    await slurm.stop();
    throw error;
  }
}
