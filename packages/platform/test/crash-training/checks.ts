/** What a training has left once it is over, and what has to hold of it. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { removedMark } from '../../src/compute/executors/local/staging.ts';
import { Gone } from '../crash/client.ts';
import { mlflowOf } from '../tracking/mlflow-client.ts';
import type { Place } from './place.ts';
import { processesOfRun } from './processes.ts';

/** SHA-256 of files by path; the points of each metric in their order. */
export type Left = { files: Record<string, string>; metrics: Record<string, [number, number][]> };

type Ended = { message: string | null; usage: { cpuSeconds: number | null } };
type Shown = {
  run: { status: string; attempts: number; outcome: Ended | null };
  output: { files: { outputs: { path: string; sha256: string }[] } } | null;
  attempts: { number: number; outcome: { reason: string | null } | null }[];
};
export type Seen = {
  status: string;
  attempts: number;
  /** Attempts that are recorded as killed; the others ended with the platform. */
  killed: number;
  /** Attempts that went on from a checkpoint. */
  resumed: number;
  /** Of the last attempt. */
  processorSeconds: number;
};

const patienceMs = 1_800_000;
const lookMs = 200;

/** Asks again while the platform is away. */
export async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (const begun = Date.now(); ; await pause(lookMs))
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Gone) || Date.now() - begun > patienceMs) throw error;
    }
}

type Info = { experiment_id: string };
type Tracked = { run: { info: { run_id: string; status: string }; data: { metrics?: { key: string }[] } } };

/** The points of every metric of the one tracked run of a run, as the server tells them. */
async function metricsOf({ server, token }: Place, id: string, broken: string[]): Promise<Left['metrics']> {
  const mlflow = mlflowOf({ url: server.url }, token);
  const { experiments } = await mlflow.ask<{ experiments: Info[] }>('POST', 'experiments/search', {
    max_results: 1_000,
  });
  const { runs = [] } = await mlflow.ask<{ runs?: Tracked['run'][] }>('POST', 'runs/search', {
    experiment_ids: experiments.map(({ experiment_id }) => experiment_id),
    filter: `tags."genesis.run" = '${id}'`,
    max_results: 100,
  });
  const [tracked] = runs;
  if (runs.length !== 1 || tracked === undefined) {
    broken.push(`${runs.length} tracked runs, and not one`);
    return {};
  }
  if (tracked.info.status !== 'FINISHED') broken.push(`the tracked run is ${tracked.info.status}`);
  const metrics: Left['metrics'] = {};
  for (const { key } of tracked.data.metrics ?? []) {
    type History = { metrics?: { step: number; value: number }[] };
    const asked = { run_id: tracked.info.run_id, metric_key: key };
    const { metrics: points = [] } = await mlflow.ask<History>('GET', 'metrics/get-history', asked);
    metrics[key] = points.map(({ step, value }) => [Number(step), value] as [number, number]);
    metrics[key].sort(([a], [b]) => a - b);
  }
  return metrics;
}

/** Waits until a run is over, and says what it left. `tend` is called again and again meanwhile. */
export async function leftOf(
  place: Place,
  id: string,
  { isTracked, tend }: { isTracked: boolean; tend?: () => Promise<void> },
): Promise<{ left: Left; seen: Seen; broken: string[] }> {
  const { ask, training, server, token } = place;
  const show = () => patiently(() => ask<Shown>('GET', `/v1/runs/${id}?purpose=train`));
  let shown = await show();
  for (const begun = Date.now(); ['queued', 'running'].includes(shown.run.status); shown = await show()) {
    if (Date.now() - begun > patienceMs) break;
    await tend?.();
    await pause(lookMs);
  }
  const broken: string[] = [];
  const { run, output, attempts } = shown;
  if (run.status !== 'succeeded')
    return {
      left: { files: {}, metrics: {} },
      seen: { status: run.status, attempts: run.attempts, killed: 0, resumed: 0, processorSeconds: 0 },
      broken: [`the run ${id} is ${run.status}: ${run.outcome?.message}`],
    };
  const outputs = output?.files.outputs ?? [];
  const files = Object.fromEntries(
    outputs.filter(({ path }) => training.counts(path)).map(({ path, sha256 }) => [path, sha256]),
  );
  if (Object.keys(files).length === 0) broken.push('it left no model');
  if (outputs.some(({ path }) => path.startsWith('checkpoint')))
    broken.push('a checkpoint is among the outputs');
  const metrics = isTracked ? await metricsOf(place, id, broken) : {};
  const headers = { authorization: `Bearer ${token}` };
  const log = await (await fetch(`${server.url}/v1/runs/${id}/logs?purpose=train`, { headers })).text();
  const resumed = log.match(/resumed: |begins at step [1-9]/g)?.length ?? 0;
  const processorSeconds = run.outcome?.usage.cpuSeconds ?? 0;
  const killed = attempts.filter(({ outcome }) => outcome?.reason != null).length;
  return {
    ...{ left: { files, metrics }, broken },
    seen: { status: run.status, attempts: run.attempts, killed, resumed, processorSeconds },
  };
}

/** How what a training left differs from what it has to be. */
export function differences(left: Left, right: Left, isTracked: boolean): string[] {
  const broken: string[] = [];
  for (const path of new Set([...Object.keys(left.files), ...Object.keys(right.files)]))
    if (left.files[path] !== right.files[path]) broken.push(`${path} has other bytes`);
  if (!isTracked) return broken;
  for (const key of new Set([...Object.keys(left.metrics), ...Object.keys(right.metrics)])) {
    const [found = [], wanted = []] = [left.metrics[key], right.metrics[key]];
    if (new Set(found.map(([step]) => step)).size < found.length) broken.push(`${key} has a step twice`);
    const told = JSON.stringify(found);
    if (told !== JSON.stringify(wanted))
      broken.push(`${key} has ${found.length} points, and not the ${wanted.length} that it should`);
  }
  return broken;
}

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);
const isLeft = (name: string): boolean => !name.startsWith('.') || name.includes(removedMark);

/** What is there of a run that is over, where nothing is to be; looked for some seconds, since it goes a moment later. */
export async function leftBehind({ data, staging }: Place, id: string): Promise<string[]> {
  for (const begun = Date.now(); ; await pause(lookMs)) {
    const found = [
      ...['checkpoints', 'jobs', 'run-inputs'].flatMap((name) =>
        namesIn(join(data, name))
          .filter(isLeft)
          .map((one) => `${name}/${one}`),
      ),
      ...namesIn(staging)
        .filter(isLeft)
        .map((one) => `in the staging folder: ${one}`),
      ...processesOfRun(id).map((pid) => `the process ${pid}`),
    ];
    if (found.length === 0 || Date.now() - begun > 60_000) return found.map((one) => `${one} is left`);
  }
}
