/** What the folder of a job at its facility says, and what can be made sure of there. */
import { type FacilityClient, TaskFailed } from './facility-client.ts';
import type { Launch } from './job-folder.ts';
import { remoteFiles } from './job-script.ts';
import { type RemoteOutcome, remoteOutcomeSchema } from './remote-outcome.ts';

const outcomeBytes = 65_536;
const mostComplaint = 500;

export type RemoteJob = ReturnType<typeof createRemoteJob>;

export function createRemoteJob(client: FacilityClient, { remote, claim }: Launch) {
  /** null: there is no such file, as far as the facility says. */
  const look = async (file: string, size: number): Promise<string | null> => {
    try {
      return await client.view(`${remote}/${file}`, 0, size);
    } catch (error) {
      if (error instanceof TaskFailed) return null;
      throw error;
    }
  };
  return {
    /** The outcome of this launch; null while there is none. One of another claim is none. */
    readOutcome: async (): Promise<RemoteOutcome | null> => {
      const text = await look(remoteFiles.outcome, outcomeBytes);
      if (text === null || text === '') return null;
      let json: unknown;
      try {
        json = JSON.parse(text);
      } catch {
        // it appears whole: this is not what the script wrote
        return null;
      }
      const parsed = remoteOutcomeSchema.safeParse(json);
      return parsed.success && parsed.data.claim === claim ? parsed.data : null;
    },

    /**
     * Makes sure that the job does not start any more. `claimed`: it has started. `gone`: its folder is not there, so
     * nothing can be said. The mark is made before the look: a script that has not left its own by then finds this one.
     */
    fence: async (): Promise<'fenced' | 'claimed' | 'gone'> => {
      await client.makeFolder(`${remote}/${remoteFiles.fence}`);
      const token = await look(remoteFiles.token, 100);
      if (token?.startsWith(claim)) return 'claimed';
      // a look that fails says "not there" only where another one works
      const script = await look(remoteFiles.script, 16);
      return script === null || script === '' ? 'gone' : 'fenced';
    },

    /** What the script said on its way out, for people. */
    complaint: async (): Promise<string> => {
      const said = (await look(remoteFiles.complaints, 4_096))?.replaceAll(/\p{Cc}+/gu, ' ').trim() ?? '';
      return said === '' ? '' : ` The job said: ${said.slice(-mostComplaint)}`;
    },
  };
}
