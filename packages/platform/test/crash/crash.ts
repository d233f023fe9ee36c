// Kills a platform again and again while it does its main job, and holds the result against an undisturbed one.
//
//   npm run test:crash [-- --kills 100] [--seed N] [--quick] [--json]
//
// Half of the kills are at named points between two effects, the others at random moments: of the server, of its
// embedded PostgreSQL, or of both. Exits with 1 when anything acknowledged was lost, doubled or came out otherwise.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Gone } from './client.ts';
import { type Checkpoint, checkLedger } from './ledger.ts';
import { type Acknowledged, asking, fingerprint, Lost, nothingYet, step } from './scenario.ts';
import { ServerUnderTest } from './server-under-test.ts';

const points = [
  'campaign.chosen',
  'campaign.proposed',
  'campaign.measured',
  'campaign.recorded',
  'model.trained',
  'model.registered',
  'hypothesis.frozen',
  'hypothesis.checkpointed',
  'hypothesis.opened',
  'hypothesis.evaluated',
  'hypothesis.concluded',
];
/** Points that are reached often in one campaign, so that the n-th time can be meant. */
const frequent = new Set(['campaign.chosen', 'campaign.proposed', 'campaign.measured', 'campaign.recorded']);

const { values: options } = parseArgs({
  options: {
    kills: { type: 'string' },
    seed: { type: 'string', default: '1' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const wantedKills = Number(options.kills ?? (options.quick ? 12 : 100));

/** A small seeded generator: the schedule of kills can be repeated. */
let state = Number(options.seed) >>> 0 || 1;
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

const folder = mkdtempSync(join(tmpdir(), 'genesis-crash-'));
const hits: Record<string, number> = {};
const failures: string[] = [];
let kills = 0;
let rounds = 0;

async function prepare(template: string): Promise<string> {
  const server = new ServerUnderTest(template);
  await server.start();
  const admin = readFileSync(join(template, 'admin.token'), 'utf8').trim();
  const ask = asking(() => server.url, admin);
  const me = await ask<{ organisation: string }>('GET', '/v1/me');
  const person = { kind: 'person', name: 'researcher', organisation: me.organisation };
  const { id } = await ask<{ id: string }>('POST', '/v1/principals', person);
  await ask('POST', `/v1/principals/${id}/roles`, { organisation: me.organisation, role: 'researcher' });
  const { secret } = await ask<{ secret: string }>('POST', `/v1/principals/${id}/tokens`, {
    name: 'crash test',
  });
  await server.stop();
  return secret;
}

async function undisturbed(server: ServerUnderTest, token: string, seed: string): Promise<string> {
  const ask = asking(() => server.url, token);
  const seen = nothingYet();
  while (!(await step(ask, seed, seen))) await wait(100);
  return await fingerprint(ask, seen.campaign!);
}

/** Where two results part, with what stands there in both. */
function firstDifference(expected: string, found: string): string {
  let at = 0;
  while (at < expected.length && expected[at] === found[at]) at++;
  const around = (text: string): string => text.slice(Math.max(0, at - 120), at + 120);
  return `another result than without crashes: ${around(found)} instead of ${around(expected)}`;
}

type Kill =
  | { point: string; nth: number }
  | { point: undefined; afterMs: number; what: 'server' | 'database' | 'both' };

function nextKill(): Kill {
  if (kills % 2 === 0) {
    // The point that was hit least often, so that every gap gets its share.
    const fewest = Math.min(...points.map((name) => hits[name] ?? 0));
    const least = points.filter((name) => (hits[name] ?? 0) === fewest);
    const point = least[Math.floor(random() * least.length)]!;
    return { point, nth: frequent.has(point) ? 1 + Math.floor(random() * 4) : 1 };
  }
  const what = (['server', 'database', 'both'] as const)[Math.floor(random() * 3)]!;
  return { point: undefined, afterMs: 100 + random() * 2500, what };
}

async function disturbed(server: ServerUnderTest, token: string, seed: string): Promise<string> {
  const ask = asking(() => server.url, token);
  const seen: Acknowledged = nothingYet();
  let last: Checkpoint | undefined;
  for (;;) {
    const kill: Kill | undefined = kills < wantedKills ? nextKill() : undefined;
    const point = kill?.point === undefined ? undefined : `${kill.point}@${kill.nth}`;
    let timer: Promise<void> | undefined;
    let over = false;
    try {
      await server.start(point);
      last = await checkLedger(server, token, last);
      if (kill !== undefined && kill.point === undefined) {
        timer = wait(kill.afterMs).then(async () => {
          if (over) return;
          await server.kill(kill.what);
          kills += 1;
          const name = `random: ${kill.what}`;
          hits[name] = (hits[name] ?? 0) + 1;
        });
      }
      while (!(await step(ask, seed, seen))) await wait(50);
      over = true;
      await timer;
      if (server.alive) {
        last = await checkLedger(server, token, last);
        const result = await fingerprint(ask, seen.campaign!);
        await server.stop();
        return result;
      }
    } catch (error) {
      over = true;
      await timer;
      if (error instanceof Lost) throw error;
      if (server.alive && error instanceof Gone) await Promise.race([server.ended(), wait(3000)]);
      if (server.alive) {
        // Not dead, and yet the step failed: only a killed database may do that, and not for long.
        if (!(error instanceof Gone) && !(kill?.point === undefined && kill?.what === 'database'))
          throw error;
        await server.stop();
      }
    }
    if (server.killed && kill?.point !== undefined) {
      kills += 1;
      hits[kill.point] = (hits[kill.point] ?? 0) + 1;
    }
    if (kills % 10 === 0) say(`  ${kills} of ${wantedKills} kills, ${seen.recorded} experiments recorded`);
  }
}

const began = Date.now();
let reference: ServerUnderTest | undefined;
let victim: ServerUnderTest | undefined;
try {
  say('Preparing two equal platforms ...');
  const template = join(folder, 'template');
  const token = await prepare(template);
  reference = new ServerUnderTest(join(folder, 'reference'));
  victim = new ServerUnderTest(join(folder, 'victim'));
  for (const { folder: copy } of [reference, victim]) execFileSync('cp', ['-a', template, copy]);
  while (kills < wantedKills) {
    const seed = `round-${rounds}`;
    await reference.start();
    const expected = await undisturbed(reference, token, seed);
    await reference.stop();
    const found = await disturbed(victim, token, seed);
    if (found !== expected) failures.push(`${seed}: ${firstDifference(expected, found)}`);
    rounds += 1;
    say(
      `${seed}: ${found === expected ? 'the same as without crashes' : 'DIFFERENT'}; ${kills} kills so far`,
    );
    if (rounds > wantedKills) throw new Error('the kills do not come about');
  }
} catch (error) {
  failures.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
} finally {
  await reference?.stop();
  await victim?.stop();
  if (failures.length === 0) rmSync(folder, { recursive: true, force: true });
  else say(`The folders are kept: ${folder}`);
}

const missed = points.filter((name) => (hits[name] ?? 0) === 0);
if (!options.quick && missed.length > 0) failures.push(`never hit: ${missed.join(', ')}`);
const seconds = Math.round((Date.now() - began) / 1000);
console.log('\nkilled at                    times');
for (const [name, count] of Object.entries(hits).sort(([a], [b]) => (a < b ? -1 : 1)))
  console.log(`${name.padEnd(28)} ${String(count).padStart(5)}`);
console.log(
  `\n${kills} kills in ${rounds} campaigns, ${seconds} s: ${failures.length === 0 ? 'nothing lost, nothing doubled' : 'FAILED'}`,
);
for (const failure of failures) console.log(`- ${failure}`);
if (options.json)
  console.log(JSON.stringify({ kills, rounds, hits, seconds, failures, seed: Number(options.seed) }));
process.exit(failures.length === 0 ? 0 : 1);
