import { existsSync, readFileSync } from 'node:fs';
import {
  leafHash,
  openNote,
  parseCheckpoint,
  parseVerifierKey,
  verifyCrate,
  verifyInclusion,
} from '@genesis/evidence';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cardText } from '../card-for-tests.ts';
import { until } from '../noninterference/client.ts';
import { chromiumPath, type Somebody, type StoryWorld, storyWorld } from './world.ts';

const curveFile = new URL(
  '../../../../../shared/data/neutron/sans/33837rear_1D_1.75_16.5_NXcanSAS_v3.h5',
  import.meta.url,
);
const missing = [
  ...(chromiumPath === undefined ? ['chromium'] : []),
  ...(existsSync(curveFile) ? [] : ['the measured curve']),
];

/** A card of proprietary data that comes under a CRADA, itself for the laboratory's own people. */
const card = cardText({
  'discoverability.datacard.sensitivity.overall_sensitivity': 'Unclassified_Uncontrolled',
  'governed_use.non_sensitivity_governance_metadata.rights_release_records.ip_restriction_type':
    'Proprietary',
  'governed_use.non_sensitivity_governance_metadata.rights_release_records.agreement_required': 'Yes',
  'governed_use.non_sensitivity_governance_metadata.rights_release_records.agreement_type': ['CRADA'],
  'ai_usability.ai_usage.evaluation_use_status': 'Yes',
  'ai_usability.ai_usage.human_review_required': 'No',
});

let world: StoryWorld;
beforeAll(async () => {
  if (missing.length === 0) world = await storyWorld();
});
afterAll(() => world?.close());

type Problem = { code?: string; detail?: string; decision?: { needed: string[]; rationaleCode: string } };
type Moved = { id: string; version: number; sha256: string; state: string };
type Job = {
  id: string;
  state: string;
  dataset: string;
  version: string;
  split: string | null;
  failure: unknown;
};

/** Both representatives sign what lies before them. */
async function signed(agreement: Moved, ...signers: Somebody[]): Promise<Moved> {
  const { version, sha256 } = agreement;
  let last = agreement;
  for (const by of signers)
    last = await by.ask<Moved>('POST', `/v1/agreements/${agreement.id}/signatures`, { version, sha256 });
  return last;
}

async function imported(by: Somebody, request: object, content: Buffer): Promise<Job> {
  const { id } = await by.ask<Job>('POST', '/v1/imports', request);
  await by.upload(`/v1/imports/${id}/content`, content);
  const job = await until(
    () => by.ask<Job>('GET', `/v1/imports/${id}`),
    ({ state }) => state === 'done' || state === 'failed',
  );
  if (job.state === 'failed') throw new Error(JSON.stringify(job.failure));
  return job;
}

