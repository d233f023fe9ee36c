import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Call } from '../command.ts';
import { StepError } from '../failure.ts';

const run = promisify(execFile);

/** The script that starts a real Slurm of one node in a folder; named by its place, like the server. */
const script = join(import.meta.dirname, '..', '..', '..', '..', 'scripts', 'slurm', 'slurm.ts');

export type DemoSlurm = { configuration: string | undefined; stop(): Promise<void> };

const asked = async (action: string, folder: string): Promise<{ SLURM_CONF?: string; missing?: string }> => {
  const { stdout } = await run(process.execPath, [script, action, folder]).catch(
    (error: Error & { code?: unknown; stdout?: string }) => {
      // what is missing is told in the answer, with this status
      if (error.code === 3 && error.stdout !== undefined) return { stdout: error.stdout };
      throw error;
    },
  );
  return stdout.trim() === '' ? {} : (JSON.parse(stdout) as { SLURM_CONF?: string; missing?: string });
};

/** The Slurm that `SLURM_CONF` names, else one of a single node that lives as long as the demonstration. */
export async function startSlurm(call: Call, folder: string): Promise<DemoSlurm> {
  const named = call.env['SLURM_CONF'];
  if (named !== undefined && named !== '') return { configuration: named, stop: async () => {} };
  const place = join(folder, 'slurm');
  await mkdir(place, { recursive: true });
  const { SLURM_CONF: configuration, missing } = await asked('start', place);
  if (configuration === undefined)
    throw new StepError(
      `No Slurm can be started here: ${missing ?? 'its start said nothing'}. Install it, or set SLURM_CONF to that of yours.`,
    );
  return { configuration, stop: async () => void (await asked('stop', place)) };
}
