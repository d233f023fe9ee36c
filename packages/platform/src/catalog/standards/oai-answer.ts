import { toDatacite } from './datacite.ts';
import { dublinCoreNamespace, dublinCoreSchema, toDublinCore } from './dublin-core.ts';
import type { OaiError, OaiPrefix } from './oai-request.ts';
import type { DatasetRecord } from './record.ts';
import { element, type Written, xmlDocument } from './xml.ts';

const protocol = 'http://www.openarchives.org/OAI/2.0/';
const oaiDatacite = 'http://schema.datacite.org/oai/oai-1.1/';
const oaiDataciteSchema = 'http://schema.datacite.org/oai/oai-1.1/oai.xsd';

/** A record with what stands in its header. `datestamp` is in milliseconds. */
export type OaiItem = { identifier: string; datestamp: number; set: string | null; record: DatasetRecord };

/** A moment to the second, the finest that this protocol knows. */
const second = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

const header = ({ identifier, datestamp, set }: OaiItem): Written =>
  element(
    'header',
    {},
    element('identifier', {}, identifier),
    element('datestamp', {}, second(datestamp)),
    set !== null && element('setSpec', {}, set),
  );

const wrapped = (record: DatasetRecord): Written =>
  element(
    'oai_datacite',
    {
      xmlns: oaiDatacite,
      'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
      'xsi:schemaLocation': `${oaiDatacite} ${oaiDataciteSchema}`,
    },
    element('datacentreSymbol', {}, 'GENESIS'),
    element('schemaVersion', {}, '4.6'),
    element('payload', {}, toDatacite(record)),
  );

const metadataOf: Readonly<Record<OaiPrefix, (record: DatasetRecord) => Written>> = {
  oai_dc: toDublinCore,
  oai_datacite: wrapped,
};

const fullRecord = (item: OaiItem, prefix: OaiPrefix): Written =>
  element('record', {}, header(item), element('metadata', {}, metadataOf[prefix](item.record)));

/** An empty token ends a list that was given in parts. */
const resumption = (token: string | null | undefined): Written | false =>
  token !== undefined && element('resumptionToken', {}, token ?? '');

export const oaiAnswers = {
  identify: (about: { name: string; baseUrl: string; email: string }): Written =>
    element(
      'Identify',
      {},
      element('repositoryName', {}, about.name),
      element('baseURL', {}, about.baseUrl),
      element('protocolVersion', {}, '2.0'),
      element('adminEmail', {}, about.email),
      // A true lower bound that says nothing about what is hidden.
      element('earliestDatestamp', {}, '1970-01-01T00:00:00Z'),
      element('deletedRecord', {}, 'no'),
      element('granularity', {}, 'YYYY-MM-DDThh:mm:ssZ'),
    ),
  formats: (): Written =>
    element(
      'ListMetadataFormats',
      {},
      ...(
        [
          ['oai_dc', dublinCoreSchema, dublinCoreNamespace],
          ['oai_datacite', oaiDataciteSchema, oaiDatacite],
        ] as const
      ).map(([prefix, schema, namespace]) =>
        element(
          'metadataFormat',
          {},
          element('metadataPrefix', {}, prefix),
          element('schema', {}, schema),
          element('metadataNamespace', {}, namespace),
        ),
      ),
    ),
  sets: (sets: readonly { spec: string; name: string }[]): Written =>
    element(
      'ListSets',
      {},
      ...sets.map(({ spec, name }) =>
        element('set', {}, element('setSpec', {}, spec), element('setName', {}, name)),
      ),
    ),
  record: (item: OaiItem, prefix: OaiPrefix): Written => element('GetRecord', {}, fullRecord(item, prefix)),
  /** `token`: undefined for a list that is whole, null at the end of one that was given in parts. */
  list: (
    verb: 'ListIdentifiers' | 'ListRecords',
    items: readonly OaiItem[],
    prefix: OaiPrefix,
    token: string | null | undefined,
  ): Written =>
    element(
      verb,
      {},
      ...items.map((item) => (verb === 'ListRecords' ? fullRecord(item, prefix) : header(item))),
      resumption(token),
    ),
  error: ({ code, message }: OaiError): Written => element('error', { code }, message),
};

/** The envelope of every answer. Arguments that were refused are not repeated. */
export function oaiEnvelope(
  content: Written,
  request: { baseUrl: string; arguments: Readonly<Record<string, string>> | null; at: number },
): string {
  return xmlDocument(
    element(
      'OAI-PMH',
      {
        xmlns: protocol,
        'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
        'xsi:schemaLocation': `${protocol} http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd`,
      },
      element('responseDate', {}, second(request.at)),
      element('request', request.arguments ?? {}, request.baseUrl),
      content,
    ),
  );
}
