import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readZip, signatureTypes, signerFromSeed, verifyCrate, writeZip } from '../src/index.ts';
import { logSigner, sampleOrigin, witnessSigner } from './memory-log.ts';
import { type SampleOptions, sampleCrate, samplePredict } from './sample-crate.ts';

const { key } = logSigner();
const check = (bytes: Uint8Array) => verifyCrate(bytes, { key, predict: samplePredict });
const failures = (bytes: Uint8Array) =>
  check(bytes)
    .findings.filter(({ ok }) => !ok)
    .map((finding) => `${finding.check} at ${finding.place}: ${finding.message}`);

test('an honest crate is verified under the key, and says what could not be computed again', async () => {
  const report = check(await sampleCrate());
  expect(report.findings.filter(({ ok }) => !ok)).toEqual([]);
  expect(report).toMatchObject({
    ok: true,
    status: 'verified',
    exitCode: 0,
    campaignId: 'cmp_1',
    origin: sampleOrigin,
    witnesses: [],
    witness: 'order attested by the operator only',
  });
  expect(new Set(report.findings.map((finding) => finding.check))).toEqual(
    new Set([
      'zip',
      'file-hash',
      'format',
      'ro-crate',
      'signature',
      'consistency-proof',
      'inclusion-proof',
      'commitment',
      'campaign',
      'export',
      'experiments',
      'summary',
      'split',
      'replay',
      'model',
      'alpha',
      'claim-hash',
      'verdict-hash',
      'order',
      'verdict',
      'sealed-rows',
      'predictions',
      'fresh-seeds',
    ]),
  );
  expect(report.notRecomputed.map(({ place, what }) => `${place}: ${what}`)).toEqual([
    'data/confirm.csv: split assignment of the confirm rows',
    'split.json: the cut of the split',
  ]);
});

test('with the confirm rows and the whole log, nothing is left that was not computed again', async () => {
  const report = check(await sampleCrate({ confirmRows: true, foreign: 0 }));
  expect(report.status).toBe('verified');
  expect(report.notRecomputed).toEqual([]);
});

test('equal content gives equal bytes', async () => {
  expect(Buffer.compare(await sampleCrate(), await sampleCrate())).toBe(0);
});

test('without a key the crate is consistent, but its origin is unproven', async () => {
  const report = verifyCrate(await sampleCrate(), { predict: samplePredict });
  expect(report).toMatchObject({ ok: true, status: 'consistent-origin-unproven', exitCode: 3 });
});

test('a crate rebuilt with another key of the same name fails under the key, at the place of the key', async () => {
  const rebuilt = await sampleCrate({ signer: logSigner(2) });
  expect(verifyCrate(rebuilt, { predict: samplePredict }).exitCode).toBe(3);
  expect(check(rebuilt)).toMatchObject({ status: 'failed', exitCode: 1 });
  expect(failures(rebuilt)[0]).toMatch(/^signature at ledger\/key.txt/);
});

test('a witness who cosigned in time attests the order, an unknown one does not', async () => {
  const crate = await sampleCrate({ witness: witnessSigner });
  const report = verifyCrate(crate, { key, witnesses: [witnessSigner.key], predict: samplePredict });
  expect(report).toMatchObject({
    status: 'verified',
    witnesses: ['witness.example/w'],
    witness: 'order attested by witness.example/w too',
  });
  const stranger = signerFromSeed('other.example/w', signatureTypes.cosignature, new Uint8Array(32).fill(5));
  const unknown = verifyCrate(crate, { key, witnesses: [stranger.key], predict: samplePredict });
  expect(unknown.witness).toBe('order attested by the operator only');
  expect(unknown.notRecomputed.map(({ what }) => what)).toContain('signature of witness.example/w');
});

test('what is withheld is listed with its reason, and the rest still holds', async () => {
  const salt = Buffer.alloc(32, 3);
  const paths = [
    'experiments.jsonl',
    'summary.json',
    'data/explore.csv',
    'models/mdl_1/model.safetensors',
    'hypotheses/hyp_1/rows.jsonl',
    'hypotheses/hyp_2/claim.json',
    'hypotheses/hyp_3/record.json',
  ];
  const withhold = new Map(paths.map((path) => [path, { salt, reason: 'label proprietary:org_2' }]));
  const report = check(await sampleCrate({ withhold }));
  expect(report.findings.filter(({ ok }) => !ok)).toEqual([]);
  expect(report.status).toBe('verified');
  for (const path of [
    'experiments.jsonl',
    'data/explore.csv',
    'models/mdl_1',
    'hypotheses/hyp_1',
    'hypotheses/hyp_2',
    'hypotheses/hyp_3',
  ]) {
    const skipped = report.notRecomputed.filter(({ place }) => place.startsWith(path));
    expect(skipped.map(({ reason }) => reason).join()).toContain('withheld: label proprietary:org_2');
  }
});

