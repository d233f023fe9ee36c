import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { expect, test } from 'vitest';
import { anyRecord, anyText } from '../../../test/metadata/record-arbitraries.ts';
import { writeMetadata } from './formats.ts';
import { oaiAnswers, oaiEnvelope } from './oai-answer.ts';
import { descriptionOf } from './record.ts';
import { element, xmlDocument, xmlText } from './xml.ts';

type Node = { name: string; attributes: Record<string, string>; text: string };

/** Every element of a document in order; throws where it is not well formed. */
function elementsOf(xml: string): Node[] {
  const found: Node[] = [];
  const open: Node[] = [];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const node = { name, attributes: { ...(attributes as Record<string, string>) }, text: '' };
    found.push(node);
    open.push(node);
  });
  parser.on('text', (text) => {
    const last = open.at(-1);
    if (last !== undefined) last.text += text;
  });
  parser.on('closetag', () => void open.pop());
  parser.write(xml).close();
  return found;
}
const texts = (nodes: readonly Node[], name: string): string[] =>
  nodes.filter((node) => node.name === name).map(({ text }) => text);

test('any text comes back from XML as it was, but for what XML cannot hold', () => {
  fc.assert(
    fc.property(anyText, anyText, (content, attribute) => {
      const [root] = elementsOf(xmlDocument(element('a', { b: attribute }, content)));
      expect(root).toMatchObject({ text: xmlText(content), attributes: { b: xmlText(attribute) } });
    }),
    { numRuns: 2000 },
  );
});

test('what is no character of XML becomes U+FFFD, and no more', () => {
  expect(xmlText('a\u0000b\uD800c😀\u0009\uFFFE')).toBe('a\uFFFDb\uFFFDc😀\u0009\uFFFD');
});

const filled = (text: string): string => (text.trim() === '' ? ':unav' : xmlText(text));

test('any record is well-formed DataCite that says the same', () => {
  fc.assert(
    fc.property(anyRecord, (record) => {
      const nodes = elementsOf(writeMetadata(record, 'datacite', 'c@example.org').text);
      expect(texts(nodes, 'title')).toEqual([filled(record.name)]);
      expect(texts(nodes, 'publisher')).toEqual([filled(record.publisher.name)]);
      expect(texts(nodes, 'description')).toEqual([xmlText(descriptionOf(record))]);
      expect(texts(nodes, 'creatorName')).toHaveLength(Math.max(1, record.creators.length));
      expect(texts(nodes, 'subject')).toEqual(
        record.keywords.filter((one) => one.trim() !== '').map(xmlText),
      );
      expect(texts(nodes, 'rightsList')).toHaveLength(1);
    }),
    { numRuns: 300 },
  );
});

test('any record is well formed within an answer of OAI-PMH, in both of its formats', () => {
  fc.assert(
    fc.property(
      anyRecord,
      fc.constantFrom('oai_dc' as const, 'oai_datacite' as const),
      anyText,
      (record, prefix, said) => {
        const item = { identifier: `oai:x:${record.id}`, datestamp: 0, set: null, record };
        const nodes = elementsOf(
          oaiEnvelope(oaiAnswers.list('ListRecords', [item], prefix, said), {
            baseUrl: 'https://example.org/oai',
            arguments: { verb: 'ListRecords', set: said },
            at: 0,
          }),
        );
        expect(texts(nodes, 'identifier')[0]).toBe(item.identifier);
        expect(texts(nodes, 'resumptionToken')).toEqual([xmlText(said)]);
        const [title] = texts(nodes, prefix === 'oai_dc' ? 'dc:title' : 'title');
        const expected = prefix === 'oai_dc' ? record.name || undefined : filled(record.name);
        expect(title).toBe(expected === undefined ? undefined : xmlText(expected));
      },
    ),
    { numRuns: 300 },
  );
});

test('any record is JSON that says the same in the other standards', () => {
  fc.assert(
    fc.property(anyRecord, (record) => {
      const read = (format: Parameters<typeof writeMetadata>[1]) =>
        JSON.parse(writeMetadata(record, format, 'c@example.org').text);
      const hashes = record.files.flatMap(({ sha256 }) => sha256 ?? []);
      expect(read('schema-org')).toMatchObject({ name: record.name, description: descriptionOf(record) });
      const croissant = read('croissant');
      expect(croissant).toMatchObject({
        name: record.name,
        conformsTo: 'http://mlcommons.org/croissant/1.1',
        conditionsOfAccess: record.access,
      });
      expect((croissant.distribution ?? []).map(({ sha256 }: { sha256: string }) => sha256)).toEqual(hashes);
      expect(
        (croissant.recordSet ?? []).flatMap(({ field }: { field: { name: string }[] }) =>
          field.map(({ name }) => name),
        ),
      ).toEqual(record.tables.flatMap(({ columns }) => columns.map(({ name }) => name)));
      const dcat = read('dcat-us');
      expect(dcat).toMatchObject({ title: record.name, accessRights: record.access });
      expect(dcat.contactPoint.hasEmail).toMatch(/^mailto:[^@\s]+@[^@\s]+$/);
      const graph: { '@id': string; name?: string }[] = read('ro-crate')['@graph'];
      expect(graph.find((entity) => entity['@id'] === record.url)).toMatchObject({ name: record.name });
      expect(graph[0]).toMatchObject({ '@id': 'ro-crate-metadata.json' });
    }),
    { numRuns: 300 },
  );
});

test('every statement of a lineage is in the PROV document, between things that are declared', () => {
  fc.assert(
    fc.property(anyRecord, (record) => {
      const document = JSON.parse(writeMetadata(record, 'prov', 'c@example.org').text);
      const { prefix, entity, activity = {}, agent = {}, ...relations } = document;
      expect(prefix.prov).toBe('http://www.w3.org/ns/prov#');
      const declared = new Set([...Object.keys(entity), ...Object.keys(activity), ...Object.keys(agent)]);
      const ends = Object.values(relations as Record<string, Record<string, Record<string, string>>>).flatMap(
        (statements) => Object.values(statements).flatMap((fields) => Object.values(fields)),
      );
      for (const end of ends) expect(declared).toContain(end);
      const distinct = new Set(record.lineage.map((one) => JSON.stringify(one)));
      expect(ends.length / 2).toBeGreaterThanOrEqual(distinct.size);
    }),
    { numRuns: 300 },
  );
});
