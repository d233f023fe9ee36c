import { listOf, type Mapping, notApplicable, type Value, valueAt } from '@genesis/datacard';
import type { Funding, Identifier, Party, Related } from '../standards/record.ts';

/** What a data card says of its dataset, as far as standards have words for it. What is blank is left out. */
export type CardDescription = {
  name: string | null;
  description: string | null;
  creators: Party[];
  publisher: Party | null;
  contact: { name: string; email: string } | null;
  keywords: string[];
  doi: string | null;
  identifiers: Identifier[];
  issued: string | null;
  language: string | null;
  funding: Funding[];
  related: Related[];
  /** How to get at it, in the words of the card. */
  policy: string | null;
  columns: ReadonlyMap<string, { unit: string | null; description: string | null }>;
};

/** A text that says something: not blank, and not that the field does not apply. */
function text(value: Value | undefined): string | null {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') return null;
  const said = value.trim();
  return said === '' || said === notApplicable ? null : said;
}

const at = (holder: Value | undefined, path: string): Value | undefined =>
  typeof holder === 'object' && holder !== null && !Array.isArray(holder)
    ? valueAt(holder as Mapping, path)
    : undefined;
const textAt = (holder: Value | undefined, path: string): string | null => text(at(holder, path));
const texts = (value: Value | undefined): string[] => listOf(value).flatMap((item) => text(item) ?? []);

const given = <Key extends string>(key: Key, value: string | null): { [key in Key]?: string } =>
  value === null ? {} : ({ [key]: value } as { [key in Key]?: string });

function organisation(value: Value | undefined): Party | null {
  const name = textAt(value, 'name');
  if (name === null) return null;
  const ror = textAt(value, 'ror_id');
  return {
    kind: 'organisation',
    name,
    ...given('ror', ror === null ? null : `https://ror.org/${ror.replace(/^https?:\/\/ror\.org\//, '')}`),
  };
}

function person(value: Value | undefined): Party | null {
  const [givenName, familyName] = [textAt(value, 'given_name'), textAt(value, 'family_name')];
  const name = [givenName, familyName].filter((one) => one !== null).join(' ');
  if (name === '') return null;
  const orcid = textAt(value, 'orcid')?.replace(/^https?:\/\/orcid\.org\//, '') ?? null;
  return {
    kind: 'person',
    name,
    ...given('givenName', givenName),
    ...given('familyName', familyName),
    ...given('orcid', orcid !== null && /^(\d{4}-){3}\d{3}[\dX]$/.test(orcid) ? orcid : null),
    ...given('affiliation', textAt(value, 'affiliation.name')),
  };
}

const party = (value: Value): Party | null =>
  person(at(value, 'person')) ?? organisation(at(value, 'organization'));

function identifier(value: Value | undefined): Identifier | null {
  const [scheme, named] = [textAt(value, 'type'), textAt(value, 'value')];
  return named === null ? null : { scheme: (scheme ?? 'local').toLowerCase(), value: named };
}

const bareDoi = (value: string): string => value.replace(/^(https?:\/\/(dx\.)?doi\.org\/|doi:)/i, '');

function related(fields: Mapping): Related[] {
  return ['datasets', 'publications', 'software', 'ai_models'].flatMap((kind) =>
    listOf(valueAt(fields, `interoperability.related_resources.${kind}`)).flatMap((item) => {
      const named = identifier(at(item, 'identifier')) ?? identifier(item);
      if (named === null) return [];
      const relation = textAt(item, 'relationship') ?? 'references';
      return [{ relation, identifier: named, ...given('name', textAt(item, 'name')) }];
    }),
  );
}

const funding = (fields: Mapping): Funding[] =>
  listOf(valueAt(fields, 'discoverability.sponsor_organizations')).flatMap((item) => {
    const funder = organisation(item);
    if (funder === null) return [];
    return [
      {
        funder: funder.name,
        ...given('ror', funder.ror ?? null),
        ...given('award', textAt(item, 'award_number')),
        ...given('program', textAt(item, 'program')),
      },
    ];
  });

function contact(fields: Mapping): CardDescription['contact'] {
  const one = at(valueAt(fields, 'discoverability.contact'), 'person');
  const email = textAt(one, 'email');
  return email === null ? null : { name: person(one)?.name ?? email, email };
}

/** Reads any card, whole or not: what is not there, or of another shape, is left out. */
export function describeCard(fields: Mapping): CardDescription {
  const found = [
    identifier(valueAt(fields, 'discoverability.identification.primary_id')),
    ...listOf(valueAt(fields, 'discoverability.identification.additional_ids')).map(identifier),
  ].filter((one) => one !== null);
  const doi = found.find(({ scheme }) => scheme === 'doi');
  const description = ['dataset_summary', 'collection_methodology', 'limitations'].flatMap(
    (name) => text(valueAt(fields, `discoverability.dataset_description.${name}`)) ?? [],
  );
  const policy = ['access_restrictions', 'policy_text', 'policy_url'].flatMap(
    (name) => text(valueAt(fields, `accessibility.access_policy.${name}`)) ?? [],
  );
  const day = text(valueAt(fields, 'interoperability.dates.issued'));
  const columns = listOf(valueAt(fields, 'interoperability.data_structure.features')).flatMap((item) => {
    const name = textAt(item, 'name');
    if (name === null) return [];
    return [[name, { unit: textAt(item, 'unit'), description: textAt(item, 'description') }]] as const;
  });
  return {
    name: text(valueAt(fields, 'discoverability.identification.name')),
    description: description.length === 0 ? null : description.join('\n\n'),
    creators: listOf(valueAt(fields, 'discoverability.authors')).flatMap((item) => party(item) ?? []),
    publisher: organisation(valueAt(fields, 'discoverability.dataset_publisher')),
    contact: contact(fields),
    keywords: texts(valueAt(fields, 'discoverability.dataset_description.keywords')),
    doi: doi === undefined ? null : bareDoi(doi.value),
    identifiers: found.filter((one) => one !== doi),
    issued: day !== null && /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(Date.parse(day)) ? day : null,
    language: text(valueAt(fields, 'interoperability.data_structure.language')),
    funding: funding(fields),
    related: related(fields),
    policy: policy.length === 0 ? null : policy.join(' '),
    columns: new Map(columns),
  };
}
