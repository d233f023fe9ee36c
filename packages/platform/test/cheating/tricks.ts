import { type Claim, type ClaimDraft, completeClaim } from '@genesis/contracts';
import { claimHash, parseVerifierKey, type VerifyReport, verifyCrate } from '@genesis/evidence';
import { until } from '../noninterference/client.ts';
import type { Frozen, Laboratory } from './laboratory.ts';

/** How often a way of cheating was tried, and how often it was caught. */
export type Caught = { trick: string; tried: number; caught: number; how: string };

/** Counts tries; each says whether it was caught. */
const counted = (trick: string, how: string, tries: readonly boolean[]): Caught => ({
  trick,
  tried: tries.length,
  caught: tries.filter(Boolean).length,
  how,
});

const refused = (status: number): boolean =>
  status === 409 || status === 403 || status === 422 || status === 400;

async function exportAndVerify(lab: Laboratory, campaign: string): Promise<VerifyReport> {
  const { send, ask } = lab.as(lab.cheat.token);
  const crate = await send('POST', `/v1/campaigns/${campaign}/crate`, {});
  if (crate.status !== 200) throw new Error(crate.text);
  const { verifierKey } = await ask<{ verifierKey: string }>('GET', '/v1/ledger/key');
  return verifyCrate(Buffer.from(crate.text, 'latin1'), { key: parseVerifierKey(verifierKey) });
}

/** Opens more hypotheses at once than the budget of their family allows; then the first one again, also by hand. */
export async function spendMore(lab: Laboratory): Promise<Caught[]> {
  const { cheat, campaign, server } = lab;
  const frozen: Frozen[] = [];
  for (let i = 0; i < 4; i++) frozen.push(await lab.freeze(cheat, campaign, 0.02));
  const answers = await Promise.all(frozen.map(({ id }) => lab.openIt(cheat, id)));
  const opened = frozen.filter((_, i) => answers[i]!.status === 202);
  await Promise.all(opened.map(({ id }) => lab.concluded(cheat, id)));
  const [spent] = await server.query<{ alpha: number }>(
    'select coalesce(sum(alpha), 0) as alpha from opening where family = $1',
    [lab.table.seal],
  );
  const overdrawn = Number(spent?.alpha) > 0.05 + 1e-9 || opened.length !== 2;
  const later = await lab.freeze(cheat, campaign, 0.05);
  const racing = counted('spends more than the alpha of the family, four at once', 'refused as exhausted', [
    !overdrawn,
    ...answers.filter(({ status }) => status !== 202).map(({ status }) => refused(status)),
    refused((await lab.openIt(cheat, later.id)).status),
  ]);
  const first = opened[0]!;
  const again = await lab.openIt(cheat, first.id);
  const both = await Promise.all([lab.openIt(cheat, first.id), lab.openIt(cheat, first.id)]);
  await server.query("update hypothesis set state = 'frozen' where id = $1", [first.id]);
  const byHand = await lab.openIt(cheat, first.id);
  await server.query("update hypothesis set state = 'concluded' where id = $1", [first.id]);
  const twice = counted('confirms twice, also with its state set back in the database', 'refused', [
    refused(again.status),
    ...both.map(({ status }) => refused(status)),
    refused(byHand.status),
  ]);
  await lab
    .as(cheat.token)
    .send('POST', `/v1/hypotheses/${frozen.find((one) => !opened.includes(one))!.id}/abandon`);
  const afterwards = await lab.openIt(cheat, later.id);
  const refund = counted('abandons one to get its alpha back', 'nothing is refunded', [
    refused(afterwards.status),
  ]);
  return [racing, twice, refund];
}