test.skipIf(missing.length > 0)(
  `governed data, from the agreement to its end${missing.length > 0 ? ` (needs ${missing.join(', ')})` : ''}`,
  async () => {
    // Everybody signs in with a browser at the identity provider.
    const steward = await world.signIn('steward');
    const labCounsel = await world.signIn('lab-counsel');
    const firmCounsel = await world.signIn('firm-counsel');
    const rita = await world.signIn('rita');
    const [lab, firm] = [steward.organisation, rita.organisation];

    // The laboratory and the firm agree.
    const terms = (people: string[]) => ({
      parties: [
        { organisation: lab, representative: labCounsel.id, everybody: true },
        { organisation: firm, representative: firmCounsel.id },
      ],
      ...{ people, purposes: ['train', 'infer', 'evaluate', 'publish'] },
      derived: { owner: lab, mayPublish: [lab] },
      intellectualProperty:
        'What is derived belongs to the laboratory; the firm may use it under this agreement.',
      inventions: { disclosure: true, withinDays: 60, owner: lab },
      startsAt: new Date(Date.now() - 1000).toISOString(),
      endsAt: new Date(Date.now() + 365 * 86_400_000).toISOString(),
    });
    const drafted = await steward.ask<Moved>('POST', '/v1/agreements', {
      ...{ title: 'Scattering of additives', type: 'crada', text: '# CRADA\n\nThe parties agree.' },
      terms: terms([]),
    });
    const agreement = drafted.id;
    await steward.ask('POST', `/v1/agreements/${agreement}/review`);
    expect((await signed(drafted, labCounsel, firmCounsel)).state).toBe('active');

    // The steward imports a measured curve under it, with a card that binds; and cuts it out as a table that is sealed.
    const conditions = { agreements: [agreement] };
    const tree = await imported(
      steward,
      { name: 'SANS2D run 33837', card, conditions },
      readFileSync(curveFile),
    );
    const dataset = tree.dataset;
    const shown = await steward.ask<{ content: string; format: string }>(
      'GET',
      `/v1/versions/${tree.version}`,
    );
    expect(shown).toMatchObject({ content: 'tree', format: 'hdf5' });
    const picture = await steward.send('GET', `/v1/versions/${tree.version}/preview.svg`);
    expect(picture.text).toContain('<svg');
    const axis = async (name: string) => {
      const path = encodeURIComponent(`/sasentry01/sasdata/${name}`);
      const slice = await steward.ask<{ data: number[] }>(
        'GET',
        `/v1/versions/${tree.version}/slice?path=${path}`,
      );
      return slice.data.map(String);
    };
    const [q, intensity] = [await axis('Q'), await axis('I')];
    const csv = ['q,intensity', ...q.map((one, i) => `${one},${intensity[i]}`)].join('\n');
    const table = await imported(
      steward,
      { dataset, split: { inputs: ['q'], seed: 'story', confirmFraction: 0.3 } },
      Buffer.from(csv),
    );
    const label = { level: 'controlled', categories: ['proprietary'] };
    expect(await steward.ask('GET', `/v1/datasets/${dataset}`)).toMatchObject({
      dataset: { label, conditions: { agreements: [agreement], needsAgreement: true } },
    });

    // The researcher of the firm cannot see any of it.
    const answers = async (id: string) =>
      await Promise.all([
        rita.send<Problem>('GET', `/v1/datasets/${id}`),
        rita.send<Problem>('GET', `/v1/datasets/${id}/card`),
      ]);
    const plain = (all: { status: number; json: Problem }[]) =>
      all.map(({ status, json: { code, detail } }) => [status, code, detail]);
    const unknown = plain(await answers('dst_00000000000000000000000000'));
    expect(unknown.map(([status]) => status)).toEqual([404, 404]);
    expect(plain(await answers(dataset))).toEqual(unknown);
    expect(await rita.ask('GET', '/v1/datasets')).toEqual({ items: [], nextCursor: null });

    // She is added to the agreement, which takes both parties, and now sees the card.
    const amended = await steward.ask<Moved>('POST', `/v1/agreements/${agreement}/versions`, {
      ...{ text: '# CRADA\n\nThe parties agree, and name who takes part.', terms: terms([rita.id]) },
    });
    await signed(amended, labCounsel, firmCounsel);
    const [closed, open] = await answers(dataset);
    expect([closed!.status, open!.status]).toEqual([404, 200]);

    // She asks in the product, and is granted training for thirty days.
    const { id: request } = await rita.ask<{ id: string }>('POST', '/v1/access/requests', {
      ...{ dataset, purposes: ['train', 'infer'], days: 30, agreement },
      reason: 'A surrogate of the curve.',
    });
    const early = await rita.send<Problem>('POST', `/v1/access/requests/${request}/decision`, {
      approve: true,
      reason: 'mine',
    });
    expect(early.status).toBe(403);
    const granted = await steward.ask<{ grant: string; expiresAt: string }>(
      'POST',
      `/v1/access/requests/${request}/decision`,
      { approve: true, reason: 'Within the agreement.' },
    );
    const days = (Date.parse(granted.expiresAt) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(29.9);
    expect(days).toBeLessThanOrEqual(30);

    // She explores it and trains a model in a campaign; what she makes belongs to the laboratory and is bound.
    const { id: campaign } = await rita.ask<{ id: string }>('POST', '/v1/campaigns', {
      ...{ title: 'The curve of run 33837', challenge: 11, budget: 6, starts: 3, seed: 'story' },
      source: { kind: 'table', version: table.version, split: table.split, inputs: ['q'] },
      objective: { name: 'intensity', goal: { kind: 'maximize' } },
    });
    await until(
      () => rita.ask<{ campaign: { state: string } }>('GET', `/v1/campaigns/${campaign}`),
      ({ campaign: { state } }) => state === 'explored',
    );
    const { run } = await rita.ask<{ run: string }>('POST', `/v1/campaigns/${campaign}/models`, {
      name: 'curve',
    });
    const trained = await until(
      () => rita.ask<{ run: { status: string }; output: { model: string } | null }>('GET', `/v1/runs/${run}`),
      (one) => one.run.status === 'succeeded' || one.run.status === 'failed',
    );
    const model = trained.output!.model;
    const predict = () =>
      rita.send<Problem>('POST', `/v1/models/${model}/predict`, { designs: [{ q: Number(q[3]) }] });
    expect((await predict()).status).toBe(200);
    expect(await rita.ask('GET', `/v1/models/${model}`)).toMatchObject({
      label,
      conditions: { agreements: [agreement], origins: [dataset] },
    });

    // Publishing was not granted to her; the laboratory exports what the label allows to the public.
    const denied = await rita.send<Problem>('POST', `/v1/campaigns/${campaign}/crate`, {});
    expect(denied.status).toBe(403);
    expect(denied.json.decision?.needed.join(' ')).toContain('--purpose publish');
    const crate = await steward.send('POST', `/v1/campaigns/${campaign}/crate`, { destination: label });
    expect(crate.status).toBe(200);
    const { verifierKey } = await steward.ask<{ verifierKey: string }>('GET', '/v1/ledger/key');
    const verified = verifyCrate(Buffer.from(crate.text, 'latin1'), { key: parseVerifierKey(verifierKey) });
    expect(verified.findings.filter(({ ok }) => !ok)).toEqual([]);
    expect((await steward.send('POST', `/v1/campaigns/${campaign}/crate`, {})).status).toBe(403);

    // The agreement is terminated. What it closes is told before, and what rests on it is listed.
    type Impact = {
      affected: { kind: string; id: string }[];
      closes: { grant: string }[];
      covered: string[];
    };
    const impact = await steward.ask<Impact>('GET', `/v1/agreements/${agreement}/impact`);
    const named = impact.affected.map(({ id }) => id);
    for (const id of [dataset, tree.version, table.version, table.split, campaign, model])
      expect(named).toContain(id);
    expect(impact.closes.map(({ grant }) => grant)).toEqual([granted.grant]);
    await steward.ask('POST', `/v1/agreements/${agreement}/terminate`, { reason: 'The work is done.' });

    // The next use is denied, with the reason.
    const after = await predict();
    expect(after.status).toBe(403);
    expect(after.json.detail).toMatch(/agreement/);
    const look = await rita.send<Problem>('GET', `/v1/datasets/${dataset}?purpose=train`);
    expect(look.status).toBe(403);
    expect(look.json.decision?.needed.join(' ')).toContain(
      'rests on an agreement that is no longer in force',
    );
    expect((await rita.ask<{ items: unknown[] }>('GET', '/v1/datasets?purpose=train')).items).toEqual([]);
    // Its custodian still looks after it.
    expect((await steward.send('GET', `/v1/datasets/${dataset}`)).status).toBe(200);

    // The ledger proves every step.
    type Proof = { body: string; index: number; proof: string[]; checkpoint: string };
    type Uses = { items: { action: string; effect: string; actor: string; entry: string | null }[] };
    const acts = async (id: string) =>
      (await steward.ask<Uses>('GET', `/v1/audit/${id}?limit=200`)).items.map(
        ({ action, effect, actor }) => `${action} ${effect} ${actor === rita.id ? 'rita' : 'lab'}`,
      );
    const ofDataset = await acts(dataset);
    expect(ofDataset).toContain('dataset.import allow lab');
    expect(ofDataset).toContain('dataset.read deny rita');
    expect(await acts(model)).toContain('model.predict deny rita');
    const uses = await Promise.all(
      [dataset, agreement, campaign, model].map((id) =>
        steward.ask<Uses>('GET', `/v1/audit/${id}?limit=200`),
      ),
    );
    const entries = uses.flatMap(({ items }) => items.flatMap(({ entry }) => entry ?? []));
    expect(new Set(entries).size).toBeGreaterThan(15);
    for (const entry of new Set(entries)) {
      const { body, index, proof, checkpoint } = await steward.ask<Proof>(
        'GET',
        `/v1/ledger/entries/${entry}/proof`,
      );
      const { root, size } = parseCheckpoint(openNote(checkpoint, [parseVerifierKey(verifierKey)]).text);
      const path = proof.map((hash) => Buffer.from(hash, 'base64'));
      expect(verifyInclusion(index, size, leafHash(Buffer.from(body)), path, root), entry).toBe(true);
    }
  },
);
