import { beforeAll, expect, test } from 'vitest';
import {
  type Asking,
  asking,
  explored,
  freeze,
  type Hypothesis,
  opened,
  person,
  trained,
} from './campaign-world.ts';
import { send } from './noninterference/client.ts';
import { type Server, startServer } from './noninterference/server.ts';

// The seeds of fresh measurements follow from the root in the claim. Whoever had it while the claim was frozen could
// measure the very same designs beforehand, and abandon what would fail, at no cost in alpha.

const objective = { name: 'diameter', unit: 'nm' };
let server: Server;
let ask: Asking;
let token: string;
let campaign: string;
beforeAll(async () => {
  server = await startServer();
  const researcher = await person(server, 'researcher');
  token = researcher.token;
  ask = asking(server, researcher);
  campaign = await explored(ask, { seed: 'told' });
  await trained(ask, campaign);
});

const rootOf = async (id: string): Promise<string> => {
  const [row] = await server.query<{ claim: { source: { seedRoot: string } } }>(
    'select claim from hypothesis where id = $1',
    [id],
  );
  return row!.claim.source.seedRoot;
};

test.each(['prediction', 'arms'] as const)('%s: nothing tells the root before the opening', async (kind) => {
  const made = await freeze(ask, campaign, kind === 'arms' ? { kind, sampleSize: 20, budget: 4 } : { kind });
  const root = await rootOf(made.id);
  expect(root).toMatch(/^[0-9a-f]{64}$/);
  expect(made.claim.source.seedRoot).toBeNull();
  const reads = [
    `/v1/hypotheses/${made.id}`,
    `/v1/campaigns/${campaign}/hypotheses`,
    `/v1/campaigns/${campaign}`,
  ];
  for (const path of [...reads, `/v1/campaigns/${campaign}/report`, `/v1/lineage/${made.id}`]) {
    const answer = await send(server.url, token, { method: 'GET', path });
    expect(answer.text, path).not.toContain(root);
  }
  const crate = { method: 'POST', path: `/v1/campaigns/${campaign}/crate`, body: {} };
  const refused = await send(server.url, token, crate);
  expect([refused.status, refused.text]).toEqual([
    409,
    expect.stringContaining(`Open or abandon ${made.id}`),
  ]);

  expect((await opened(ask, made.id)).claim.source.seedRoot).toBe(root);
  expect((await send(server.url, token, crate)).status).toBe(200);
});

test('an abandoned claim shows its root, and no later claim has it again', async () => {
  const first = await freeze(ask, campaign, { confidence: 0.7 });
  const root = await rootOf(first.id);
  await ask('POST', `/v1/hypotheses/${first.id}/abandon`);
  const abandoned = await ask<Hypothesis>('GET', `/v1/hypotheses/${first.id}`);
  expect(abandoned.claim.source.seedRoot).toBe(root);
  const second = await freeze(ask, campaign, { confidence: 0.7 });
  expect(await rootOf(second.id)).not.toBe(root);
});

test('another campaign that asks the same is counted beside the freezes of the first', async () => {
  type Listed = { items: Hypothesis[]; elsewhere: object };
  const listed = (id: string) => ask<Listed>('GET', `/v1/campaigns/${id}/hypotheses`);
  const own = await listed(campaign);
  expect(own.elsewhere).toEqual({ campaigns: 0, freezes: 0, openings: 0 });
  const openings = own.items.filter(({ state }) => state === 'concluded').length;
  expect(openings).toBeGreaterThan(0);
  const second = await explored(ask, { seed: 'asked again' });
  const { elsewhere } = await listed(second);
  expect(elsewhere).toEqual({ campaigns: 1, freezes: own.items.length, openings });
  await explored(ask, {
    seed: 'another target',
    objective: { ...objective, goal: { kind: 'target', value: 250 } },
  });
  expect((await listed(second)).elsewhere).toEqual(elsewhere);
  const report = await send(server.url, token, { method: 'GET', path: `/v1/campaigns/${campaign}/report` });
  expect(report.text.includes('asked elsewhere: 1 other campaign')).toBe(true);
});
