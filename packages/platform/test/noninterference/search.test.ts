import { levels, type Purpose } from '@genesis/contracts';
import { governanceOf } from '@genesis/datacard';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Described, documentsOf } from '../../src/catalog/search/documents.ts';
import { facetNames, type Sort } from '../../src/catalog/search/model.ts';
import { search } from '../../src/catalog/search/search.ts';
import { writeDocuments } from '../../src/catalog/search/write-documents.ts';
import { card, cardVersion } from '../../src/catalog/tables.ts';
import { rowOf } from '../../src/door/facts.ts';
import { factsOf, type WriteTx } from '../../src/door/index.ts';
import { makeScope } from '../../src/door/scope.ts';
import { resource } from '../../src/door/tables.ts';
import { systemClock } from '../../src/kernel/index.ts';
import {
  admits,
  type PrincipalFacts,
  type ReadPredicate,
  type ResourceFacts,
  readScopeOf,
} from '../../src/policy/index.ts';
import { anyPrincipal, anyPurpose, now, resourceOf } from '../policy-arbitraries.ts';
import { freshDatabase } from '../test-database.ts';

const seed = Number(process.env['GENESIS_SEED'] ?? 20_261_128);
const words = ['silica', 'steel', 'neutron', 'cell', 'protein', 'alloy'];
const sortsToTry: readonly Sort[] = ['relevance', 'newest', 'name', 'size', 'readiness'];

/** A dataset with its own facts, what it says, and perhaps a card with facts of its own. */
type Thing = { own: ResourceFacts; card: ResourceFacts | null; described: Described };
type Draw = {
  own: ResourceFacts;
  card: ResourceFacts | null;
  words: number[];
  cardWords: number[];
  n: number;
};

const stored = (kind: string) =>
  resourceOf([kind]).map(({ sealed: _sealed, destinationClearance: _to, ...facts }): ResourceFacts => facts);
const anyDraw: fc.Arbitrary<Draw> = fc.record({
  own: stored('dataset'),
  card: fc.option(stored('card'), { freq: 3 }),
  words: fc.array(fc.nat(words.length - 1), { minLength: 1, maxLength: 4 }),
  cardWords: fc.array(fc.nat(words.length - 1), { minLength: 1, maxLength: 4 }),
  n: fc.nat(1000),
});

const sentence = (all: readonly number[]): string => all.map((one) => words[one]).join(' ');

/** Ids that grants and delegations name, and others; origins as the product gives them, and as derived data has them. */
function thingOf(draw: Draw, index: number): Thing {
  const id = index < 2 ? `dst_${index + 1}` : `dst_x${index}`;
  const origins =
    draw.own.conditions.origins.length > 0 && draw.n % 3 === 0 ? draw.own.conditions.origins : [id];
  const own = { ...draw.own, id, conditions: { ...draw.own.conditions, origins } };
  const cardId = `crd_x${index}`;
  const card = draw.card && {
    ...draw.card,
    ...{ id: cardId, organisation: own.organisation, conditions: { ...draw.card.conditions, origins: [id] } },
  };
  const fields = {
    discoverability: {
      identification: { name: `card ${sentence(draw.cardWords)}` },
      dataset_description: {
        science_domain: words[draw.cardWords[0]!]!,
        keywords: [words[draw.cardWords.at(-1)!]!],
      },
    },
  };
  const described: Described = {
    ...{ subject: id, organisation: own.organisation, name: `own ${sentence(draw.words)}` },
    ...{ description: sentence(draw.words.toReversed()), source: '', columns: [words[draw.words[0]!]!] },
    ...{
      formats: [draw.n % 2 === 0 ? 'CSV' : 'HDF5'],
      bytes: draw.n * 10_000,
      createdAt: draw.n * 1_000_000_000,
    },
    card: card && {
      ...{ id: cardId, fields, governance: governanceOf({ fields, body: '' }) },
      ...{ readiness: draw.n % 101, createdAt: draw.n * 900_000_000 },
    },
  };
  return { own, card, described };
}

const sees = (predicate: ReadPredicate, { own, card }: Thing) => {
  const [seesOwn, seesCard] = [admits(predicate, own), card !== null && admits(predicate, card)];
  if (seesOwn) return seesCard ? 'both' : 'dataset';
  return seesCard ? 'card' : null;
};

