import { expect, test } from 'vitest';
import { readCroissant } from './read-croissant.ts';
import { readDcatUs } from './read-dcat-us.ts';
import { readJson } from './read-json.ts';
import { readOai } from './read-oai.ts';
import { readXml } from './read-xml.ts';
import { cleaned, licenceOf, webAddress } from './remote-record.ts';

const bytes = (text: string): Buffer => Buffer.from(text);

test.each([
  ['https://spdx.org/licenses/CC-BY-4.0.html', 'CC-BY-4.0'],
  ['https://spdx.org/licenses/Apache-2.0', 'Apache-2.0'],
  ['https://creativecommons.org/licenses/by-nc/4.0/', 'CC-BY-NC-4.0'],
  ['http://creativecommons.org/publicdomain/zero/1.0/', 'CC0-1.0'],
  ['MIT', 'MIT'],
  ['Ask the laboratory!', 'LicenseRef-Ask-the-laboratory'],
  ['', null],
  [{ evil: true }, null],
])('the licence %j is %j', (said, meant) => {
  expect(licenceOf(said)).toBe(meant);
});

test('words of strangers lose what turns or hides them, and their length', () => {
  expect(cleaned('a\u0000\u202Eb\u001B[31m', 100)).toBe('a b [31m');
  expect(cleaned('x'.repeat(50), 10)).toHaveLength(10);
  for (const address of ['javascript:alert(1)', 'file:///etc/passwd', 'data:,x', 'nothing'])
    expect(webAddress(address)).toBeNull();
});

test('catalogs of DCAT-US 3.0 and 1.1 are read alike', () => {
  const old = {
    identifier: 'a-1',
    title: 'Old',
    publisher: { name: 'P' },
    license: 'https://spdx.org/licenses/MIT',
    accessLevel: 'restricted public',
    rights: 'ask us',
    keyword: ['k'],
    modified: '2026-01-01',
    distribution: [
      { downloadURL: 'https://x.example/a.csv', mediaType: 'text/csv' },
      { accessURL: 'https://x.example/page' },
    ],
  };
  const fresh = {
    identifier: { notation: 'b-1' },
    title: 'New',
    distribution: [
      {
        downloadURL: 'https://x.example/b.csv',
        byteSize: '12',
        checksum: { algorithm: 'SHA-256', checksumValue: 'A'.repeat(64) },
      },
    ],
  };
  const read = readDcatUs({ dataset: [old, fresh, { title: 'no identifier' }, null, 7] });
  expect(read).toMatchObject([
    {
      remoteId: 'a-1',
      name: 'Old',
      licences: ['MIT'],
      access: 'restricted public ask us',
      files: [{ url: 'https://x.example/a.csv', sha256: null }],
    },
    { remoteId: 'b-1', name: 'New', files: [{ bytes: 12, sha256: 'a'.repeat(64) }] },
  ]);
  expect(() => readDcatUs({ datasets: [] })).toThrow('no catalog of DCAT-US');
});

test('Croissant is read where it says that it is', () => {
  const document = {
    '@type': 'sc:Dataset',
    conformsTo: 'http://mlcommons.org/croissant/1.1',
    name: { en: 'N' },
    license: ['https://spdx.org/licenses/MIT'],
    distribution: [
      {
        name: 'f',
        contentUrl: 'https://x.example/f',
        encodingFormat: ['text/csv'],
        contentSize: '7 B',
        sha256: 'b'.repeat(64),
      },
      { contentUrl: 'relative' },
    ],
  };
  expect(readCroissant(document, 'https://x.example/c')).toMatchObject({
    remoteId: 'https://x.example/c',
    name: 'N',
    licences: ['MIT'],
    files: [{ bytes: 7, mediaType: 'text/csv' }],
  });
  expect(() => readCroissant({ name: 'x' }, 'u')).toThrow('no Croissant document');
});

test('an answer of OAI-PMH is read with its token; deleted records are passed over', () => {
  const text = `<?xml version="1.0"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>
    <record><header><identifier>oai:x:1</identifier><datestamp>2026-01-01</datestamp></header><metadata><oai_dc:dc xmlns:oai_dc="o" xmlns:dc="d"><dc:title>A &amp; B</dc:title><dc:rights>https://spdx.org/licenses/MIT</dc:rights><dc:rights>Ask us.</dc:rights><dc:identifier>https://x.example/1</dc:identifier></oai_dc:dc></metadata></record>
    <record><header status="deleted"><identifier>oai:x:2</identifier></header></record>
    <resumptionToken> next </resumptionToken></ListRecords></OAI-PMH>`;
  expect(readOai(bytes(text))).toMatchObject({
    next: 'next',
    records: [
      {
        remoteId: 'oai:x:1',
        name: 'A & B',
        licences: ['MIT'],
        access: 'Ask us.',
        page: 'https://x.example/1',
      },
    ],
  });
  const none = '<OAI-PMH><error code="noRecordsMatch">x</error></OAI-PMH>';
  expect(readOai(bytes(none))).toEqual({ records: [], next: null });
  expect(() => readOai(bytes('<OAI-PMH><error code="badArgument">no</error></OAI-PMH>'))).toThrow('no');
});

const bomb = `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "${'x'.repeat(100)}"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><a>&b;</a>`;
test.each([
  ['a bomb of entities', bomb],
  [
    'an external entity',
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
  ],
  ['an external document type', '<!doctype a SYSTEM "http://127.0.0.1/x.dtd"><a/>'],
  ['an entity that nobody declared', '<a>&x;</a>'],
  ['what is too deep', '<a>'.repeat(100) + '</a>'.repeat(100)],
  ['what is cut', '<a><b></a>'],
  ['nothing', ''],
])('XML with %s is refused', (_what, text) => {
  expect(() => readXml(bytes(text))).toThrow();
});

test('JSON that is too deep is refused before it is built', () => {
  expect(() => readJson(bytes('['.repeat(100_000)))).toThrow('deeper');
  expect(readJson(bytes(`{"a":"${'['.repeat(100)}\\"{"}`))).toEqual({ a: `${'['.repeat(100)}"{` });
  expect(() => readJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow('UTF-8');
});
