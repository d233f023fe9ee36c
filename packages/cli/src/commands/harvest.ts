import { type Answer, dataOf } from '@genesis/client';
import type { Label, Purpose } from '@genesis/contracts';
import { purposes } from '@genesis/contracts';
import type { Command } from 'commander';
import { type Call, declare, group, names, oneOf, type Registry, whole } from '../command.ts';
import { UsageError } from '../failure.ts';
import { facts, table } from '../terminal/table.ts';
import { formatLabel, parseLabel } from '../work/label.ts';
import { until } from '../work/wait.ts';

const kinds = ['dcat-us', 'croissant', 'oai-pmh', 'genesis'] as const;
type Kind = (typeof kinds)[number];
type Source = Answer<'/v1/harvests/{id}', 'get'>;

const purposeList = (text: string): Purpose[] => names(text).map(oneOf(purposes));
const at = (id: string, call: Call) => ({ params: { path: { id } }, signal: call.signal });

function describe(source: Source): string {
  const { seen, added, changed, vanished } = source.counts;
  return facts([
    ['Catalog', source.id],
    ['Address', source.url],
    ['Kind', source.kind],
    ['Label', formatLabel(source.label)],
    ['State', source.failure === null ? source.state : `${source.state}: ${source.failure.message}`],
    ['Harvests', source.runs],
    ['Newest', `${seen} seen, ${added} new, ${changed} changed, ${vanished} vanished`],
  ]);
}

/** Follows a harvest to its end. */
async function follow(call: Call, id: string): Promise<Source> {
  const { api } = await call.client();
  let told = -1;
  const ended = await until(async () => {
    const source = dataOf(await api.GET('/v1/harvests/{id}', at(id, call)));
    if (source.counts.seen !== told) call.say(`${source.counts.seen} records`);
    told = source.counts.seen;
    return source.state === 'running' ? undefined : source;
  }, call.signal);
  if (ended.failure !== null) throw new UsageError(ended.failure.message);
  return ended;
}

function sourceCommands(registry: Registry, harvest: Command): void {
  declare<[string], { kind: Kind; label: Label; licences?: string[]; purposes?: Purpose[] }>(
    registry,
    harvest,
    'add <url>',
    {
      summary: 'Register a catalog: nothing is asked there yet',
      details:
        'Everything from there gets the label and the conditions that are stated here, and its own licences beside them.\n' +
        'Only the public internet is asked, and hosts that the operator names in harvestHosts.',
      options: (command) =>
        command
          .requiredOption('--kind <kind>', kinds.join(', '), oneOf(kinds))
          .option('--label <label>', 'of everything from there', parseLabel, parseLabel('public'))
          .option('--licences <list>', 'SPDX identifiers that hold for all of it', names)
          .option('--purposes <list>', `what it may be used for: ${purposes.join(', ')}`, purposeList),
      examples: [
        'genesis harvest add https://data.lab.example/data.json --kind dcat-us',
        'genesis harvest add https://repository.example/oai --kind oai-pmh --label internal',
        'genesis harvest add https://genesis.partner.example --kind genesis --purposes explore,train',
      ],
      act: async (call, { kind, label, licences, purposes: allowed }, url) => {
        const { api } = await call.client();
        const conditions = {
          ...(licences === undefined ? {} : { licences }),
          ...(allowed === undefined ? {} : { purposes: allowed }),
        };
        const body = { url, kind, label, conditions };
        const made = dataOf(await api.POST('/v1/harvests', { body, signal: call.signal }));
        return { text: `${describe(made)}\n\nNow: genesis harvest run ${made.id}`, json: { ...made } };
      },
    },
  );

  declare<[string]>(registry, harvest, 'run <id>', {
    summary: 'Harvest a catalog, and wait for the end',
    details:
      'Descriptions only: the data stays where it is. What is not there any more is marked, not forgotten.',
    examples: ['genesis harvest run hrv_01jd8x3k2v9q7r5t1w4y6z8abc'],
    act: async (call, _options, id) => {
      const { api } = await call.client();
      dataOf(await api.POST('/v1/harvests/{id}/run', at(id, call)));
      const ended = await follow(call, id);
      return { text: describe(ended), json: { ...ended } };
    },
  });

  declare(registry, harvest, 'list', {
    summary: 'Catalogs that are harvested, newest first',
    examples: ['genesis harvest list'],
    act: async (call) => {
      const { api } = await call.client();
      const { items } = dataOf(await api.GET('/v1/harvests', { signal: call.signal }));
      const rows = items.map((one) => [one.id, one.kind, one.url, one.state, one.counts.seen, one.endedAt]);
      return {
        text: table(['Catalog', 'Kind', 'Address', 'State', 'Records', 'Ended'], rows),
        json: { items },
      };
    },
  });
}

export function harvestCommands(registry: Registry, program: Command): void {
  const harvest = group(program, 'harvest', 'Other catalogs: what they have, and files from there');
  sourceCommands(registry, harvest);

  declare<[], { source?: string; limit: number; cursor?: string; vanished?: boolean }>(
    registry,
    harvest,
    'datasets',
    {
      summary: 'Datasets of other catalogs, the newest news first',
      options: (command) =>
        command
          .option('--source <id>', 'of one catalog')
          .option('--vanished', 'also those that are not there any more')
          .option('--limit <n>', 'at most this many', whole(1, 200), 50)
          .option('--cursor <text>', 'go on after an earlier page'),
      examples: [
        'genesis harvest datasets',
        'genesis harvest datasets --source hrv_01jd8x3k2v9q7r5t1w4y6z8abc --json',
      ],
      act: async (call, { source, limit, cursor, vanished }) => {
        const { api } = await call.client();
        const query = {
          limit,
          ...(source === undefined ? {} : { source }),
          ...(cursor === undefined ? {} : { cursor }),
          ...(vanished === true ? { vanished: 'true' as const } : {}),
        };
        const page = dataOf(await api.GET('/v1/remote-datasets', { params: { query }, signal: call.signal }));
        const rows = page.items.map((one) => [
          one.id,
          one.name,
          one.files.length,
          one.licences.join(', '),
          one.origin,
        ]);
        const more = page.nextCursor === null ? '' : `\nMore with: --cursor ${page.nextCursor}`;
        return {
          text: `${table(['Dataset', 'Name', 'Files', 'Licences', 'From'], rows)}${more}`,
          json: { ...page },
        };
      },
    },
  );
}
