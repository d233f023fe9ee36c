import { toCroissant } from './croissant.ts';
import { toDatacite } from './datacite.ts';
import { toDcatUs } from './dcat-us.ts';
import { toProv } from './prov.ts';
import type { DatasetRecord } from './record.ts';
import { toRoCrate } from './ro-crate.ts';
import { toSchemaOrg } from './schema-org.ts';
import { xmlDocument } from './xml.ts';

/** The standards in which a dataset is described. */
export const metadataFormats = [
  'croissant',
  'schema-org',
  'datacite',
  'dcat-us',
  'ro-crate',
  'prov',
] as const;
export type MetadataFormat = (typeof metadataFormats)[number];

type Written = { mediaType: string; text: string };

const json = (mediaType: string, document: unknown): Written => ({
  mediaType: `${mediaType}; charset=utf-8`,
  text: `${JSON.stringify(document, null, 2)}\n`,
});

/** A record as a document of one standard. `email` stands in where a standard demands a mailbox and the record has none. */
export function writeMetadata(record: DatasetRecord, format: MetadataFormat, email: string): Written {
  switch (format) {
    case 'croissant':
      return json('application/ld+json', toCroissant(record));
    case 'schema-org':
      return json('application/ld+json', toSchemaOrg(record));
    case 'datacite':
      return { mediaType: 'application/xml; charset=utf-8', text: xmlDocument(toDatacite(record)) };
    case 'dcat-us':
      return json('application/json', toDcatUs(record, email));
    case 'ro-crate':
      return json('application/ld+json', toRoCrate(record));
    case 'prov':
      return json('application/json', toProv(record));
  }
}
