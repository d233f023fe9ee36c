/** Carrying out what was planned to be killed, and bringing it back. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ServerUnderTest } from '../crash/server-under-test.ts';
import type { Place } from './place.ts';
import { isFar, type Moment, serverThatDies, type Trial } from './schedule.ts';

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
function momentIn(place: Place, trial: Trial, moment: Moment, identities: [number, number], nth: number) {
  const { witness, facility } = place;
  const staging = isFar(trial.kind) && facility !== null ? facility.staging : place.staging;
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

/** The Genesis that dies in this trial, if any does. */
export const dyingServer = ({ server, facility }: Place, { kind }: Trial): ServerUnderTest | null => {
  const which = serverThatDies(kind);
  return which === 'facility' ? (facility?.server ?? null) : which === 'server' ? server : null;
};

/** Sends SIGKILL to what is to die besides Genesis. */
async function killOthers({ slurm }: Place, { kind }: Trial): Promise<void> {
  if (['slurmctld', 'both', 'facility-slurm'].includes(kind)) await slurm.kill('slurmctld');
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
  const { slurm, operator } = place;
  const { kind, when, awayMs } = trial;
  const server = dyingServer(place, trial);
  const begun = Date.now();
  const came =
    when.point === null
      ? () => Date.now() - begun >= when.afterMs
      : server !== null
        ? () => !server.alive
        : momentIn(place, trial, when.point as Moment, identities, when.nth);
  if (!(await until(came, over))) return false;
  await Promise.all([killOthers(place, trial), server?.kill('server')]);
  await pause(awayMs);
  await server?.start();
  if (kind !== 'genesis' && kind !== 'client') {
    slurm.restart();
    await operator.ask('POST', '/v1/compute/inspect');
  }
  return true;
}
