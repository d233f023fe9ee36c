import type { FacilityClient } from './facility-client.ts';
import { TaskFailed } from './facility-client.ts';
import type { JobFolder } from './job-folder.ts';

/**
 * Takes away what a released job has at its facility, then what is left of it here. The folder goes first: a job whose
 * script is gone starts nothing, wherever it waits. Throws while the facility is away.
 */
export async function clearAway(
  client: FacilityClient,
  folder: JobFolder,
  warn: (message: string, error: unknown) => void,
): Promise<void> {
  const launch = await folder.readLaunch();
  if (launch !== null) {
    try {
      await client.remove(launch.remote);
    } catch (error) {
      if (!(error instanceof TaskFailed)) throw error;
      // it was never made, or somebody else has removed it
      warn(`The folder ${launch.remote} cannot be removed at ${client.name}`, error);
    }
    if ((await folder.readEnd()) === null) {
      const id = (await folder.readId()) ?? (await client.findByName(launch.jobName));
      if (typeof id === 'string') await client.cancel(id);
    }
  }
  await folder.forget();
}
