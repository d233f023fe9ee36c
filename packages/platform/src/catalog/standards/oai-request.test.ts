import { expect, test } from 'vitest';
import { readOaiRequest } from './oai-request.ts';

const read = (query: string) => readOaiRequest([...new URLSearchParams(query)]);

test.each([
  ['', 'badVerb'],
  ['verb=List', 'badVerb'],
  ['verb=toString', 'badVerb'],
  ['verb=Identify&verb=Identify', 'badVerb'],
  ['verb=Identify&set=a', 'badArgument'],
  ['verb=GetRecord&identifier=a', 'badArgument'],
  ['verb=GetRecord&metadataPrefix=oai_dc', 'badArgument'],
  ['verb=GetRecord&identifier=a&metadataPrefix=marc', 'cannotDisseminateFormat'],
  ['verb=ListRecords', 'badArgument'],
  ['verb=ListRecords&metadataPrefix=oai_dc&metadataPrefix=oai_dc', 'badArgument'],
  ['verb=ListRecords&metadataPrefix=oai_dc&resumptionToken=x', 'badArgument'],
  ['verb=ListRecords&metadataPrefix=oai_dc&from=2026-02-31', 'badArgument'],
  ['verb=ListRecords&metadataPrefix=oai_dc&from=2026-01-01T00:00:00', 'badArgument'],
  ['verb=ListRecords&metadataPrefix=oai_dc&from=2026-01-01&until=2026-01-02T00:00:00Z', 'badArgument'],
  ['verb=ListRecords&metadataPrefix=oai_dc&from=2026-01-02&until=2026-01-01', 'badArgument'],
  ['verb=ListRecords&metadataPrefix=oai_dc&set=a%20b', 'badArgument'],
  ['verb=ListSets&resumptionToken=x', 'badResumptionToken'],
])('%s is %s', (query, code) => {
  expect(() => read(query)).toThrow(expect.objectContaining({ code }));
});

test('both ends of an interval are in it, to the last millisecond', () => {
  expect(read('verb=ListRecords&metadataPrefix=oai_dc&from=2026-01-01&until=2026-01-01')).toEqual({
    verb: 'ListRecords',
    selection: {
      prefix: 'oai_dc',
      from: Date.UTC(2026, 0, 1),
      until: Date.UTC(2026, 0, 2) - 1,
    },
  });
  expect(read('verb=ListIdentifiers&metadataPrefix=oai_datacite&until=2026-01-01T00:00:05Z&set=a')).toEqual({
    verb: 'ListIdentifiers',
    selection: { prefix: 'oai_datacite', until: Date.UTC(2026, 0, 1, 0, 0, 5, 999), set: 'a' },
  });
});

test('a token stands alone', () => {
  expect(read('verb=ListRecords&resumptionToken=abc')).toEqual({
    verb: 'ListRecords',
    resumptionToken: 'abc',
  });
});