/** Every row, filtered one by one: what a search without an index would answer. */
function naive(things: readonly Thing[], predicate: ReadPredicate, asked: Asked) {
  const hits = things.flatMap((thing) => {
    const face = sees(predicate, thing);
    if (face === null) return [];
    const document = documentsOf(thing.described).find((one) => one.face === face)!;
    const { label, organisation, conditions } = thing.own;
    const facets =
      face === 'card'
        ? document.facets
        : {
            ...document.facets,
            ...{ level: [label.level], category: label.categories, purpose: conditions.purposes },
            ...{ licence: conditions.licences, organisation: [organisation ?? 'platform'] },
          };
    const text = Object.values(document.text)
      .join(' ')
      .split(/[^a-z]+/)
      .filter((word) => word !== '');
    const says = (phrase: readonly string[]): boolean =>
      text.some((_, at) => phrase.every((word, index) => text[at + index] === word));
    const fits =
      asked.words.every((word) => text.includes(word)) &&
      asked.phrases.every(({ all, not }) => says(all) !== not) &&
      !asked.not.some((word) => text.includes(word)) &&
      Object.entries(asked.only).every(([facet, values]) =>
        (facets[facet as keyof typeof facets] ?? []).some((value) => values.includes(value)),
      );
    return fits ? [{ id: thing.own.id, face, facets }] : [];
  });
  const counts = facetNames.flatMap((facet) => {
    const found = new Map<string, number>();
    for (const hit of hits)
      for (const value of new Set(hit.facets[facet] ?? [])) found.set(value, (found.get(value) ?? 0) + 1);
    return found.size === 0 ? [] : [[facet, Object.fromEntries(found)]];
  });
  return { ids: hits.map(({ id, face }) => `${id} ${face}`).sort(), total: hits.length, counts };
}

type Phrase = { all: string[]; not: boolean };
type Asked = {
  words: string[];
  phrases: Phrase[];
  not: string[];
  only: Record<string, string[]>;
  sort: Sort;
};
const anyAsked: fc.Arbitrary<Asked> = fc.record({
  words: fc.subarray(words, { maxLength: 2 }),
  phrases: fc.constant<Phrase[]>([]),
  not: fc.constant<string[]>([]),
  only: fc.oneof(
    { weight: 3, arbitrary: fc.constant<Record<string, string[]>>({}) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<Record<string, string[]>>({ format: ['CSV'] }, { field: ['steel', 'cell'] }),
    },
    { weight: 1, arbitrary: fc.constantFrom(...levels).map((level) => ({ level: [level] })) },
  ),
  sort: fc.constantFrom(...sortsToTry),
});
const phraseOf = fc.array(fc.constantFrom(...words), { minLength: 2, maxLength: 3 });
const onePhrase = (not: fc.Arbitrary<boolean>): fc.Arbitrary<Phrase[]> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant<Phrase[]>([]) },
    { weight: 1, arbitrary: fc.record({ all: phraseOf, not }).map((phrase) => [phrase]) },
  );
/** What must not be there is asked only beside what must. */
const withMore = anyAsked.chain((asked) =>
  asked.words.length === 0
    ? onePhrase(fc.constant(false)).map((phrases) => ({ ...asked, phrases }))
    : fc
        .tuple(fc.subarray(words, { maxLength: 1 }), onePhrase(fc.boolean()))
        .map(([not, phrases]) => ({ ...asked, not, phrases })),
);

