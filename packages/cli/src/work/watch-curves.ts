import { setTimeout as wait } from 'node:timers/promises';
import { type Answer, dataOf, type GenesisClient } from '@genesis/client';
import { InvalidArgumentError } from 'commander';
import type { Call } from '../command.ts';
import { figure, plain } from '../terminal/plain.ts';
import { plotCurve } from '../terminal/plot-curve.ts';

export type Tracked = Answer<'/v1/tracking/runs/{id}', 'get'>;
type Curves = Answer<'/v1/tracking/runs/{id}/curves', 'get'>['curves'];
type Purpose = 'explore' | 'train' | 'infer' | 'evaluate' | 'publish';

export type Watched = { run: Tracked; curves: Curves };
export type WatchOptions = { metrics?: string[]; purpose: Purpose; once?: boolean; json?: boolean };

const everyMs = 2000;
const isOver = ({ status }: Tracked): boolean => !['RUNNING', 'SCHEDULED'].includes(status);

/** The tracked runs of an id: those of a run of Genesis, or the one tracked run that it names. */
async function trackedOf(client: GenesisClient, id: string, purpose: Purpose, signal: AbortSignal) {
  const { api } = client;
  if (id.startsWith('trn_'))
    return [
      dataOf(
        await api.GET('/v1/tracking/runs/{id}', { params: { path: { id }, query: { purpose } }, signal }),
      ),
    ];
  if (!id.startsWith('run_'))
    throw new InvalidArgumentError('expected the id of a run (run_...) or of a tracked run (trn_...)');
  const query = { run: id, purpose, limit: 20 };
  return dataOf(await api.GET('/v1/tracking/runs', { params: { query }, signal })).items;
}

const curvesOf = async (
  { api }: GenesisClient,
  run: Tracked,
  { metrics, purpose }: WatchOptions,
  signal: AbortSignal,
): Promise<Curves> => {
  const known = run.metrics.map(({ key }) => key);
  const wanted = metrics?.filter((name) => known.includes(name));
  if (known.length === 0 || wanted?.length === 0) return [];
  const query = { purpose, points: 200, ...(wanted === undefined ? {} : { metrics: wanted.join(',') }) };
  const path = { id: run.id };
  return dataOf(await api.GET('/v1/tracking/runs/{id}/curves', { params: { path, query }, signal })).curves;
};

/** A picture of each curve, with its newest value; one with a single point is a line of text. */
function drawn({ run, curves }: Watched, width: number): string {
  const head = `${plain(run.name)} (${run.id}): ${run.status}`;
  const pictures = curves.map(({ metric, points }) => {
    const numbers = points.flatMap(({ step, value }): [number, number][] =>
      typeof value === 'number' ? [[step, value]] : [],
    );
    const last = points.at(-1);
    const newest = typeof last?.value === 'number' ? figure(last.value) : String(last?.value ?? '-');
    const title = `${plain(metric)}: ${newest} at step ${last?.step ?? '-'}`;
    if (numbers.length < 2) return title;
    const axes = { x: { name: 'step', unit: null }, y: { name: metric, unit: null } };
    return `${title}\n${plotCurve({ ...axes, points: numbers }, { width, height: 8, linearX: true })}`;
  });
  return [head, ...(pictures.length === 0 ? ['  no metrics yet'] : pictures)].join('\n');
}

/**
 * Follows the tracked runs of a run until all are over, and shows their curves: in place on a terminal, elsewhere whenever
 * there is something new. Returns their last state.
 */
export async function watchCurves(
  call: Call,
  client: GenesisClient,
  id: string,
  options: WatchOptions,
): Promise<Watched[]> {
  const { signal, out } = call;
  const live = out.isTTY === true && options.json !== true;
  let before = '';
  for (;;) {
    const runs = await trackedOf(client, id, options.purpose, signal);
    const all: Watched[] = [];
    for (const run of runs) all.push({ run, curves: await curvesOf(client, run, options, signal) });
    const width = Math.min(100, Math.max(30, (out.columns ?? 80) - 16));
    const text =
      all.length === 0 ? 'Nothing is tracked yet.' : all.map((one) => drawn(one, width)).join('\n\n');
    if (text !== before) {
      const lines = before === '' ? 0 : before.split('\n').length;
      if (live) out.write(`${lines > 0 ? `\x1b[${lines}A\x1b[J` : ''}${text}\n`);
      else call.say(text);
      before = text;
    }
    if (options.once === true || (all.length > 0 && all.every(({ run }) => isOver(run)))) return all;
    await wait(everyMs, undefined, { signal });
  }
}
