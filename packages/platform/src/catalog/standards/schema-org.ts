import { type DatasetRecord, descriptionOf, licenceAddress, type Party, present } from './record.ts';

const orcidAddress = (orcid: string): string => `https://orcid.org/${orcid}`;

/** A person or an organisation as schema.org has it. */
export const schemaParty = ({ kind, name, givenName, familyName, orcid, ror, affiliation }: Party) =>
  present({
    '@type': kind === 'person' ? 'Person' : 'Organization',
    '@id': orcid === undefined ? ror : orcidAddress(orcid),
    name,
    givenName,
    familyName,
    affiliation: affiliation === undefined ? undefined : { '@type': 'Organization', name: affiliation },
  });

/** Addresses of licences, or their names where they have none. */
export const schemaLicences = ({ licences }: DatasetRecord): string[] =>
  licences.map((licence) => licenceAddress(licence) ?? licence);

/** Identifiers that a reader may resolve: the DOI as an address, others with their scheme. */
export const schemaIdentifiers = ({ doi, identifiers, id }: DatasetRecord): unknown[] => [
  ...(doi === null ? [] : [`https://doi.org/${doi}`]),
  id,
  ...identifiers
    .filter(({ value }) => value !== doi)
    .map(({ scheme, value }) => ({ '@type': 'PropertyValue', propertyID: scheme, value })),
];

/** A Dataset of schema.org as JSON-LD, for search engines of datasets. */
export const toSchemaOrg = (record: DatasetRecord) => ({
  '@context': { '@vocab': 'https://schema.org/' },
  '@type': 'Dataset',
  '@id': record.url,
  ...present({
    name: record.name,
    description: descriptionOf(record),
    url: record.url,
    identifier: schemaIdentifiers(record),
    version: record.version,
    keywords: record.keywords,
    license: schemaLicences(record),
    creator: record.creators.map(schemaParty),
    publisher: schemaParty(record.publisher),
    dateCreated: record.created,
    dateModified: record.modified,
    datePublished: record.issued,
    inLanguage: record.language,
    isAccessibleForFree: record.open,
    conditionsOfAccess: record.access,
    isBasedOn: record.source === '' ? undefined : record.source,
    funding: record.funding.map(({ funder, ror, award }) =>
      present({
        '@type': 'Grant',
        identifier: award,
        funder: present({ '@type': 'Organization', '@id': ror, name: funder }),
      }),
    ),
    variableMeasured: record.tables
      .flatMap(({ columns }) => columns)
      .map(({ name, unit, description }) =>
        present({ '@type': 'PropertyValue', name, unitText: unit, description }),
      ),
    distribution: record.files.map(({ name, mediaType, bytes, sha256, url }) =>
      present({
        '@type': 'DataDownload',
        name,
        contentUrl: url,
        encodingFormat: mediaType,
        contentSize: sha256 === null ? undefined : `${bytes} B`,
        sha256,
      }),
    ),
  }),
});
