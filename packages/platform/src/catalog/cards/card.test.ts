import type { Label } from '@genesis/contracts';
import { expect, test } from 'vitest';
import { asCui, cardText } from '../../../test/card-for-tests.ts';
import { catalogPlatform, free, open } from '../../../test/catalog-platform.ts';
import type { ImportRequest } from '../model.ts';

const proprietary: Label = { level: 'controlled', categories: ['proprietary'] };
const cui: Label = { level: 'controlled', categories: ['cui', 'cui:propin'] };
const csv = 'a,y\n1,2\n3,4\n';
const importOf = (card: string, more: object = {}): ImportRequest =>
  ({
    name: 'Carded',
    description: '',
    source: '',
    label: open,
    conditions: free,
    card,
    ...more,
  }) as ImportRequest;

test('a card binds its dataset: label, purposes and what it demands come from the card', async () => {
  const { catalog, person, importText } = await catalogPlatform();
  const by = person('org_a', proprietary);
  const text = cardText({
    'governed_use.non_sensitivity_governance_metadata.rights_release_records.ip_restriction_type':
      'Proprietary',
    'ai_usability.ai_usage.inference_use_status': 'No',
    'accessibility.access_policy.access_level': 'Restricted',
    'accessibility.access_policy.authorization_required': ['Account'],
  });
  const job = await importText(by, importOf(text), csv);
  expect(job).toMatchObject({ state: 'done', failure: null });
  const steward = person('org_a', proprietary, 'steward');
  const { dataset } = await catalog.showDataset(steward, job.dataset as string, 'explore');
  expect(dataset.facts).toMatchObject({
    label: { level: 'controlled', categories: ['proprietary'] },
    conditions: {
      origins: [job.dataset],
      purposes: ['evaluate', 'explore', 'publish', 'train'],
      needsGrant: ['evaluate', 'explore', 'infer', 'publish', 'train'],
      licences: ['CC-BY-4.0'],
    },
  });
  // The importer is a researcher: access is restricted, so that a steward decides about everybody.
  await expect(catalog.showDataset(by, job.dataset as string, 'explore')).rejects.toMatchObject({
    failure: { code: 'not-found' },
  });
});

test('a public card shows itself to everybody, and its dataset to nobody who may not', async () => {
  const { catalog, person, importText } = await catalogPlatform();
  const by = person('org_a', cui);
  const text = cardText(asCui);
  const job = await importText(by, importOf(text), csv);
  expect(job).toMatchObject({ state: 'done', failure: null });
  const stranger = person('org_b');
  const shown = await catalog.showCard(stranger, job.dataset as string, 'explore');
  expect(shown.version).toMatchObject({ number: 1, text });
  await expect(catalog.showDataset(stranger, job.dataset as string, 'explore')).rejects.toMatchObject({
    failure: { code: 'not-found' },
  });
  await expect(catalog.showCard(stranger, 'dst_nothing', 'explore')).rejects.toMatchObject({
    failure: { code: 'not-found', message: 'There is nothing here under this id that you may see.' },
  });
});

test('a card that is wrong is refused with its fields, before any byte is sent', async () => {
  const { catalog, person } = await catalogPlatform();
  const by = person('org_a');
  const refused = (card: string) => catalog.acceptImport(by, importOf(card));
  await expect(refused('---\nx: [\n---\n')).rejects.toMatchObject({ failure: { code: 'invalid-input' } });
  await expect(
    refused(cardText({ 'ai_usability.ai_usage.training_use_status': 'Perhaps' })),
  ).rejects.toMatchObject({
    failure: {
      code: 'invalid-input',
      problems: [{ field: 'card.ai_usability.ai_usage.training_use_status' }],
    },
  });
});

test('nobody imports what their clearance does not reach, whatever label they ask for', async () => {
  const { catalog, person } = await catalogPlatform();
  const text = cardText(asCui);
  await expect(catalog.acceptImport(person('org_a'), importOf(text))).rejects.toMatchObject({
    failure: { code: 'denied', decision: { rationaleCode: 'label-not-dominated' } },
  });
});

test('a stricter card holds at once for what is there already; a looser one loosens nothing', async () => {
  const { catalog, person, importText } = await catalogPlatform();
  const steward = person('org_a', cui, 'steward');
  const job = await importText(steward, importOf(cardText()), csv);
  const id = job.dataset as string;
  const made = await catalog.replaceCard(steward, id, cardText(asCui));
  expect(made).toMatchObject({ number: 2, changed: 2 });
  const { version } = await catalog.showCard(person('org_b'), id, 'explore');
  expect(version.number).toBe(2);
  const after = await catalog.showVersion(steward, job.version as string, 'explore');
  expect(after.facts).toMatchObject({
    label: cui,
    conditions: { purposes: ['evaluate', 'explore', 'infer', 'train'] },
  });
  expect(await catalog.replaceCard(steward, id, cardText())).toMatchObject({ number: 3, changed: 0 });
  expect((await catalog.showDataset(steward, id, 'explore')).dataset.facts.label).toEqual(cui);
  // Its access is controlled now: a researcher of the owner without a grant knows the card only.
  await expect(catalog.replaceCard(person('org_a', cui), id, cardText())).rejects.toMatchObject({
    failure: { code: 'not-found' },
  });
  await expect(catalog.replaceCard(person('org_b', cui, 'steward'), id, cardText())).rejects.toMatchObject({
    failure: { code: 'not-found' },
  });
});
