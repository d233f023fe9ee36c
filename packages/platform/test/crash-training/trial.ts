import { setTimeout as pause } from 'node:timers/promises';
import { differences, leftBehind, leftOf, patiently, type Seen } from './checks.ts';
import type { Place } from './place.ts';
import type { Kill, Trial, Victim } from './plan.ts';
import { processesOfRun, processorSeconds, trainerOf } from './processes.ts';

export type Result = {
  trial: Trial;
  /** What was killed, as it came about. */
  killed: Victim[];
  seen: Seen | null;
  broken: string[];
  seconds: number;
};

const lookMs = 20;
const tendMs = 3_000;

/** Waits until it has come about; false when the run was over before. */
async function until(came: () => boolean, over: AbortSignal): Promise<boolean> {
  while (!came()) {
    if (over.aborted) return false;
    await pause(lookMs);
  }
  return true;
}

/** Shares below this are of the time from when a training was sent: before its trainer began, perhaps. */
const early = 0.1;

/** Waits for the moment of a kill; false when the run was over before. */
async function itsMoment(place: Place, id: string, { share }: Kill, over: AbortSignal): Promise<boolean> {
  const { undisturbed } = place;
  const at = Date.now() + share * undisturbed.ms;
  // processor time, since the clock says little of how far a trainer is where others work too
  return await until(() => {
    if (share < early) return Date.now() >= at;
    const taken = processesOfRun(id).reduce((all, pid) => all + processorSeconds(pid), 0);
    return taken >= share * undisturbed.processorSeconds;
  }, over);
}

/** Kills, and brings back what was killed; false when there was no trainer to kill any more. */
async function carryOut(place: Place, id: string, { victim, awayMs }: Kill, over: AbortSignal) {
  const { server, slurm, training, operate } = place;
  if (victim === 'platform') {
    await server.kill('server');
    await pause(awayMs);
    await server.start();
    return true;
  }
  if (victim === 'trainer') {
    let pid: number | undefined;
    const came = await until(() => {
      pid = trainerOf(id, training.word);
      return pid !== undefined;
    }, over);
    if (!came || pid === undefined) return false;
    process.kill(pid, 'SIGKILL');
    return true;
  }
  if (slurm === null) throw new Error(`there is no Slurm whose ${victim} could be killed`);
  await (victim === 'node' ? slurm.killNode() : slurm.kill(victim));
  await pause(awayMs);
  slurm.restart();
  await operate('POST', '/v1/compute/inspect');
  return true;
}

/** One training, killed as planned. */
export async function runTrial(place: Place, trial: Trial, key: string): Promise<Result> {
  const { training, ask, undisturbed, slurm, operate } = place;
  const begun = Date.now();
  const isTracked = trial.where === 'local';
  const id = await patiently(() => training.submit(ask, key, trial.where));
  const over = new AbortController();
  const killed: Victim[] = [];
  let isAway = false;
  const killing = (async () => {
    for (const kill of trial.kills) {
      if (!(await itsMoment(place, id, kill, over.signal))) continue;
      isAway = kill.victim !== 'trainer';
      if (await carryOut(place, id, kill, over.signal)) killed.push(kill.victim);
      isAway = false;
    }
  })();
  // what cannot be brought back ends the trial at once
  const failing = killing.then(() => new Promise<never>(() => {}));
  let tended = Date.now();
  /** A controller that forgot drains its node minutes later, in the next trial perhaps: an operator is there all the time. */
  const tend = async (): Promise<void> => {
    if (trial.where !== 'slurm' || slurm === null || isAway || Date.now() - tended < tendMs) return;
    tended = Date.now();
    if (!slurm.troubled) return;
    slurm.restart();
    await operate('POST', '/v1/compute/inspect');
  };
  const { left, seen, broken } = await Promise.race([leftOf(place, id, { isTracked, tend }), failing]);
  over.abort();
  await killing;
  if (broken.length === 0) broken.push(...differences(left, undisturbed.left, isTracked));
  broken.push(...(await leftBehind(place, id)));
  return { trial, killed, seen, broken, seconds: (Date.now() - begun) / 1_000 };
}
