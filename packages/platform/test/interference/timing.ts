import { Agent, request as httpRequest } from 'node:http';
import type { Ask } from '../noninterference/client.ts';
import { unknownLike } from '../noninterference/operations.ts';
import type { Server } from '../noninterference/running-server.ts';
import { acts, nothingHidden } from './hidden-acts.ts';
import { type Person, watchedWorld } from './watched-world.ts';

/** How well the time of an answer tells whether a thing is there: 0.5 is guessing. */
export type Timing = { name: string; pairs: number; hiddenMs: number; neverMs: number; auc: number };
export const mostAuc = 0.55;

/** Area under the curve of the classifier "slower means hidden", or of its opposite, whichever is better. */
export function aucOf(hidden: readonly number[], never: readonly number[]): number {
  const all = [
    ...hidden.map((ms) => ({ ms, there: true })),
    ...never.map((ms) => ({ ms, there: false })),
  ].sort((a, b) => a.ms - b.ms);
  let ranks = 0;
  for (let from = 0; from < all.length; ) {
    let to = from;
    while (to < all.length && all[to]!.ms === all[from]!.ms) to++;
    const rank = (from + 1 + to) / 2;
    for (const one of all.slice(from, to)) if (one.there) ranks += rank;
    from = to;
  }
  const better = (ranks - (hidden.length * (hidden.length + 1)) / 2) / (hidden.length * never.length);
  return Math.max(better, 1 - better);
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

/** One request on a connection that stays, until its last byte. */
const timed = (agent: Agent, url: string, by: Person, ask: Ask): Promise<number> =>
  new Promise((resolve, reject) => {
    const body = ask.body === undefined ? undefined : JSON.stringify(ask.body);
    const target = new URL(url);
    const headers = {
      authorization: `Bearer ${by.token}`,
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    const began = performance.now();
    const sent = httpRequest(
      { agent, host: target.hostname, port: target.port, method: ask.method, path: ask.path, headers },
      (answer) => {
        answer.resume();
        answer.on('end', () => resolve(performance.now() - began));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });

const get = (path: string): Ask => ({ method: 'GET', path });
const checks: Record<string, (id: string) => Ask> = {
  'GET a dataset': (id) => get(`/v1/datasets/${id}?purpose=explore`),
  'GET the card of a dataset': (id) => get(`/v1/datasets/${id}/card`),
  'GET metadata of a dataset': (id) => get(`/v1/datasets/${id}/metadata?format=croissant`),
  'GET the form of a dataset': (id) => get(`/v1/access/forms/${id}`),
  'POST a request for a dataset': (id) => ({
    ...{ method: 'POST', path: '/v1/access/requests' },
    body: { dataset: id, purposes: ['train'], days: 1, reason: 'probe' },
  }),
  'POST an explanation about a dataset': (id) => ({
    ...{ method: 'POST', path: '/v1/policy/explain' },
    body: { action: 'dataset.read', resource: id, purpose: 'train' },
  }),
  'GET the lineage of a dataset': (id) => get(`/v1/lineage/${id}`),
  'GET a version': (id) => get(`/v1/versions/${id}?purpose=explore`),
  'GET an agreement': (id) => get(`/v1/agreements/${id}`),
  'GET a grant': (id) => get(`/v1/access/grants/${id}`),
};
const kindOf = (name: string): string =>
  name.endsWith('version')
    ? 'ver_'
    : name.endsWith('agreement')
      ? 'agr_'
      : name.endsWith('grant')
        ? 'grn_'
        : 'dst_';

/**
 * Asks for hidden things and for things that never were, in turn and in random order within each pair, each never-made id once,
 * by somebody who may see neither.
 */
export async function runTimings(
  server: Server,
  { pairs, seed, progress }: { pairs: number; seed: number; progress: (line: string) => void },
): Promise<Timing[]> {
  const world = await watchedWorld(server, `${seed} timed`);
  const hidden = nothingHidden();
  const needed = [
    'a dataset is imported',
    'a dataset with a hidden card is imported',
    'an agreement is signed',
    'access is granted',
  ];
  for (let times = 0; times < 5; times++) for (const name of needed) await acts[name]!(world, hidden);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const [by] = world.observers as [Person];
  const each = Math.ceil(pairs / Object.keys(checks).length);
  const timings: Timing[] = [];
  for (const [name, ask] of Object.entries(checks)) {
    const ids = hidden.ids.filter((id) => id.startsWith(kindOf(name)));
    const there: number[] = [];
    const never: number[] = [];
    // The first answers are those of code that was not compiled yet.
    for (let i = -20; i < each; i++) {
      const id = ids[Math.abs(i) % ids.length]!;
      const nothing = unknownLike(id, 17 * i + seed + 1_000);
      const first = ((Math.imul(i + seed, 0x9e3779b1) >>> 13) & 1) === 0;
      const times = first
        ? [await timed(agent, server.url, by, ask(id)), await timed(agent, server.url, by, ask(nothing))]
        : [
            await timed(agent, server.url, by, ask(nothing)),
            await timed(agent, server.url, by, ask(id)),
          ].reverse();
      if (i < 0) continue;
      there.push(times[0]!);
      never.push(times[1]!);
    }
    timings.push({
      name,
      pairs: each,
      hiddenMs: median(there),
      neverMs: median(never),
      auc: aucOf(there, never),
    });
    progress(`${name}: ${each} pairs, AUC ${timings.at(-1)!.auc.toFixed(3)}`);
  }
  agent.destroy();
  return timings;
}
