/** Cards are replaced, labels raised and released, while the platform is killed: everything is as before or as after. */
import { asCui, cardText } from '../card-for-tests.ts';
import { prepareKill, watch } from './kill.ts';
import { brokenLabels, lostChanges } from './labels-checks.ts';
import { importTable, makePerson, type Person } from './people.ts';
import { openWith, type Place } from './place.ts';
import type { OpenScenario } from './series.ts';
import type { Outcome, Trial } from './trial.ts';

type World = { place: Place; stewards: readonly [Person, Person]; explorer: Person };

const cui = ['cui', 'cui:propin'];
const high = { level: 'controlled', categories: [...cui, 'proprietary'] };
const internal = { level: 'internal', categories: [] };
const csv = `x,y\n${Array.from({ length: 60 }, (_, at) => `${at},${at * at}`).join('\n')}\n`;
const rounds = 3;

const named = (name: string, edits: object = {}): string =>
  cardText({ 'discoverability.identification.name': name, ...edits });

/** A dataset with a card, a split and a campaign that explores it. */
async function makeDataset({ place, explorer }: World, name: string) {
  const made = await importTable(
    place,
    explorer,
    { name, card: named(`${name}, edition 1`), split: { inputs: ['x'], seed: name } },
    csv,
  );
  await explorer.write(
    'POST',
    '/v1/campaigns',
    {
      ...{ title: name, budget: 6, starts: 3, seed: name },
      source: { kind: 'table', version: made.version, split: made.split, inputs: ['x'] },
      objective: { name: 'y', goal: { kind: 'maximize' } },
    },
    `${name.replace(' ', '-')}-campaign`,
  );
  return made.dataset;
}

async function runTrial(world: World, trial: Trial): Promise<Outcome> {
  const { place, stewards } = world;
  const { read } = place;
  const [one, other] = stewards;
  const name = `labels ${trial.number}`;
  const key = `labels-${trial.number}`;
  const dataset = await makeDataset(world, name);
  const kill = await prepareKill(place, trial);
  const stop = watch(() => brokenLabels(read));
  const broken: string[] = [];
  const reasons: string[] = [];
  const cards: number[] = [];
  if ('afterMs' in trial.when) kill.begin(trial.when.afterMs);
  const path = `/v1/resources/${dataset}`;
  const labelNow = async (): Promise<string> =>
    JSON.stringify((await one.get<{ dataset: { label: object } }>(`/v1/datasets/${dataset}`)).dataset.label);

  for (let round = 1; round <= rounds; round += 1) {
    // the card becomes stricter than what it describes, beside a raise by somebody else
    const card = named(`${name}, edition ${round + 1}`, asCui);
    const raise = { label: high, reason: `${key} raise ${round}` };
    const [bound] = await Promise.all([
      one.write<{ number: number }>('PUT', `/v1/datasets/${dataset}/card`, { card }, `${key}-card-${round}`),
      other.write('POST', `${path}/raise`, raise, `${key}-raise-${round}`),
    ]);
    cards.push(bound.number);
    reasons.push(raise.reason);
    if ((await labelNow()) !== JSON.stringify(high))
      broken.push(`round ${round}: raised, it is ${await labelNow()}`);
    const ask = { label: internal, reason: `${key} ask ${round}` };
    const asked = await one.write<{ id: string }>('POST', `${path}/releases`, ask, `${key}-ask-${round}`);
    const agree = { agree: true, reason: `${key} decide ${round}` };
    const decided = await other.write<{ state: string }>(
      ...(['POST', `/v1/releases/${asked.id}/decide`, agree, `${key}-decide-${round}`] as const),
    );
    reasons.push(ask.reason, agree.reason);
    if (decided.state !== 'released' || (await labelNow()) !== JSON.stringify(internal))
      broken.push(`round ${round}: ${decided.state}, it is ${await labelNow()}`);
  }
  const killed = await kill.over();
  const { looks, broken: seen } = await stop();
  const { number } = await one.get<{ number: number }>(`/v1/datasets/${dataset}/card`);
  if (number !== rounds + 1 || new Set(cards).size !== rounds)
    broken.push(
      `${rounds} replacements were acknowledged as ${cards.join(', ')}, and the card is number ${number}`,
    );
  const { items } = await one.get<{ items: { id: string; name: string }[] }>(
    `/v1/search?q=${encodeURIComponent(`"edition ${rounds + 1}" "${name}"`)}`,
  );
  if (items.filter((hit) => hit.id === dataset).length !== 1)
    broken.push('it is not found by its newest card');
  return {
    did: `${rounds} cards, ${rounds} raises, ${rounds} releases, ${looks} looks`,
    killed,
    broken: [
      ...broken,
      ...seen,
      ...(await brokenLabels(read)),
      ...(await lostChanges(read, dataset, reasons)),
    ],
  };
}

export const openLabels: OpenScenario = (_, opened) =>
  openWith('folder', [], opened, async (place) => {
    const { organisation } = await place.admin<{ organisation: string }>('GET', '/v1/me');
    const head = await makePerson(place, 'first steward', organisation, { role: 'steward' });
    const cleared = { clearance: high, by: head };
    const steward = (name: string) => makePerson(place, name, organisation, { role: 'steward', ...cleared });
    const world = {
      place,
      stewards: [await steward('one steward'), await steward('another steward')] as const,
      explorer: await makePerson(place, 'explorer', organisation, { role: 'researcher', ...cleared }),
    };
    return { run: (trial: Trial) => runTrial(world, trial) };
  });
