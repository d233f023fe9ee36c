import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { patiently, prepareKill } from './kill.ts';
import { openWith, type Place } from './place.ts';
import { sendAll } from './sender.ts';
import type { OpenScenario } from './series.ts';
import type { Outcome, Trial } from './trial.ts';

const rows = 220_000;
const patienceMs = 400_000;

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

type Job = { id: string; state: string; failure: unknown; version: string };

/** One import with one kill, while its bytes are sent or afterwards, and what must hold in the end. */
async function runImport(place: Place, trial: Trial, random: () => number): Promise<Outcome> {
  const { ask, server, token } = place;
  const kill = await prepareKill(place, trial);
  const begun = Date.now();
  const content = tableOf(random);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const name = `trial ${trial.number}`;
  const purposes = ['explore', 'train', 'infer', 'evaluate', 'publish'];
  const request = { name, conditions: { purposes } };
  const { id } = await patiently(place, () =>
    ask<Job>('POST', '/v1/imports', request, `import-${trial.number}`),
  );
  const { when } = trial;
  const { resumed } = await sendAll(
    () => server.url,
    token,
    id,
    content,
    (offset) => {
      if ('share' in when && offset >= when.share * content.length) kill.begin(when.afterMs);
    },
  );
  if (!('point' in when)) kill.begin('share' in when ? 0 : when.afterMs);

  const broken: string[] = [];
  let job: Job;
  for (;;) {
    job = await patiently(place, () => ask<Job>('GET', `/v1/imports/${id}`));
    if (job.state === 'done' || job.state === 'failed') break;
    if (Date.now() - begun > patienceMs) break;
    await pause(200);
  }
  const killed = await kill.over();
  if (job.state !== 'done') broken.push(`the import is ${job.state}: ${JSON.stringify(job.failure)}`);
  else broken.push(...(await checkDataset(place, job.version, { name, sha256, content })));
  broken.push(...(await checkStore(place)));
  return { did: `${Math.round(content.length / 1e6)} MB, resumed ${resumed} times`, killed, broken };
}

async function checkDataset(
  place: Place,
  version: string,
  sent: { name: string; sha256: string; content: Buffer },
): Promise<string[]> {
  const { ask, server, token } = place;
  const broken: string[] = [];
  const shown = await patiently(place, () =>
    ask<{ sha256: string; rows: number }>('GET', `/v1/versions/${version}`),
  );
  if (shown.sha256 !== sent.sha256) broken.push('the version has another SHA-256 than what was sent');
  if (shown.rows !== rows) broken.push(`${shown.rows} rows instead of ${rows}`);
  const list = () => ask<{ items: { name: string }[] }>('GET', '/v1/datasets?limit=200');
  const same = (await patiently(place, list)).items.filter(({ name }) => name === sent.name).length;
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

export const openImports: OpenScenario = (store, opened) =>
  openWith(store, [], opened, async (place) => ({
    run: (trial: Trial, random: () => number) => runImport(place, trial, random),
  }));
