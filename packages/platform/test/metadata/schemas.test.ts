import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeMetadata } from '../../src/catalog/standards/formats.ts';
import { oaiAnswers, oaiEnvelope } from '../../src/catalog/standards/oai-answer.ts';
import type { DatasetRecord } from '../../src/catalog/standards/record.ts';
import { anyRecord } from './record-arbitraries.ts';
import { openSchemas, usualSchemas } from './schemas.ts';

const schemas = openSchemas(usualSchemas);
if (schemas === undefined)
  process.stderr.write(`skipped: there are no schemas of metadata in ${usualSchemas}\n`);

const email = 'contact@example.org';
const answerOf = (record: DatasetRecord, prefix: 'oai_dc' | 'oai_datacite'): string =>
  oaiEnvelope(
    oaiAnswers.list(
      'ListRecords',
      [{ identifier: record.id, datestamp: 0, set: null, record }],
      prefix,
      null,
    ),
    { baseUrl: 'https://example.org/oai', arguments: { verb: 'ListRecords' }, at: 0 },
  );

test.skipIf(schemas === undefined)(
  'any record is valid DCAT-US 3.0, DataCite 4.6 and OAI-PMH 2.0',
  async () => {
    const { dcatUs, datacite, oai } = schemas!;
    await fc.assert(
      fc.asyncProperty(anyRecord, async (record) => {
        expect(await dcatUs(writeMetadata(record, 'dcat-us', email).text)).toEqual([]);
        expect(await datacite(writeMetadata(record, 'datacite', email).text)).toEqual([]);
        expect(await oai(answerOf(record, 'oai_dc'))).toEqual([]);
        expect(await oai(answerOf(record, 'oai_datacite'))).toEqual([]);
      }),
      { numRuns: 25 },
    );
  },
);

test.skipIf(schemas === undefined)('a document that lacks what its standard demands is refused', async () => {
  const { dcatUs, datacite, oai } = schemas!;
  const [record] = fc.sample(anyRecord, { numRuns: 1, seed: 1 });
  const without = (text: string, piece: RegExp): string => {
    const changed = text.replace(piece, '');
    expect(changed).not.toBe(text);
    return changed;
  };
  const { contactPoint: _dropped, ...rest } = JSON.parse(writeMetadata(record!, 'dcat-us', email).text);
  expect(await dcatUs(JSON.stringify(rest))).not.toEqual([]);
  expect(
    await datacite(without(writeMetadata(record!, 'datacite', email).text, /<titles>.*<\/titles>/s)),
  ).not.toEqual([]);
  expect(await oai(without(answerOf(record!, 'oai_datacite'), /<titles>.*<\/titles>/s))).not.toEqual([]);
  expect(await oai(without(answerOf(record!, 'oai_dc'), /<responseDate>.*?<\/responseDate>/))).not.toEqual(
    [],
  );
});