test('search answers as a filter of all rows would, and the same in worlds that differ only in what is hidden', async () => {
  const database = await freshDatabase();
  const { orm } = database;
  const build = (things: readonly Thing[]) =>
    database.transaction(async (tx) => {
      await tx.execute(sql`delete from resource`);
      await tx.execute(sql`delete from search_document`);
      await tx.execute(sql`delete from search_count`);
      await tx.delete(card);
      await tx.delete(cardVersion);
      const facts = things.flatMap(({ own, card }) => (card === null ? [own] : [own, card]));
      await tx.insert(resource).values(facts.map((one) => rowOf(one, 'prn_1', now)));
      for (const { described } of things) {
        const { subject, card: bound } = described;
        if (bound !== null) {
          const { id, fields, governance, readiness, createdAt } = bound;
          await tx.insert(card).values({ id, dataset: subject, number: 1 });
          await tx.insert(cardVersion).values({
            ...{ card: id, number: 1, text: '', sha256: '', fields, governance, readiness, completeness: 0 },
            ...{ createdBy: 'prn_1', createdAt },
          });
        }
        await writeDocuments(tx as WriteTx, [described]);
      }
    });
  /** Everything that a person gets to see of a search, over all its pages. */
  async function observe(person: PrincipalFacts, purpose: Purpose | null, asked: Asked) {
    const scope = makeScope(orm, person, readScopeOf(person, purpose, now));
    const quoted = asked.phrases.map(({ all, not }) => `${not ? '-' : ''}"${all.join(' ')}"`);
    const q = [...asked.words, ...quoted, ...asked.not.map((word) => `-${word}`)].join(' ');
    const wanted = { q, only: asked.only, sort: asked.sort, limit: 4 };
    let page = await search({ database, clock: systemClock }, scope, wanted);
    const { counts } = page;
    const hits = [...page.hits];
    while (page.next !== null) {
      page = await search({ database, clock: systemClock }, scope, { ...wanted, after: page.next });
      expect(page.counts).toBeNull();
      hits.push(...page.hits);
    }
    return { hits: hits.map(({ hit }) => hit), counts: counts! };
  }
  let [shown, hidden, alone, said] = [0, 0, 0, 0];
  const person = fc.tuple(anyPrincipal, anyPurpose, fc.array(withMore, { minLength: 4, maxLength: 4 }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyDraw, { minLength: 15, maxLength: 25 }),
      fc.array(anyDraw, { minLength: 25, maxLength: 25 }),
      fc.array(person, { minLength: 4, maxLength: 4 }),
      async (draws, others, people) => {
        const things = structuredClone(draws).map(thingOf);
        const rest = structuredClone(others).map(thingOf);
        await build(things);
        const seen = [];
        for (const [who, purpose, all] of people) {
          const predicate = readScopeOf(who, purpose, now);
          for (const asked of all) {
            const observed = await observe(who, purpose, asked);
            const expected = naive(things, predicate, asked);
            expect(observed.hits.map(({ id, shown: face }) => `${id} ${face}`).sort()).toEqual(expected.ids);
            expect(observed.counts.total).toEqual({ count: expected.total, exact: true });
            const counts = observed.counts.facets.map(({ facet, values }) => [
              facet,
              Object.fromEntries(values.map(({ value, count }) => [value, count])),
            ]);
            expect(counts).toEqual(expected.counts);
            shown += expected.total;
            if (asked.phrases.some(({ not }) => !not)) said += expected.total;
            hidden +=
              things.length -
              naive(things, predicate, { ...asked, words: [], phrases: [], not: [], only: {} }).total;
            alone += observed.hits.filter((hit) => hit.shown === 'card').length;
            seen.push(observed);
          }
        }
        // The other world of each person: what is hidden from them is another thing, or gone.
        let at = 0;
        for (const [who, purpose, all] of people) {
          const predicate = readScopeOf(who, purpose, now);
          const other = things.flatMap((thing, index): Thing[] => {
            const face = sees(predicate, thing);
            const instead = rest[index]!;
            if (face === 'both' || (face === 'dataset' && thing.card === null)) return [thing];
            if (face === 'dataset')
              return [{ ...thing, card: null, described: { ...thing.described, card: null } }];
            if (face === 'card') {
              const { card, organisation } = thing.described;
              const own = {
                ...instead.own,
                id: thing.own.id,
                conditions: thing.own.conditions,
                label: { level: 'classified' as const, categories: ['nobody'] },
              };
              return [
                {
                  ...thing,
                  own,
                  described: { ...instead.described, subject: thing.own.id, organisation, card },
                },
              ];
            }
            return sees(predicate, instead) === null ? [instead] : [];
          });
          await build(other);
          for (const asked of all) expect(await observe(who, purpose, asked)).toEqual(seen[at++]);
        }
      },
    ),
    { numRuns: 25, seed, endOnFailure: true },
  );
  expect(shown).toBeGreaterThan(300);
  expect(hidden).toBeGreaterThan(1000);
  expect(alone).toBeGreaterThan(50);
  expect(said).toBeGreaterThan(5);
  // Labels that change in place move the counts with them.
  await orm.execute(
    sql`update resource set label_level = (label_level + 1) % 4, conditions = conditions || '{"licences": ["MIT"]}'`,
  );
  const { rows } = await orm.execute(sql`
    select class, value, count(*)::int as documents from search_document, unnest(facets || 0) as value group by 1, 2
    except select class, value, sum(documents)::int from search_count group by 1, 2`);
  expect(rows).toEqual([]);
  const governed = await orm.select().from(resource);
  for (const { label, id } of governed.map(factsOf)) {
    const { rows: told } = await orm.execute<{ value: string }>(sql`
      select v.value from search_document d, unnest(d.facets) f join search_value v on v.id = f
      where d.subject = ${id} and d.face = 'dataset' and v.facet = 'level'`);
    if (id.startsWith('dst')) expect(told).toEqual([{ value: label.level }]);
  }
}, 300_000);
