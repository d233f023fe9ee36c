import { beforeAll, expect, test } from 'vitest';
import {
  type Asking,
  asking,
  explored,
  freeze,
  imported,
  opened,
  type Person,
  person,
  replaying,
  table,
  trained,
} from './campaign-world.ts';
import { type Server, startServer } from './noninterference/server.ts';

// "Custodian-sealed" was said when the owner of the campaign was not the one who imported this table, even where the
// one who froze or opened the claim was, or where one of them had brought the same rows in before.

let server: Server;
let custodian: Person;
const asks = new Map<string, Asking>();
const people = new Map<string, Person>();
beforeAll(async () => {
  server = await startServer();
  custodian = await person(server, 'custodian');
  for (const name of ['owner', 'colleague']) {
    const one = await person(server, name);
    people.set(name, one);
    asks.set(name, asking(server, one));
  }
});
const as = (name: string): Asking => asks.get(name) ?? asking(server, custodian);

/** The independence of a verdict on a table of the custodian's, with these people at work. */
async function independence(
  offset: number,
  by: { trains?: string; freezes?: string; opens?: string; before?: string; openAtFirst?: boolean },
): Promise<string | undefined> {
  const content = table(offset);
  if (by.before !== undefined) await imported(server, people.get(by.before)!, `${content}\n9,9,0.5`);
  const cut = await imported(server, custodian, content);
  const campaign = await explored(as('owner'), { ...replaying(cut), seed: `s${offset}` });
  await trained(as(by.trains ?? 'owner'), campaign);
  const made = await freeze(as(by.freezes ?? 'owner'), campaign);
  return (await opened(as(by.opens ?? 'owner'), made.id)).verdict?.independence;
}

test('custodian-sealed: nobody at work has ever imported these rows', async () => {
  expect(await independence(1000, {})).toBe('custodian-sealed');
});

test.each([
  ['the importer trains the model', { trains: 'custodian' }],
  ['the importer freezes the claim', { freezes: 'custodian' }],
  ['the importer opens it', { opens: 'custodian' }],
  ['the owner had imported the same rows before', { before: 'owner' }],
  ['the one who freezes had imported the same rows before', { freezes: 'colleague', before: 'colleague' }],
])('self-imported: %s', async (name, by) => {
  expect(await independence(name.length * 3000, by)).toBe('self-imported');
});
