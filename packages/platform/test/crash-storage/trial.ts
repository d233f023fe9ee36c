import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { call, Gone } from '../crash/client.ts';
import type { Place, StoreKind } from './place.ts';
import { sendAll } from './sender.ts';

export const victims = ['platform', 'store', 'both'] as const;
export type Victim = (typeof victims)[number];

/** One kill: of what, and when. */
export type Trial = {
  number: number;
  store: StoreKind;
  victim: Victim;
  /** While bytes are sent: once this share of them was acknowledged; or so long after the last of them. */
  when: { share: number; afterMs: number } | { importingMs: number };
  awayMs: number;
};

export type Result = { trial: Trial; resumed: number; seconds: number; broken: string[] };

/** A small seeded generator: the trials can be repeated. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Folder and object store by turns, one half of the kills while bytes are sent and one while they are imported. */
export function planTrials(count: number, seed: number, stores: readonly StoreKind[]): Trial[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, number) => {
    const store = stores[number % stores.length]!;
    const victim = store === 'folder' ? 'platform' : victims[Math.floor(random() * victims.length)]!;
    const isSending = Math.floor(number / stores.length) % 2 === 0;
    const when = isSending
      ? { share: random() * 0.9, afterMs: random() * 60 }
      : { importingMs: random() * 4_000 };
    return { number, store, victim, when, awayMs: 200 + random() * 2_500 };
  });
}

const rows = 350_000;
const patienceMs = 180_000;

/** A table that does not compress, so that its blob is sent in parts. */
function tableOf(random: () => number): Buffer {
  const lines = ['a,b,c,d'];
  for (let row = 0; row < rows; row += 1)
    lines.push(`${random() * 1e6},${random() / 3},${(random() - 0.5) / 7},${random() / 11}`);
  return Buffer.from(`${lines.join('\n')}\n`);
}

const numbersOf = (text: string): string =>
  createHash('sha256')
    .update(
      Float64Array.from(
        text
          .trim()
          .split('\n')
          .slice(1)
          .flatMap((line) => line.split(',').map(Number)),
      ),
    )
    .digest('hex');

/** Asks again while the platform is away. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  const begun = Date.now();
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Gone) || Date.now() - begun > patienceMs) throw error;
      await pause(200);
    }
  }
}

/** SIGKILL, and after a while everything is started again. */
async function killAndBringBack({ server, objects }: Place, { victim, awayMs }: Trial): Promise<void> {
  const dies = { platform: victim !== 'store', store: victim !== 'platform' };
  await Promise.all([
    dies.platform ? server.kill('server') : undefined,
    dies.store ? objects?.kill() : undefined,
  ]);
  await pause(awayMs);
  if (dies.store) objects?.restart();
  if (dies.platform) await server.start();
}

type Job = { id: string; state: string; failure: unknown; version: string };

/** One import with one kill, and what must hold afterwards. */
export async function runTrial(place: Place, trial: Trial, seed: number): Promise<Result> {
  const { ask, server, token } = place;
  const begun = Date.now();
  const content = tableOf(createRandom(seed * 1_000 + trial.number + 1));
  const sha256 = createHash('sha256').update(content).digest('hex');
  const name = `trial ${trial.number}`;
  const purposes = ['explore', 'train', 'infer', 'evaluate', 'publish'];
  const request = { name, conditions: { purposes } };
  const { id } = await patiently(() => ask<Job>('POST', '/v1/imports', request, `import-${trial.number}`));

  let killing: Promise<void> | undefined;
  const kill = (afterMs: number): void => {
    killing ??= pause(afterMs).then(() => killAndBringBack(place, trial));
    killing.catch(() => undefined);
  };
  const { when } = trial;
  const { resumed } = await sendAll(
    () => server.url,
    token,
    id,
    content,
    (offset) => {
      if ('share' in when && offset >= when.share * content.length) kill(when.afterMs);
    },
  );
  kill('share' in when ? 0 : when.importingMs);

  const broken: string[] = [];
  let job: Job;
  for (;;) {
    job = await patiently(() => ask<Job>('GET', `/v1/imports/${id}`));
    if (job.state === 'done' || job.state === 'failed') break;
    if (Date.now() - begun > patienceMs) break;
    await pause(200);
  }
  await killing;
  if (job.state !== 'done') broken.push(`the import is ${job.state}: ${JSON.stringify(job.failure)}`);
  else broken.push(...(await checkDataset(place, job.version, { name, sha256, content })));
  broken.push(...(await checkStore(place)));
  return { trial, resumed, seconds: (Date.now() - begun) / 1_000, broken };
}

async function checkDataset(
  { ask, server, token }: Place,
  version: string,
  sent: { name: string; sha256: string; content: Buffer },
): Promise<string[]> {
  const broken: string[] = [];
  const shown = await patiently(() =>
    ask<{ sha256: string; rows: number }>('GET', `/v1/versions/${version}`),
  );
  if (shown.sha256 !== sent.sha256) broken.push('the version has another SHA-256 than what was sent');
  if (shown.rows !== rows) broken.push(`${shown.rows} rows instead of ${rows}`);
  const list = () => call<{ items: { name: string }[] }>(server.url, token, 'GET', '/v1/datasets?limit=200');
  const same = (await patiently(list)).items.filter(({ name }) => name === sent.name).length;
  if (same !== 1) broken.push(`the dataset is there ${same} times`);
  const exported = await fetch(`${server.url}/v1/versions/${version}/export`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (!exported.ok) broken.push(`the export is refused: ${exported.status} ${await exported.text()}`);
  else if (numbersOf(await exported.text()) !== numbersOf(sent.content.toString()))
    broken.push('the rows that come out are not the rows that went in');
  return broken;
}

/** What is over leaves nothing but whole blobs, within some seconds. */
async function checkStore(place: Place): Promise<string[]> {
  let left = await place.leftOver();
  for (const until = Date.now() + 20_000; left.length > 0 && Date.now() < until; ) {
    await pause(500);
    left = await place.leftOver();
  }
  const wrong = (await place.blobs()).filter(({ address, sha256 }) => basename(address) !== sha256);
  return [
    ...left.map((what) => `left over: ${what}`),
    ...wrong.map(({ address }) => `not what its name says: ${address}`),
  ];
}
