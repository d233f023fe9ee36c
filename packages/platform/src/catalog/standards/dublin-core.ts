import { type DatasetRecord, descriptionOf, licenceAddress } from './record.ts';
import { element, type Written } from './xml.ts';

export const dublinCoreNamespace = 'http://www.openarchives.org/OAI/2.0/oai_dc/';
export const dublinCoreSchema = 'http://www.openarchives.org/OAI/2.0/oai_dc.xsd';

/** Simple Dublin Core in the container of OAI-PMH. */
export function toDublinCore(record: DatasetRecord): Written {
  const several = (name: string, values: readonly (string | null)[]): Written[] =>
    values.filter((value) => value !== null && value !== '').map((value) => element(`dc:${name}`, {}, value));
  return element(
    'oai_dc:dc',
    {
      'xmlns:oai_dc': dublinCoreNamespace,
      'xmlns:dc': 'http://purl.org/dc/elements/1.1/',
      'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
      'xsi:schemaLocation': `${dublinCoreNamespace} ${dublinCoreSchema}`,
    },
    ...several('title', [record.name]),
    ...several(
      'creator',
      record.creators.map(({ name }) => name),
    ),
    ...several('subject', record.keywords),
    ...several('description', [descriptionOf(record)]),
    ...several('publisher', [record.publisher.name]),
    ...several('date', [record.issued ?? record.created]),
    ...several('type', ['Dataset']),
    ...several('format', [...new Set(record.files.map(({ mediaType }) => mediaType))]),
    ...several('identifier', [
      record.url,
      record.doi === null ? null : `https://doi.org/${record.doi}`,
      ...record.identifiers.filter(({ value }) => value !== record.doi).map(({ value }) => value),
    ]),
    ...several('source', [record.source]),
    ...several('language', [record.language]),
    ...several(
      'relation',
      record.related.map(({ identifier }) => identifier.value),
    ),
    ...several('rights', [
      ...record.licences.map((licence) => licenceAddress(licence) ?? licence),
      record.access,
    ]),
  );
}