/** Everything that could show a sealed row before the split is retired. */
export async function readSealed(lab: Laboratory): Promise<Caught> {
  const { cheat, agent, table, campaign, sealed } = lab;
  const { send, ask } = lab.as(cheat.token);
  const name = `c${lab.canaries.word()}`;
  await ask('POST', '/v1/capabilities', {
    name,
    version: '1.0.0',
    summary: 'looks for sealed rows',
    profile: 'analysis',
    implementation: {
      kind: 'command',
      executable: '/bin/sh',
      arguments: [
        '-c',
        `cat inputs/*; ls -R . /tmp /work 2>&1; grep -rl ${sealed[0]} . /tmp 2>/dev/null; env; echo {} > output.json`,
      ],
    },
    input: {},
    output: {},
  });
  const { id: run } = await ask<{ id: string }>('POST', '/v1/runs', {
    capability: name,
    input: { split: table.split },
    datasets: [{ name: 'table', version: table.version }],
  });
  const refusedRun = await send('POST', '/v1/runs', {
    capability: name,
    input: {},
    datasets: [{ name: 'sealed', version: table.split }],
  });
  await until(
    () => ask<{ run: { status: string } }>('GET', `/v1/runs/${run}`),
    (one) => one.run.status !== 'queued' && one.run.status !== 'running',
  );
  const runs = (
    await ask<{ items: { id: string }[] }>('GET', `/v1/runs?campaign=${campaign}&purpose=evaluate&limit=200`)
  ).items;
  const paths = [
    `/v1/datasets/${table.dataset}`,
    `/v1/versions/${table.version}`,
    `/v1/versions/${table.version}?purpose=evaluate`,
    `/v1/versions/${table.version}/export`,
    `/v1/splits/${table.split}`,
    `/v1/splits/${table.split}?purpose=evaluate`,
    `/v1/versions/${table.split}/export`,
    `/v1/runs/${run}`,
    `/v1/runs/${run}/logs`,
    ...runs.flatMap(({ id }) => [`/v1/runs/${id}?purpose=evaluate`, `/v1/runs/${id}/logs?purpose=evaluate`]),
    `/v1/campaigns/${campaign}/experiments`,
    `/v1/campaigns/${campaign}/hypotheses`,
    `/v1/campaigns/${campaign}/report`,
    `/v1/lineage/${table.split}`,
  ];
  const answers = [refusedRun];
  for (const path of paths) answers.push(await send('GET', path));
  answers.push(await send('POST', `/v1/campaigns/${campaign}/crate`, {}));
  answers.push(
    await send('POST', '/v1/policy/explain', {
      action: 'split.unseal',
      resource: table.split,
      purpose: 'evaluate',
    }),
  );
  // An agent may not retire a split, which would be the one way to have its rows.
  const retiring = await lab
    .as(agent.token)
    .send('POST', `/v1/splits/${table.split}/retire`, { confirm: 'retire' });
  const silent = answers.map(({ text }) => !sealed.some((value) => text.includes(value)));
  return counted(
    'reads the confirm split: every route, a capability of its own, an agent that retires it',
    'no sealed value arrives',
    [...silent, retiring.status === 403],
  );
}

/** The same rows under another name, to get a fresh error budget. */
export async function reimport(lab: Laboratory): Promise<Caught> {
  const { cheat, accomplice, rows, table } = lab;
  const reversed = [...rows].reverse();
  const copies = [
    await lab.importTable(cheat, lab.csv(rows), 'first'),
    await lab.importTable(cheat, lab.csv(rows), 'a luckier seed'),
    await lab.importTable(cheat, lab.csv(reversed), 'second'),
    await lab.importTable(cheat, lab.csv(rows, 'temperature,b,note,y'), 'third', ['temperature', 'b']),
    await lab.importTable(accomplice, lab.csv(reversed), 'fourth'),
  ];
  const same = copies.map(({ seal }) => seal === table.seal);
  const other = copies.at(-1)!;
  const campaign = await lab.explore(accomplice, other);
  const claim = await lab.freeze(accomplice, campaign, 0.05);
  const answer = await lab.openIt(accomplice, claim.id);
  return counted(
    'imports the same rows again: same file, other seed, reordered, a column renamed, other organisation',
    'one seal, one budget',
    [...same, refused(answer.status)],
  );
}

/** A claim that is changed after its freeze: over the API, in the database, in the database with its hash. */
export async function changeClaim(lab: Laboratory): Promise<Caught> {
  const { cheat, server } = lab;
  const rows = lab.rows.map((row) => ({
    ...row,
    note: lab.canaries.word(),
    y: lab.canaries.number(),
    a: row.a + 1000,
  }));
  const table = await lab.importTable(cheat, lab.csv(rows), 'changed');
  const campaign = await lab.explore(cheat, table);
  const { send } = lab.as(cheat.token);
  const frozen = await lab.freeze(cheat, campaign, 0.02);
  const overApi = await Promise.all(
    ['PUT', 'PATCH', 'POST', 'DELETE'].map((method) =>
      send(method, `/v1/hypotheses/${frozen.id}`, { threshold: 0.1 }),
    ),
  );
  const [row] = await server.query<{ claim: Claim }>('select claim from hypothesis where id = $1', [
    frozen.id,
  ]);
  const { statement: _statement, ...draft } = row!.claim;
  const easier = completeClaim({ ...draft, threshold: 0.1 } as ClaimDraft);
  await server.query('update hypothesis set claim = $2 where id = $1', [frozen.id, JSON.stringify(easier)]);
  const changed = await lab.openIt(cheat, frozen.id);
  // With the hash of the changed claim beside it: the freeze in the ledger says otherwise.
  await server.query('update hypothesis set claim_hash = $2 where id = $1', [frozen.id, claimHash(easier)]);
  const rehashed = await lab.openIt(cheat, frozen.id);
  const report = await exportAndVerify(lab, campaign);
  return counted(
    'changes a frozen claim: over the API, in the database, in the database with its hash',
    'refused, and verify finds it',
    [
      ...overApi.map(({ status }) => status === 404 || status === 405 || status === 400),
      refused(changed.status),
      refused(rehashed.status),
      report.status === 'failed',
    ],
  );
}
