import { dataOf } from '@genesis/client';
import { type Purpose, purposes } from '@genesis/contracts';
import { type Command, InvalidArgumentError } from 'commander';
import { type Call, declare, oneOf, type Registry, whole } from '../command.ts';
import { UsageError } from '../failure.ts';
import { facts, table } from '../terminal/table.ts';
import { describeFacets, describeHits, describeTotal } from '../work/search-result.ts';

const sorts = ['relevance', 'newest', 'name', 'size', 'readiness'] as const;
/** Facets as the interface names them; `purpose` is what the data allows. */
const facetNames = [
  ...['field', 'facility', 'instrument', 'sample', 'format', 'size', 'readiness'],
  ...['year', 'licence', 'level', 'category', 'purpose', 'organisation'],
] as const;
type Facets = Record<string, string[]>;

type SearchOptions = {
  field?: string[];
  facet?: Facets;
  sort: (typeof sorts)[number];
  purpose: Purpose;
  limit: number;
  cursor?: string;
  save?: string;
};

const gather = (text: string, before: string[] = []): string[] => [...before, text];

function gatherFacet(text: string, before: Facets = {}): Facets {
  const at = text.indexOf('=');
  const [name, value] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || value === '') throw new InvalidArgumentError('expected FACET=VALUE, for example format=HDF5');
  const facet = oneOf(facetNames)(name);
  return { ...before, [facet]: [...(before[facet] ?? []), value] };
}

async function keep(call: Call, name: string, q: string, facets: Facets, options: SearchOptions) {
  const { api } = await call.client();
  const { sort, purpose } = options;
  const body = { name, q, facets, sort, purpose };
  const saved = dataOf(await api.POST('/v1/saved-searches', { body, signal: call.signal }));
  const text = `${facts([
    ['Saved', saved.id],
    ['Name', saved.name],
  ])}\nRun it again with: genesis search saved ${saved.id}`;
  return { text, json: { ...saved } };
}

async function find(call: Call, q: string, facets: Facets, options: SearchOptions) {
  const { api } = await call.client();
  const { sort, purpose, limit, cursor } = options;
  const { purpose: allows, ...rest } = facets;
  const query = {
    ...{ q, sort, purpose, limit, ...rest },
    ...(allows === undefined ? {} : { allows }),
    ...(cursor === undefined ? {} : { cursor }),
  };
  const page = dataOf(await api.GET('/v1/search', { params: { query }, signal: call.signal }));
  const text = [
    ...(page.total === null ? [] : [describeTotal(page.total)]),
    ...(page.items.length === 0 ? [] : [describeHits(page.items)]),
    ...(page.facets === null || page.facets.length === 0 ? [] : [describeFacets(page.facets)]),
    ...(page.nextCursor === null ? [] : [`More with: --cursor ${page.nextCursor}`]),
  ].join('\n\n');
  return { text, json: { ...page } };
}

function savedCommands(registry: Registry, search: Command): void {
  declare<[string | undefined], { delete?: boolean }>(registry, search, 'saved [id]', {
    summary: 'Your saved searches; with an id, run one again and see what is new',
    details:
      'New is what was not among the hits of the last run, for whatever reason: it was imported, or you may see it now.',
    options: (command) => command.option('--delete', 'delete it'),
    examples: [
      'genesis search saved',
      'genesis search saved sch_01jd8x3k2v9q7r5t1w4y6z8abc',
      'genesis search saved sch_01jd8x3k2v9q7r5t1w4y6z8abc --delete',
    ],
    act: async (call, options, id) => {
      const { api } = await call.client();
      if (id === undefined) {
        if (options.delete === true) throw new UsageError('Say which saved search to delete: give its id.');
        const { items } = dataOf(await api.GET('/v1/saved-searches', { signal: call.signal }));
        const rows = items.map((one) => [one.id, one.name, one.q, one.sort, one.ranAt]);
        return { text: table(['Search', 'Name', 'Words', 'Sorted by', 'Last run'], rows), json: { items } };
      }
      const params = { path: { id } };
      if (options.delete === true) {
        dataOf(await api.DELETE('/v1/saved-searches/{id}', { params, signal: call.signal }));
        return { text: `Deleted ${id}.`, json: { deleted: id } };
      }
      const ran = dataOf(await api.POST('/v1/saved-searches/{id}/run', { params, signal: call.signal }));
      const fresh = ran.items.filter((hit) => hit.fresh);
      const head = `${fresh.length} new of ${ran.items.length}${ran.more ? ' and more' : ''} hits`;
      return {
        text: [head, ...(fresh.length === 0 ? [] : [describeHits(fresh)])].join('\n\n'),
        json: { ...ran },
      };
    },
  });
}

/** `genesis search`, and `genesis search saved` below it. */
export function searchCommands(registry: Registry, program: Command): void {
  const search = declare<[string[]], SearchOptions>(registry, program, 'search [words...]', {
    summary: 'Search datasets, and the public cards of datasets that you may not see',
    details:
      'Words, "phrases", -not and facet:value; everything that is found, counted or shown is what you may see. A dataset\n' +
      `whose card alone is shown says how to ask for it. Facets: ${facetNames.join(', ')}.`,
    options: (command) =>
      command
        .option('--field <field>', 'science domain; several times: any of them', gather)
        .option('--facet <facet=value>', 'narrow by a facet; several times', gatherFacet)
        .option('--sort <order>', sorts.join(', '), oneOf(sorts), 'relevance')
        .option(
          '--purpose <purpose>',
          `what you will do with it: ${purposes.join(', ')}`,
          oneOf(purposes),
          'explore',
        )
        .option('--limit <n>', 'at most this many hits', whole(1, 200), 20)
        .option('--cursor <text>', 'go on after an earlier page')
        .option('--save <name>', 'keep this search under a name instead of running it'),
    examples: [
      'genesis search silica spheres',
      `genesis search '"small angle"' -- -synthetic`,
      'genesis search steel --field Materials --facet format=HDF5 --facet year=2025 --sort newest',
      'genesis search steel --facet level=public --save "open steels"',
    ],
    act: async (call, options, words) => {
      const q = words.join(' ');
      const { field, facet = {}, save } = options;
      const facets = field === undefined ? facet : { ...facet, field: [...(facet['field'] ?? []), ...field] };
      return save === undefined
        ? await find(call, q, facets, options)
        : await keep(call, save, q, facets, options);
    },
  });
  savedCommands(registry, search);
}
