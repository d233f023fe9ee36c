/** Where the experiments of the demonstration run: in the platform, on a Slurm, or at another Genesis by its IRI API. */
import { join } from 'node:path';
import type { Call } from '../command.ts';
import { startFacility } from './facility.ts';
import { makeOperator } from './people.ts';
import { startSlurm } from './slurm.ts';
import { addResource, slurmResource } from './slurm-resource.ts';

export const demoPlaces = ['platform', 'slurm', 'iri'] as const;
export type DemoPlace = (typeof demoPlaces)[number];

/** What the campaign is told, and what is to be ended afterwards. */
export type Place = { compute: { resources: string[]; project: null } | undefined; stop(): Promise<void> };

type Setting = { call: Call; folder: string; dataFolder: string; url: string; adminToken: string };

/** Makes the place ready, and known to the platform. */
export async function preparePlace(place: DemoPlace, setting: Setting): Promise<Place> {
  if (place === 'platform') return { compute: undefined, stop: async () => {} };
  const { call, folder, dataFolder, url, adminToken } = setting;
  const ends: (() => Promise<void>)[] = [];
  // the last that was started ends first
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const operator = await makeOperator(url, adminToken, call.signal);
    const slurm = await startSlurm(call, folder);
    ends.push(() => slurm.stop());
    const { configuration } = slurm;
    if (place === 'slurm') {
      await addResource(
        operator,
        await slurmResource(join(folder, 'slurm-jobs'), configuration),
        call.signal,
      );
      return { compute: { resources: ['slurm'], project: null }, stop };
    }
    const facility = await startFacility({ call, folder, dataFolder, configuration });
    ends.push(() => facility.stop());
    await addResource(operator, facility.resource, call.signal);
    return { compute: { resources: ['facility'], project: null }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
