import fc from 'fast-check';
import type { DatasetRecord, Party } from '../../src/catalog/standards/record.ts';

/** Any text at all: controls, halves of surrogate pairs, markup, directions of writing. */
export const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({
    unit: fc.constantFrom(
      '<',
      '>',
      '&',
      '"',
      "'",
      ']]>',
      '\r',
      '\n',
      '\t',
      '\u0000',
      '\u001B',
      '\uFFFE',
      '\uD800',
      '\uDC00',
      '😀',
      '\u202E',
      '</script>',
      '<!--',
      'é',
      ' ',
    ),
    maxLength: 12,
  }),
);
const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,8}$/);
const moment = fc
  .date({ min: new Date('2000-01-01T00:00:00Z'), max: new Date('2100-01-01T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString());
const address = word.map((one) => `https://data.example.org/datasets/${one}`);
const hash = fc.stringMatching(/^[0-9a-f]{64}$/);
const id = (prefix: string) => fc.stringMatching(/^[0-9a-hjkmnp-tv-z]{26}$/).map((one) => `${prefix}_${one}`);

const party: fc.Arbitrary<Party> = fc.record(
  {
    kind: fc.constantFrom('person' as const, 'organisation' as const),
    name: anyText,
    givenName: anyText,
    familyName: anyText,
    affiliation: anyText,
  },
  { requiredKeys: ['kind', 'name'] },
);
const identifier = fc.record({ scheme: fc.constantFrom('doi', 'ark', 'url', 'local'), value: anyText });

/** Any record that a catalog could make. */
export const anyRecord: fc.Arbitrary<DatasetRecord> = fc.record({
  id: id('dst'),
  name: anyText,
  description: anyText,
  version: fc.option(fc.integer({ min: 1, max: 99 }).map(String)),
  creators: fc.array(party, { maxLength: 3 }),
  publisher: party,
  contact: fc.record({ name: anyText, email: fc.oneof(anyText, fc.constant('ada@example.org')) }),
  keywords: fc.array(anyText, { maxLength: 4 }),
  licences: fc.array(fc.constantFrom('CC-BY-4.0', 'LicenseRef-other', 'MIT'), { maxLength: 2 }),
  created: moment,
  modified: moment,
  issued: fc.option(moment),
  doi: fc.option(word.map((one) => `10.1234/${one}`)),
  identifiers: fc.array(identifier, { maxLength: 2 }),
  url: address,
  source: anyText,
  funding: fc.array(fc.record({ funder: anyText, award: anyText }), { maxLength: 2 }),
  related: fc.array(fc.record({ relation: word, identifier }), { maxLength: 2 }),
  access: anyText,
  open: fc.boolean(),
  language: fc.option(fc.constantFrom('en', 'de')),
  files: fc.array(
    fc.record({
      id: id('ver'),
      name: anyText,
      mediaType: fc.constantFrom('text/csv', 'application/vnd.apache.parquet'),
      bytes: fc.nat(),
      sha256: fc.option(hash),
      url: address,
    }),
    { maxLength: 2 },
  ),
  tables: fc.array(
    fc.record({
      file: id('ver'),
      rows: fc.nat(),
      columns: fc.array(
        fc.record({
          name: anyText,
          type: fc.constantFrom(
            'number' as const,
            'integer' as const,
            'text' as const,
            'boolean' as const,
            'timestamp' as const,
          ),
          unit: fc.option(anyText),
          description: fc.option(anyText),
        }),
        { maxLength: 3 },
      ),
    }),
    { maxLength: 1 },
  ),
  lineage: fc.array(
    fc.record({
      subject: fc.oneof(id('ver'), id('dst'), id('run'), id('prn')),
      relation: fc.constantFrom(
        'used',
        'wasDerivedFrom',
        'wasGeneratedBy',
        'wasAssociatedWith',
        'wasInformedBy',
        'wasInvalidatedBy',
      ),
      object: fc.oneof(id('ver'), id('dst'), id('run'), id('prn')),
      entry: id('ent'),
    }),
    { maxLength: 4 },
  ),
});
