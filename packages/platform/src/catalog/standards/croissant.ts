import {
  type DatasetRecord,
  descriptionOf,
  present,
  type RecordColumn,
  type RecordFile,
  type RecordTable,
} from './record.ts';
import { schemaIdentifiers, schemaLicences, schemaParty } from './schema-org.ts';

/** The names of Croissant 1.1, as every document of that version begins. */
const context = {
  '@language': 'en',
  '@vocab': 'https://schema.org/',
  arrayShape: 'cr:arrayShape',
  citeAs: 'cr:citeAs',
  column: 'cr:column',
  conformsTo: 'dct:conformsTo',
  containedIn: 'cr:containedIn',
  cr: 'http://mlcommons.org/croissant/',
  data: { '@id': 'cr:data', '@type': '@json' },
  dataType: { '@id': 'cr:dataType', '@type': '@vocab' },
  dct: 'http://purl.org/dc/terms/',
  description: { '@container': '@language' },
  equivalentProperty: 'cr:equivalentProperty',
  examples: { '@id': 'cr:examples', '@type': '@json' },
  extract: 'cr:extract',
  field: 'cr:field',
  fileObject: 'cr:fileObject',
  fileProperty: 'cr:fileProperty',
  fileSet: 'cr:fileSet',
  format: 'cr:format',
  includes: 'cr:includes',
  isArray: 'cr:isArray',
  isLiveDataset: 'cr:isLiveDataset',
  jsonPath: 'cr:jsonPath',
  key: 'cr:key',
  md5: 'cr:md5',
  name: { '@container': '@language' },
  parentField: 'cr:parentField',
  path: 'cr:path',
  rai: 'http://mlcommons.org/croissant/RAI/',
  recordSet: 'cr:recordSet',
  references: 'cr:references',
  regex: 'cr:regex',
  repeated: 'cr:repeated',
  replace: 'cr:replace',
  samplingRate: 'cr:samplingRate',
  sc: 'https://schema.org/',
  separator: 'cr:separator',
  source: 'cr:source',
  subField: 'cr:subField',
  transform: 'cr:transform',
};

const dataTypes: Readonly<Record<RecordColumn['type'], string>> = {
  number: 'sc:Float',
  integer: 'sc:Integer',
  text: 'sc:Text',
  boolean: 'sc:Boolean',
  timestamp: 'sc:Date',
};

/** Loaders of Croissant know Parquet by its older name. */
const loadedAs: Readonly<Record<string, string[]>> = {
  'application/vnd.apache.parquet': ['application/x-parquet', 'application/vnd.apache.parquet'],
};

const fileObject = ({ id, name, mediaType, bytes, sha256, url }: RecordFile) => ({
  '@type': 'cr:FileObject',
  '@id': id,
  name,
  contentUrl: url,
  contentSize: `${bytes} B`,
  encodingFormat: loadedAs[mediaType] ?? mediaType,
  sha256,
});

/** Columns of the stored Parquet have names of their own, so that a header may say anything. */
const recordSet = ({ file, columns }: RecordTable, index: number) => ({
  '@type': 'cr:RecordSet',
  '@id': `table-${index}`,
  name: `table-${index}`,
  field: columns.map(({ name, type, unit, description }, at) => ({
    '@type': 'cr:Field',
    '@id': `table-${index}/c${at}`,
    ...present({
      name,
      description:
        [description, unit === null ? null : `in ${unit}`].filter((one) => one !== null).join(', ') || null,
    }),
    dataType: dataTypes[type],
    source: { fileObject: { '@id': file }, extract: { column: `c${at}` } },
  })),
});

/**
 * Croissant 1.1. Only files whose hash is known before they are fetched are listed: the format demands it, and whoever
 * loads them checks it.
 */
export const toCroissant = (record: DatasetRecord) => ({
  '@context': context,
  '@type': 'sc:Dataset',
  '@id': record.url,
  conformsTo: 'http://mlcommons.org/croissant/1.1',
  ...present({
    name: record.name,
    description: descriptionOf(record),
    url: record.url,
    identifier: schemaIdentifiers(record),
    // Croissant wants three numbers; ours count.
    version: record.version === null ? null : `${record.version}.0.0`,
    license: schemaLicences(record),
    keywords: record.keywords,
    creator: record.creators.map(schemaParty),
    publisher: schemaParty(record.publisher),
    dateCreated: record.created,
    dateModified: record.modified,
    datePublished: record.issued ?? record.created,
    inLanguage: record.language,
    conditionsOfAccess: record.access,
    distribution: record.files.filter(({ sha256 }) => sha256 !== null).map(fileObject),
    recordSet: record.tables.map(recordSet),
  }),
});