test('an experiment that was never finished leaves no gap and is listed', async () => {
  const report = check(await sampleCrate({ stopped: true }));
  expect(report.findings.filter(({ ok }) => !ok)).toEqual([]);
  expect(report.notRecomputed).toContainEqual({
    place: 'experiments.jsonl',
    what: 'outcomes of 1 experiment',
    reason: 'proposed, but without an outcome when the campaign was stopped',
  });
});

test('without a function that predicts, the predictions are listed as not recomputed', async () => {
  const report = verifyCrate(await sampleCrate(), { key });
  expect(report.status).toBe('verified');
  expect(report.notRecomputed.map(({ reason }) => reason)).toContain('no function that predicts was given');
});

test('a model that cannot predict or predicts otherwise is a failure', async () => {
  const crate = await sampleCrate();
  const throws = verifyCrate(crate, {
    key,
    predict: () => {
      throw new Error('no tensor named rows');
    },
  });
  expect(throws.findings.find(({ ok }) => !ok)?.message).toBe(
    'the model cannot predict: no tensor named rows',
  );
  const other = verifyCrate(crate, {
    key,
    predict: (model, designs) =>
      samplePredict(model, designs).map((p) => ({ ...p, mean: p.mean * (1 + 1e-8) })),
  });
  expect(other.findings.find(({ ok }) => !ok)?.place).toBe('hypotheses/hyp_1/rows.jsonl#2');
  const near = verifyCrate(crate, {
    key,
    predict: (model, designs) =>
      samplePredict(model, designs).map((p) => ({ ...p, mean: p.mean * (1 + 1e-10) })),
  });
  expect(near.status).toBe('verified');
});

const cheats: [NonNullable<SampleOptions['cheat']>, string][] = [
  ['no-checkpoint', 'order at hypotheses/hyp_1: no checkpoint stands between the freeze and the opening'],
  [
    'checkpoint-too-late',
    'order at hypotheses/hyp_1: no checkpoint stands between the freeze and the opening',
  ],
  ['alpha', 'the family has spent 0.08, more than its budget of 0.05'],
  ['second-look', 'is a second look at hyp_3'],
  ['hide-freeze', 'froze is left out'],
  ['drop-experiment', 'is left out'],
  ['skip-attempt', 'opening 2 of the family is missing'],
  ['explored-row', 'this design was explored'],
  ['false-verdict', '"supported" needs a p-value of at most 0.02'],
  ['false-independence', 'fresh measurements are prospective, and nothing else is'],
];
test.each(cheats)('a platform that signs a cheat is caught: %s', async (cheat, message) => {
  const found = failures(await sampleCrate({ cheat }));
  expect(found.join('\n')).toContain(message);
});

test('an opening that the crate may not name is told as such; a gap of which it says nothing fails', async () => {
  const told = verifyCrate(await sampleCrate({ cheat: 'skip-attempt', unnamed: [2] }), { key });
  expect(told.findings.filter(({ ok }) => !ok)).toEqual([]);
  expect(told.notRecomputed.map(({ what, reason }) => `${what}: ${reason}`)).toContain(
    'what 1 opening of the family spent (2): openings of campaigns that this crate may not name',
  );
  const found = failures(await sampleCrate({ cheat: 'skip-attempt', unnamed: [3] }));
  expect(found.join('\n')).toContain('opening 2 of the family is missing');
});

test('what is no zip archive at all has an exit code of its own', () => {
  for (const bytes of [new Uint8Array(), Buffer.from('hello'), Buffer.alloc(1000)]) {
    expect(verifyCrate(bytes)).toMatchObject({ ok: false, status: 'unreadable', exitCode: 2 });
  }
});

test('a canonical zip of anything else fails with its place, and nothing throws', async () => {
  const files = readZip(await sampleCrate());
  expect(failures(writeZip([])).join()).toContain('the crate has no manifest');
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.json().map((text) => Buffer.from(`${text}\n`)),
    fc.constantFrom('[]\n', '{}\n', 'null\n', '{"a":1}\n', '', '\n\n').map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(fc.nat(files.length - 1), hostile, (at, content) => {
      const changed = files.map((file, i) => (i === at ? { ...file, content } : file));
      expect(verifyCrate(writeZip(changed), { key, predict: samplePredict }).exitCode).toBe(1);
    }),
    { numRuns: 300 },
  );
});
