import type { Label } from '@genesis/contracts';
import { expect, test } from 'vitest';
import { createOai } from '../../src/catalog/metadata/oai-routes.ts';
import { createEvidenceReads } from '../../src/door/index.ts';
import { systemClock as clock, createCursors } from '../../src/kernel/index.ts';
import type { PrincipalFacts } from '../../src/policy/index.ts';
import { catalogPlatform, free, open } from '../catalog-platform.ts';

const internal: Label = { level: 'internal', categories: [] };

test('a list goes on by its tokens, for each reader over what that reader may see', async () => {
  const { door, database, person, importText } = await catalogPlatform();
  const cleared = person('org_a', internal);
  const stranger = person('org_b');
  const made: Record<string, string[]> = { public: [], internal: [] };
  for (const label of [open, internal, open, internal, open]) {
    const request = { name: 'x', description: '', source: '', label, conditions: free };
    made[label.level]?.push((await importText(cleared, request, 'a\n1\n')).dataset as string);
  }
  const site = () => ({ url: 'https://genesis.example.org', name: 'Genesis', email: 'c@example.org' });
  const evidence = createEvidenceReads({ database, door, clock });
  const oai = createOai(
    { door, database, clock, evidence, site, cursors: createCursors(Buffer.alloc(32, 1)) },
    2,
  );
  const tokenOf = (text: string) => /<resumptionToken>([^<]+)</.exec(text)?.[1];
  const idsOf = (text: string) =>
    [...text.matchAll(/<header><identifier>oai:genesis\.example\.org:(dst_\w+)/g)].map(([, id]) => id!);
  async function walk(who: PrincipalFacts, from?: string): Promise<string[][]> {
    const pages: string[][] = [];
    let token = from;
    do {
      const pairs: [string, string][] =
        token === undefined
          ? [
              ['verb', 'ListRecords'],
              ['metadataPrefix', 'oai_dc'],
            ]
          : [
              ['verb', 'ListRecords'],
              ['resumptionToken', token],
            ];
      const text = await oai(who, pairs);
      pages.push(idsOf(text));
      token = tokenOf(text);
      // The last part of a list that was given in parts ends it with an empty token.
      if (token === undefined && pages.length > 1) expect(text).toContain('<resumptionToken/>');
    } while (token !== undefined);
    return pages;
  }
  const all = await walk(cleared);
  expect(all.map((page) => page.length)).toEqual([2, 2, 1]);
  expect(all.flat().sort()).toEqual([...made['public']!, ...made['internal']!].sort());
  expect((await walk(stranger)).flat()).toEqual(made['public']);
  // A token of somebody who sees more is a place in the list, and no right to it.
  const first = await oai(cleared, [
    ['verb', 'ListRecords'],
    ['metadataPrefix', 'oai_dc'],
  ]);
  const others = (await walk(stranger, tokenOf(first))).flat();
  expect(others.filter((id) => made['internal']!.includes(id))).toEqual([]);
  const wrongVerb = await oai(cleared, [
    ['verb', 'ListIdentifiers'],
    ['resumptionToken', tokenOf(first)!],
  ]);
  expect(wrongVerb).toContain('code="badResumptionToken"');
}, 60_000);
