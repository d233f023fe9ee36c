import { beforeAll, expect, test } from 'vitest';
import {
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
let owner: Person;
let colleague: Person;
let campaign: string;
const content = table();
beforeAll(async () => {
  server = await startServer();
  custodian = await person(server, 'custodian');
  owner = await person(server, 'owner');
  colleague = await person(server, 'colleague');
  const cut = await imported(server, custodian, content);
  campaign = await explored(asking(server, owner), { ...replaying(cut), seed: 'sealed' });
  await trained(asking(server, owner), campaign);
});

let claims = 0;
/** The independence of one more verdict, with these people at work instead of the owner. */
async function independence(by: { freezes?: Person; opens?: Person } = {}): Promise<string | undefined> {
  claims += 1;
  const wanted = { alpha: 0.005, confidence: 0.5 + claims / 100 };
  const made = await freeze(asking(server, by.freezes ?? owner), campaign, wanted);
  return (await opened(asking(server, by.opens ?? owner), made.id)).verdict?.independence;
}

test('custodian-sealed: nobody at work has brought these rows in', async () => {
  expect(await independence()).toBe('custodian-sealed');
});

test('self-imported: the importer freezes, or opens, or trains', async () => {
  expect(await independence({ freezes: custodian })).toBe('self-imported');
  expect(await independence({ opens: custodian })).toBe('self-imported');
  await trained(asking(server, custodian), campaign);
  expect(await independence()).toBe('self-imported');
  await trained(asking(server, owner), campaign);
  expect(await independence()).toBe('custodian-sealed');
});

test('self-imported: one of those at work has had the same rows, in whatever table', async () => {
  await imported(server, colleague, `${content}\n9,9,0.5`);
  expect(await independence()).toBe('custodian-sealed');
  expect(await independence({ freezes: colleague })).toBe('self-imported');
  await imported(server, owner, `${content}\n9,8,0.5`);
  expect(await independence()).toBe('self-imported');
});
