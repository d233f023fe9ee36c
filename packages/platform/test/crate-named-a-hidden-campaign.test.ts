import { parseVerifierKey, verifyCrate } from '@genesis/evidence';
import { beforeAll, expect, test } from 'vitest';
import {
  type Asking,
  asking,
  explored,
  freeze,
  imported,
  opened,
  person,
  replaying,
  table,
  trained,
} from './campaign-world.ts';
import { send } from './noninterference/client.ts';
import { type Server, startServer } from './noninterference/server.ts';

// Campaigns on the same rows share one error budget, and a crate told all of its openings: with the ids of campaigns
// and people that its recipient must not even know of.

let server: Server;
const internal = { level: 'internal', categories: [] };
const hiddenNames: string[] = [];
let ask: Asking;
let token: string;
let clearedToken: string;
let campaign: string;
let version: string;
beforeAll(async () => {
  server = await startServer();
  const steward = await person(server, 'steward', { roles: ['steward'] });
  const cleared = await person(server, 'cleared', { cleared: { by: steward, clearance: internal } });
  clearedToken = cleared.token;
  const asCleared = asking(server, cleared);
  const cut = await imported(server, cleared, table(), { label: internal });
  const hidden = await explored(asCleared, { ...replaying(cut), seed: 'hidden' });
  await trained(asCleared, hidden);
  const first = await freeze(asCleared, hidden, { alpha: 0.01 });
  await opened(asCleared, first.id);
  hiddenNames.push(cleared.id, hidden, first.id);

  const open = await person(server, 'open');
  token = open.token;
  ask = asking(server, open);
  const own = await imported(server, open, table());
  version = own.version;
  campaign = await explored(ask, { ...replaying(own), seed: 'open' });
  await trained(ask, campaign);
  await opened(ask, (await freeze(ask, campaign, { alpha: 0.02 })).id);
});

test('a crate tells that there was an opening before its own, and nothing of whose it was', async () => {
  const answer = await send(server.url, token, {
    method: 'POST',
    path: `/v1/campaigns/${campaign}/crate`,
    body: {},
  });
  expect(answer.status).toBe(200);
  for (const name of hiddenNames) expect(answer.text).not.toContain(name);
  const { verifierKey } = await ask<{ verifierKey: string }>('GET', '/v1/ledger/key');
  const report = verifyCrate(Buffer.from(answer.text, 'latin1'), { key: parseVerifierKey(verifierKey) });
  expect(report.findings.filter(({ ok }) => !ok)).toEqual([]);
  expect(report.status).toBe('verified');
  expect(report.notRecomputed.map(({ what }) => what)).toContain('what 1 opening of the family spent (1)');
});

test('the table whose rows are in the crate has an export among its uses', async () => {
  const exports = await server.query<{ resource: string }>(
    `select resource from ledger_entry where action = 'dataset.export' and effect = 'allow'`,
  );
  expect(exports).toEqual([{ resource: version }]);
});

test('an export that is denied is entered like any other denial', async () => {
  const denials = async () =>
    await server.query(`select 1 from ledger_entry where action = 'campaign.export' and effect = 'deny'`);
  const before = (await denials()).length;
  const path = `/v1/campaigns/${hiddenNames[1]}/crate`;
  const refused = await send(server.url, clearedToken, { method: 'POST', path, body: {} });
  expect(refused.status).toBe(403);
  expect((await denials()).length).toBe(before + 1);
});
