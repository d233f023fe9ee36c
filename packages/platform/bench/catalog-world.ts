/** A made-up catalog of any size, always the same: who owns what, under which label, and what it says. */
import { type Label, type Purpose, purposes } from '@genesis/contracts';
import { governanceOf, type Mapping } from '@genesis/datacard';
import type { Described } from '../src/catalog/search/documents.ts';
import { type PrincipalFacts, type ResourceFacts, unrestricted } from '../src/policy/index.ts';

export type MadeThing = { own: ResourceFacts; card: ResourceFacts | null; described: Described };

const id = (prefix: string, number: number): string => `${prefix}_${String(number).padStart(26, '0')}`;
const organisationCount = 40;
export const organisation = (index: number): string => id('org', index);
/** The share of datasets that have a card. */
const carded = 0.3;
const vocabularySize = 20_000;
const firstDay = Date.UTC(2015, 0, 1);

/** A random number from 0 to 1 that is the same for the same place: xorshift over a multiplied counter. */
function randomAt(seed: number): () => number {
  let state = (Math.imul(seed + 1, 2_654_435_761) ^ 0x9e3779b9) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

const syllables = ['ra', 'ti', 'mo', 'ke', 'lu', 'so', 'vi', 'na', 'pe', 'du', 'ga', 'bo'];

/** The words of the language, the most frequent first. They end in x, so that no stemmer shortens them. */
export const vocabulary: readonly string[] = Array.from({ length: vocabularySize }, (_, index) => {
  let text = '';
  for (let rest = index + 144; rest > 0; rest = Math.floor(rest / 12)) text += syllables[rest % 12];
  return `${text}x`;
});

/** A word by Zipf's law: the second is half as frequent as the first. */
export const zipf = (random: () => number): string =>
  vocabulary[Math.floor(vocabularySize ** random()) - 1] ?? vocabulary[0]!;

const sentence = (random: () => number, words: number): string =>
  Array.from({ length: words }, () => zipf(random)).join(' ');

const pick = <T>(random: () => number, all: readonly T[]): T => all[Math.floor(random() ** 2 * all.length)]!;
const named = (word: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${word} ${i + 1}`);
const fields = ['Materialx', 'Physix', 'Chemix', 'Biox', 'Earthx', 'Fusionx', 'Energyx'];
const facilities = named('Ringx', 30);
const instruments = named('Beamx', 120);
const samples = named('Probex', 300);
const formats = ['CSV', 'HDF5', 'Parquet', 'JSON'];
const licences = ['CC-BY-4.0', 'CC0-1.0', 'MIT', 'LicenseRef-pending'];

type Terms = {
  label: Label;
  purposes: Purpose[];
  needsAgreement: boolean;
  needsGrant: Purpose[];
  agreements: string[];
};

/** Eight kinds of terms for each organisation, the first ones more often than the last. */
function termsOf(owner: number, kind: number): Terms {
  const all = [...purposes].sort();
  const fewer = all.filter((purpose) => purpose !== 'train' && purpose !== 'publish');
  const open = { purposes: all, needsAgreement: false, needsGrant: [], agreements: [] };
  const controlled = (categories: string[]): Label => ({ level: 'controlled', categories });
  const kinds: readonly Terms[] = [
    { ...open, label: { level: 'public', categories: [] } },
    { ...open, label: { level: 'internal', categories: [] } },
    { ...open, label: { level: 'public', categories: [] }, purposes: fewer },
    { ...open, label: { level: 'internal', categories: [] }, needsGrant: ['train'] },
    { ...open, label: controlled(['cui']), needsGrant: all },
    { ...open, label: controlled(['export:ear']), needsAgreement: true },
    { ...open, label: controlled(['proprietary']), agreements: [id('agr', owner % 10)] },
    { ...open, label: { level: 'classified', categories: ['rd'] } },
  ];
  return kinds[kind]!;
}

function cardFields(random: () => number, name: string, about: string): Mapping {
  return {
    discoverability: {
      identification: { name },
      dataset_description: {
        science_domain: pick(random, fields),
        dataset_summary: about,
        keywords: [zipf(random), zipf(random)],
      },
      facilities: [{ name: pick(random, facilities) }],
    },
    accessibility: { dataset_scale: { uncompressed_bytes: Math.floor(10 ** (3 + random() * 11)) } },
    interoperability: {
      data_structure: {
        formats: [pick(random, formats)],
        features: [{ name: zipf(random) }, { name: zipf(random) }],
      },
      provenance: { instrumentation: pick(random, instruments) },
      dates: { issued: `${2015 + Math.floor(random() * 11)}-05-01` },
      domain_metadata: [{ fields: { sample: { field_value: pick(random, samples) } } }],
    },
  };
}

/** None of the made cards has a field of governance, so that all say the same. */
const said = governanceOf({ fields: {}, body: '' });

/** The dataset of a number: some have cards, some of these cards are public where the dataset is not. */
export function thingAt(number: number): MadeThing {
  const random = randomAt(number);
  const owner = Math.floor(random() ** 2 * organisationCount);
  const terms = termsOf(owner, Math.floor(random() ** 1.7 * 8));
  const subject = id('dst', number);
  const own: ResourceFacts = {
    ...{ kind: 'dataset', id: subject, organisation: organisation(owner), label: terms.label },
    conditions: {
      ...unrestricted,
      ...terms,
      licences: [pick(random, licences)],
      origins: [subject],
    } as ResourceFacts['conditions'],
  };
  // The label is no condition.
  Reflect.deleteProperty(own.conditions, 'label');
  const name = sentence(random, 5);
  const about = sentence(random, 25);
  const createdAt = firstDay + number * 250_000;
  const hasCard = random() < carded;
  const told = hasCard ? cardFields(random, name, about) : null;
  const cardId = id('crd', number);
  const card: ResourceFacts | null = hasCard
    ? {
        ...{ kind: 'card', id: cardId, organisation: own.organisation },
        label: random() < 0.6 ? { level: 'public', categories: [] } : terms.label,
        conditions: { ...unrestricted, origins: [subject] },
      }
    : null;
  return {
    own,
    card,
    described: {
      ...{ subject, organisation: own.organisation, name, description: about, source: zipf(random) },
      columns: [zipf(random), zipf(random), zipf(random), zipf(random)],
      formats: [pick(random, ['CSV', 'Parquet'])],
      bytes: Math.floor(10 ** (3 + random() * 9)),
      createdAt,
      card:
        told === null
          ? null
          : {
              ...{ id: cardId, fields: told, readiness: Math.floor(random() * 101), createdAt },
              governance: {
                ...said,
                label: terms.label,
                licences: own.conditions.licences as string[],
              },
            },
    },
  };
}

const person = (name: string, clearance: Label, more: Partial<PrincipalFacts> = {}): PrincipalFacts => ({
  ...{
    id: id('prn', name.length),
    kind: 'person',
    organisation: organisation(0),
    clearance,
    tokenScopes: ['*'],
  },
  roles: [{ organisation: organisation(0), role: 'researcher' }],
  ...more,
});

/** Who searches: from somebody of nowhere to somebody with grants for hundreds of datasets of others. */
export function searchers(count: number): { name: string; principal: PrincipalFacts; purpose: Purpose }[] {
  const cleared: Label = { level: 'controlled', categories: ['cui', 'export:ear', 'proprietary'] };
  const grants = Array.from({ length: 300 }, (_, index) => ({
    ...{ id: id('grn', index), dataset: id('dst', index * Math.floor(count / 300)), purposes: [...purposes] },
    ...{ expiresAt: Number.MAX_SAFE_INTEGER, agreement: null },
  }));
  const everywhere = Array.from({ length: organisationCount }, (_, index) => ({
    organisation: organisation(index),
    role: 'auditor' as const,
  }));
  const internal: Label = { level: 'internal', categories: [] };
  return [
    {
      name: 'outsider',
      principal: person('o', { level: 'public', categories: [] }, { roles: [] }),
      purpose: 'explore',
    },
    { name: 'researcher', principal: person('re', internal), purpose: 'train' },
    { name: 'cleared', principal: person('cle', cleared), purpose: 'explore' },
    { name: 'with 300 grants', principal: person('gran', cleared, { grants }), purpose: 'explore' },
    {
      name: 'auditor of all',
      principal: person('audit', cleared, { roles: everywhere }),
      purpose: 'explore',
    },
  ];
}
export { randomAt };
