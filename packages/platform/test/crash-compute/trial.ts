import { setTimeout as pause } from 'node:timers/promises';
import { Gone } from '../crash/client.ts';
import { type Broken, type Counts, checkRuns, countsOf, leftOver } from './checks.ts';
import { dyingServer, killAndBringBack } from './kill.ts';
import { type Place, runOf } from './place.ts';
import { isFar, type Trial } from './schedule.ts';

export type Result = Counts & {
  trial: Trial;
  killed: boolean;
  /** What did not hold, for people; empty when all did. */
  broken: Broken;
  leftOver: number;
  seconds: number;
  /** Where it can be looked at, when it failed. */
  folders?: string[];
};

/** Runs are over within this time after the last thing was brought back. */
const patienceMs = 240_000;
/** What is over is gone from queue and folders within this time. */
const tidyMs = 60_000;
/** How often an operator looks at the Slurm. */
const tendEveryMs = 3_000;

/** Submits a run, again under the same key while the server is away: one run comes of it. */
async function submit({ researcher }: Place, { kind }: Trial, identity: number): Promise<string> {
  const begun = Date.now();
  for (;;) {
    try {
      const key = `run-${identity}`;
      const body = runOf(identity, isFar(kind) ? 'facility' : 'slurm');
      return (await researcher.ask<{ id: string }>('POST', '/v1/runs', body, key)).id;
    } catch (error) {
      if (!(error instanceof Gone) || Date.now() - begun > patienceMs) throw error;
      await pause(100);
    }
  }
}

async function submitAll(place: Place, trial: Trial, identities: readonly number[]): Promise<string[]> {
  const ids: string[] = [];
  const waiting = [...identities.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      ids[next[0]] = await submit(place, trial, next[1]);
  };
  await Promise.all([work(), work(), work(), work(), work(), work(), work(), work()]);
  return ids;
}

/** A controller that forgot in an earlier trial drains its node minutes later: an operator is there all the time. */
const leavesSlurm = ({ kind }: Trial): boolean => ['genesis', 'client', 'facility'].includes(kind);

/** Waits until no run is open, while somebody keeps Slurm going once it was brought back. */
async function untilOver(place: Place, ids: string[], broughtBack: () => boolean): Promise<void> {
  const { read, slurm, operator } = place;
  const begun = Date.now();
  let tended = Date.now();
  for (;;) {
    const [row] = await read<{ open: number }>(
      `select count(*)::int as open from run where id = any($1) and state in ('queued', 'running')`,
      [ids],
    );
    if (row?.open === 0 || Date.now() - begun > patienceMs) return;
    await pause(250);
    if (!broughtBack() || Date.now() - tended < tendEveryMs) continue;
    tended = Date.now();
    if (slurm.troubled) {
      slurm.restart();
      await operator.ask('POST', '/v1/compute/inspect');
    }
  }
}

/** One batch of runs, one kill, and what is to hold afterwards. */
export async function runTrial(place: Place, trial: Trial, runs: number): Promise<Result> {
  const server = dyingServer(place, trial);
  const begun = Date.now();
  const from = (trial.number + 1) * 10_000;
  const identities = Array.from({ length: runs }, (_, index) => from + index);
  const { when } = trial;
  if (when.point !== null && server !== null) {
    await server.stop();
    await server.start(`${when.point}@${when.nth}`);
  }
  const over = new AbortController();
  let broughtBack = false;
  const killing = killAndBringBack(place, trial, [from, from + runs], over.signal).then((killed) => {
    broughtBack = true;
    return killed;
  });
  killing.catch(() => undefined);
  // what cannot be brought back ends the trial at once
  const failing = killing.then(() => new Promise<never>(() => {}));
  const work = submitAll(place, trial, identities).then(async (submitted) => {
    await untilOver(place, submitted, () => broughtBack || leavesSlurm(trial));
    return submitted;
  });
  const ids = await Promise.race([work, failing]);
  over.abort();
  const killed = await killing;
  if (!killed && when.point !== null && server !== null) {
    // the process would still die at the point that it was told
    await server.stop();
    await server.start();
  }
  const tidyUntil = Date.now() + tidyMs;
  let left = await leftOver(place);
  while (left.length > 0 && Date.now() < tidyUntil) {
    await pause(500);
    left = await leftOver(place);
  }
  const rows = await checkRuns(place, ids, identities, trial);
  return {
    ...countsOf(rows),
    ...{ trial, killed, leftOver: left.length },
    broken: [...rows.flatMap(({ broken }) => broken), ...left],
    seconds: (Date.now() - begun) / 1_000,
  };
}
