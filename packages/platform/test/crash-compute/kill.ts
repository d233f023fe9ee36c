/** Carrying out what was planned to be killed, and bringing it back. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Place } from './place.ts';
import type { Moment, Trial } from './schedule.ts';

const lookEveryMs = 5;

/** Resolves with true when it has come about, with false when the runs were over before. */
async function until(came: () => boolean, over: AbortSignal): Promise<boolean> {
  while (!came()) {
    if (over.aborted) return false;
    await pause(lookEveryMs);
  }
  return true;
}

/** Whether the n-th of these was seen in the folders of the jobs, which come and go. */
function momentIn({ staging, witness }: Place, moment: Moment, identities: [number, number], nth: number) {
  const seen = new Set<string>();
  const look: Record<Moment, () => number> = {
    'batch.listed': () => {
      const batches = join(staging, '.batches');
      for (const name of existsSync(batches) ? readdirSync(batches) : [])
        if (existsSync(join(batches, name, 'batch.json'))) seen.add(name);
      return seen.size;
    },
    'job.started': () => witness.startsBetween(...identities),
    'job.ended': () => {
      for (const name of readdirSync(staging))
        if (existsSync(join(staging, name, 'end.json'))) seen.add(name);
      return seen.size;
    },
  };
  return () => look[moment]() >= nth;
}

/** Sends SIGKILL to what is to die besides Genesis. */
async function killOthers({ slurm }: Place, { kind }: Trial): Promise<void> {
  if (kind === 'slurmctld' || kind === 'both') await slurm.kill('slurmctld');
  if (kind === 'slurmd') await slurm.kill('slurmd');
  if (kind === 'node') await slurm.killNode();
}

/**
 * Kills at the planned moment, and starts again after the planned time. `over` ends the waiting for a point that is
 * not reached. Returns whether anything was killed.
 */
export async function killAndBringBack(
  place: Place,
  trial: Trial,
  identities: [number, number],
  over: AbortSignal,
): Promise<boolean> {
  const { server, slurm, operator } = place;
  const { kind, when, awayMs } = trial;
  const killsGenesis = kind === 'genesis' || kind === 'both';
  const begun = Date.now();
  const came =
    when.point === null
      ? () => Date.now() - begun >= when.afterMs
      : killsGenesis
        ? () => !server.alive
        : momentIn(place, when.point as Moment, identities, when.nth);
  if (!(await until(came, over))) return false;
  await Promise.all([
    killOthers(place, trial),
    killsGenesis && server.alive ? server.kill('server') : undefined,
  ]);
  await pause(awayMs);
  if (killsGenesis) await server.start();
  if (kind !== 'genesis') {
    slurm.restart();
    await operator('POST', '/v1/compute/inspect');
  }
  return true;
}
