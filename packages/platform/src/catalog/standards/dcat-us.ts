import { type DatasetRecord, descriptionOf, present, type RecordFile } from './record.ts';

/** What the schema takes as the address of a mailbox. */
const mailbox = /^[\w~!$&'()*+,;=:.-]+@[\w.-]+\.[\w.-]+$/;

const distribution = (
  { name, mediaType, bytes, sha256, url }: RecordFile,
  { access, open, url: page, licences }: DatasetRecord,
) => ({
  '@type': 'Distribution',
  ...present({
    title: name,
    mediaType,
    byteSize: sha256 === null ? null : String(bytes),
    // What needs a grant first is no direct download.
    ...(open ? { downloadURL: url } : { accessURL: page }),
    license: licences.length === 0 ? null : licences.join(', '),
    accessRights: access,
    checksum: sha256 === null ? null : { '@type': 'Checksum', algorithm: 'SHA-256', checksumValue: sha256 },
  }),
});

/** A Dataset of DCAT-US 3.0. `fallbackEmail` is used where the contact's address is none that the schema takes. */
export function toDcatUs(record: DatasetRecord, fallbackEmail: string) {
  const { contact, publisher, creators, doi } = record;
  const email = mailbox.test(contact.email) ? contact.email : fallbackEmail;
  const others = record.identifiers.map(({ scheme, value }) => ({
    '@type': 'Identifier',
    schemaAgency: scheme,
    notation: value,
  }));
  return {
    '@type': 'Dataset',
    '@id': record.url,
    title: record.name,
    description: descriptionOf(record),
    identifier: { '@type': 'Identifier', '@id': record.url, notation: record.id },
    contactPoint: { '@type': 'Kind', fn: contact.name, hasEmail: `mailto:${email}` },
    publisher: {
      '@type': 'Organization',
      ...(publisher.ror === undefined ? {} : { '@id': publisher.ror }),
      name: publisher.name,
    },
    ...present({
      otherIdentifier: [
        ...(doi === null
          ? []
          : [{ '@type': 'Identifier', '@id': `https://doi.org/${encodeURI(doi)}`, notation: doi }]),
        ...others,
      ],
      creator: creators[0] === undefined ? null : { '@type': 'Agent', name: creators[0].name },
      contributor: creators.slice(1).map(({ name }) => ({ '@type': 'Agent', name })),
      keyword: record.keywords.filter((one) => one !== ''),
      landingPage: { '@type': 'Document', title: record.name, accessURL: record.url },
      version: record.version,
      created: record.created,
      issued: record.issued,
      modified: record.modified,
      language: record.language?.length === 2 ? record.language : null,
      accessRights: record.access,
      rights: record.licences,
      provenance: record.source === '' ? [] : [record.source],
      distribution: record.files.map((file) => distribution(file, record)),
    }),
  };
}

/** A Catalog of DCAT-US 3.0 with one page of datasets. */
export const toDcatUsCatalog = (
  records: readonly DatasetRecord[],
  about: { url: string; title: string; email: string },
) => ({
  '@context': 'https://resources.data.gov/dcat-us/3.0.0/context',
  '@type': 'Catalog',
  '@id': about.url,
  title: about.title,
  conformsTo: {
    '@type': 'Standard',
    '@id': 'https://resources.data.gov/dcat-us/3.0.0',
    title: 'DCAT-US 3.0',
  },
  dataset: records.map((record) => toDcatUs(record, about.email)),
});
