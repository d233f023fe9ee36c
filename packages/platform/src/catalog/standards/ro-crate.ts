import { type DatasetRecord, dayOf, descriptionOf, licenceAddress, type Party, present } from './record.ts';

const reference = (id: string) => ({ '@id': id });
const one = <T>(items: readonly T[]): T | readonly T[] | null =>
  items.length === 0 ? null : items.length === 1 ? items[0]! : items;

/** The id of a party: its ORCID or ROR, else a name within this document. */
const partyId = (party: Party, at: number): string =>
  party.orcid === undefined ? (party.ror ?? `#party-${at}`) : `https://orcid.org/${party.orcid}`;

const partyEntity = (party: Party, at: number) => ({
  '@id': partyId(party, at),
  ...present({
    '@type': party.kind === 'person' ? 'Person' : 'Organization',
    name: party.name.trim() === '' ? 'Name not stated' : party.name,
    givenName: party.givenName,
    familyName: party.familyName,
  }),
});

/** Several parties may be the same one: each is described once. */
const distinct = <T extends { '@id': string }>(entities: readonly T[]): T[] => [
  ...new Map(entities.map((entity) => [entity['@id'], entity])).values(),
];

function licenceEntity(record: DatasetRecord) {
  const [first] = record.licences;
  const address = record.licences.length === 1 ? licenceAddress(first!) : null;
  return {
    '@id': address ?? '#licence',
    '@type': 'CreativeWork',
    name: record.licences.length === 0 ? 'No licence is stated' : record.licences.join(', '),
    description: record.access,
  };
}

/**
 * `ro-crate-metadata.json` of a detached RO-Crate 1.2: the dataset, its files by their addresses, who made it and under
 * which licence.
 */
export function toRoCrate(record: DatasetRecord) {
  const { creators, publisher, files } = record;
  const licence = licenceEntity(record);
  const parties = [publisher, ...creators];
  const publisherId = partyId(publisher, 0);
  const root = {
    '@id': record.url,
    '@type': 'Dataset',
    ...present({
      name: record.name,
      description: descriptionOf(record),
      datePublished: dayOf(record.issued ?? record.created),
      dateModified: record.modified,
      license: reference(licence['@id']),
      publisher: reference(publisherId),
      creator: one(creators.map((party, at) => reference(partyId(party, at + 1)))),
      keywords: one(record.keywords),
      version: record.version,
      identifier: one([record.doi === null ? record.id : `https://doi.org/${record.doi}`]),
      conditionsOfAccess: record.access,
      hasPart: one(files.map(({ url }) => reference(url))),
    }),
  };
  return {
    '@context': 'https://w3id.org/ro/crate/1.2/context',
    '@graph': [
      {
        '@id': 'ro-crate-metadata.json',
        '@type': 'CreativeWork',
        conformsTo: reference('https://w3id.org/ro/crate/1.2'),
        about: reference(record.url),
      },
      root,
      ...files.map(({ name, mediaType, bytes, sha256, url }) => ({
        '@id': url,
        '@type': 'File',
        name,
        encodingFormat: mediaType,
        ...present({ contentSize: sha256 === null ? null : String(bytes), sha256 }),
      })),
      licence,
      ...distinct(parties.map(partyEntity)),
    ],
  };
}
