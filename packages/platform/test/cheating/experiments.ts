import { parseVerifierKey, verifyCrate } from '@genesis/evidence';
import type { Laboratory } from './laboratory.ts';
import type { Caught } from './tricks.ts';

type Experiment = { id: string; arm: string; repeat: number; index: number; outcome: unknown };
const budget = 3;

/** A campaign whose experiments people do; the cheat is one of them. */
async function peopleCampaign(lab: Laboratory, title: string): Promise<string> {
  const { ask } = lab.as(lab.cheat.token);
  const { id } = await ask<{ id: string }>('POST', '/v1/campaigns', {
    title,
    source: { kind: 'people' },
    objective: { name: 'y', goal: { kind: 'maximize' } },
    space: { parameters: [{ kind: 'continuous', name: 'x', min: 0, max: 1 }] },
    budget,
    starts: 1,
    seed: lab.canaries.word(),
  });
  return id;
}

const all = (lab: Laboratory, id: string): Promise<{ items: Experiment[] }> =>
  lab.as(lab.cheat.token).ask('GET', `/v1/campaigns/${id}/experiments`);

/** Asks for experiments many times at once until the budget is spent, and records each of them more than once. */
export async function overspendExperiments(lab: Laboratory): Promise<Caught[]> {
  const { ask, send } = lab.as(lab.cheat.token);
  const id = await peopleCampaign(lab, 'racing');
  const doubled: boolean[] = [];
  for (let round = 0; round < 2 * budget; round++) {
    const asked = await Promise.all(
      Array.from({ length: 6 }, () => send('POST', `/v1/campaigns/${id}/suggestions`, { count: 100 })),
    );
    if (asked.every(({ status }) => status !== 200)) break;
    const open = (await all(lab, id)).items.filter(({ outcome }) => outcome === null);
    for (const one of open) {
      const result = (value: number) => ({ experiment: one.id, outcome: { status: 'measured', value } });
      const path = `/v1/campaigns/${id}/results`;
      const named = await send('POST', path, { results: [result(1), result(2)] });
      const racing = await Promise.all(
        [3, 4, 5].map((value) => send('POST', path, { results: [result(value)] })),
      );
      const late = await send('POST', path, { results: [result(6)] });
      doubled.push(
        named.status === 400,
        racing.filter(({ status }) => status === 200).length === 1,
        late.status >= 400,
      );
    }
  }
  const { items } = await all(lab, id);
  const places = new Set(items.map(({ arm, repeat, index }) => `${arm}/${repeat}/${index}`));
  const { progress } = await ask<{ progress: { recorded: number; budget: number } }>(
    'GET',
    `/v1/campaigns/${id}`,
  );
  const more = await send('POST', `/v1/campaigns/${id}/suggestions`, {});
  return [
    {
      trick: 'records an experiment twice: in one request, in three at once, once more later',
      tried: doubled.length,
      caught: doubled.filter(Boolean).length,
      how: 'one result counts',
    },
    {
      trick: 'exceeds the budget with proposals at once',
      tried: 3,
      caught: [
        items.length === 2 * budget && places.size === items.length,
        progress.recorded <= progress.budget,
        more.status !== 200 || (JSON.parse(more.text) as { items: unknown[] }).items.length === 0,
      ].filter(Boolean).length,
      how: 'never more than planned',
    },
  ];
}

/** Takes experiments out of the database before the crate is written: the first, one in the middle, the last, the failed one. */
export async function dropExperiments(lab: Laboratory): Promise<Caught> {
  const { ask, send } = lab.as(lab.cheat.token);
  const { verifierKey } = await ask<{ verifierKey: string }>('GET', '/v1/ledger/key');
  const caught: boolean[] = [];
  for (const index of [null, 0, 1, 2]) {
    const id = await peopleCampaign(lab, `drops ${index}`);
    for (;;) {
      const { items } = await ask<{ items: Experiment[] }>('POST', `/v1/campaigns/${id}/suggestions`, {});
      const results = items.map((one) => ({
        experiment: one.id,
        outcome:
          one.index === 1
            ? { status: 'failed', reason: 'it broke' }
            : { status: 'measured', value: one.index },
      }));
      const { finished } = await ask<{ finished: boolean }>('POST', `/v1/campaigns/${id}/results`, {
        results,
      });
      if (finished) break;
    }
    if (index !== null)
      await lab.server.query("delete from experiment where campaign = $1 and arm = 'clever' and index = $2", [
        id,
        index,
      ]);
    const crate = await send('POST', `/v1/campaigns/${id}/crate`, {});
    // The whole one passes: what is missed in the others is the experiment that is gone.
    const key = parseVerifierKey(verifierKey);
    if (index === null)
      caught.push(verifyCrate(Buffer.from(crate.text, 'latin1'), { key }).status === 'verified');
    else caught.push(crate.status === 409 && crate.text.includes('The ledger has'));
  }
  return {
    trick: 'drops a bad experiment from a crate: the first, the failed one, the last',
    tried: caught.length,
    caught: caught.filter(Boolean).length,
    how: 'the ledger knows them: no crate',
  };
}

/** The same plan a second time, to be judged by fresh measurements whose outcome is known by then. */
export async function sameSeedsAgain(lab: Laboratory): Promise<Caught> {
  const roots: string[] = [];
  const plan = {
    title: 'spheres',
    source: { kind: 'capability', capability: 'stober-silica' },
    objective: { name: 'diameter', unit: 'nm', goal: { kind: 'target', value: 300 } },
    space: {
      parameters: [
        { kind: 'continuous', name: 'teos', min: 0.1, max: 0.5 },
        { kind: 'continuous', name: 'water', min: 0.5, max: 17 },
        { kind: 'continuous', name: 'ammonia', min: 0.5, max: 3 },
      ],
    },
    budget: 3,
    seed: 'the same',
  };
  for (let i = 0; i < 2; i++) {
    const { ask } = lab.as(lab.cheat.token);
    const { id } = await ask<{ id: string }>('POST', '/v1/campaigns', plan);
    await ask('POST', `/v1/campaigns/${id}/stop`);
    const { claim } = await lab.freeze(lab.cheat, id, 0.025, 'arms');
    if (claim.source['seedRoot'] !== null) throw new Error('the seeds are shown before the claim is opened');
    const rows = await lab.server.query<{ root: string }>(
      "select claim -> 'source' ->> 'seedRoot' as root from hypothesis where campaign = $1",
      [id],
    );
    roots.push(String(rows[0]?.root));
  }
  return {
    trick: 'repeats a campaign to be judged by measurements that it has seen',
    tried: 1,
    caught: roots[0] !== roots[1] && roots.every((root) => /^[0-9a-f]{64}$/.test(root)) ? 1 : 0,
    how: 'other seeds',
  };
}

/** What an agent may not do without a person. */
export async function actAsAgent(lab: Laboratory): Promise<Caught> {
  const { agent, cheat, campaign } = lab;
  const frozen = await lab.freeze(cheat, campaign, 0.01);
  const opening = await lab.openIt(agent, frozen.id);
  const exporting = await lab.as(agent.token).send('POST', `/v1/campaigns/${campaign}/crate`, {});
  return {
    trick: 'lets an agent open a hypothesis and export the crate by itself',
    tried: 2,
    caught: [opening, exporting].filter(({ status }) => status === 403).length,
    how: 'a person must approve',
  };
}
