import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Answer, dataOf } from '@genesis/client';
import { type Label, type Purpose, purposes } from '@genesis/contracts';
import { type Command, InvalidArgumentError } from 'commander';
import { decimal, declare, group, names, oneOf, type Registry, whole } from '../command.ts';
import { UsageError } from '../failure.ts';
import { plain } from '../terminal/plain.ts';
import { plotCurve } from '../terminal/plot-curve.ts';
import { facts, table } from '../terminal/table.ts';
import { curveOf } from '../work/curve.ts';
import { saveAnswer } from '../work/documents.ts';
import { type ImportRequest, importTable, watchJob } from '../work/import-table.ts';
import { formatLabel, parseLabel } from '../work/label.ts';
import { contentCommands } from './dataset-content.ts';
import { metadataCommands } from './dataset-metadata.ts';
import { showDataset, showSplit, showVersion } from './dataset-views.ts';

type Cut = { inputs?: string[]; group?: string; outcomes?: string[]; seed: string; confirmFraction: number };
type ImportOptions = Partial<Cut> & {
  name?: string;
  description?: string;
  source?: string;
  organisation?: string;
  label: Label;
  licences?: string[];
  agreements?: string[];
  purposes?: Purpose[];
  dataset?: string;
  columns?: string[];
  types?: Record<string, ColumnType>;
  format?: Format;
  delimiter?: ',' | ';' | '\t' | '|';
  missing?: string[];
  card?: string;
  resume?: string;
};

const columnTypes = ['number', 'integer', 'text', 'boolean', 'timestamp'] as const;
type ColumnType = (typeof columnTypes)[number];
const formats = ['csv', 'parquet', 'arrow', 'jsonl', 'curve', 'cansas-xml', 'hdf5', 'zarr', 'file'] as const;
type Format = (typeof formats)[number];
const delimiters = { comma: ',', semicolon: ';', tab: '\t', pipe: '|' } as const;
const delimiterNames = Object.keys(delimiters) as (keyof typeof delimiters)[];

const purposeList = (text: string): Purpose[] => names(text).map(oneOf(purposes));

function typesOf(text: string): Record<string, ColumnType> {
  const pairs = names(text).map((one) => one.split('='));
  if (pairs.some((pair) => pair.length !== 2))
    throw new InvalidArgumentError('expected COLUMN=TYPE, separated by commas');
  return Object.fromEntries(pairs.map(([name, type]) => [name!, oneOf(columnTypes)(type!)]));
}

const addCutOptions = (command: Command): Command =>
  command
    .option('--inputs <a,b,c>', 'rows that agree in these columns stay on one side of the split', names)
    .option('--outcomes <a,b>', 'as --inputs, with every column but these', names)
    .option('--group <column>', 'rows that agree in this column stay on one side of the split')
    .option('--confirm-fraction <share>', 'share of the designs that is sealed', decimal(0.001, 0.999));

function cutOf({ inputs, outcomes, group: by, seed, confirmFraction }: Partial<Cut>) {
  const given = [inputs, outcomes, by].filter((one) => one !== undefined).length;
  if (given === 0) return undefined;
  if (given > 1) throw new UsageError('Give only one of --inputs, --outcomes and --group.');
  return {
    ...(inputs === undefined ? {} : { inputs }),
    ...(outcomes === undefined ? {} : { outcomes }),
    ...(by === undefined ? {} : { group: by }),
    ...(confirmFraction === undefined ? {} : { confirmFraction }),
    seed: seed ?? 'genesis',
  };
}

function requestOf(options: ImportOptions, path: string): ImportRequest {
  const { columns, types, format, delimiter, missing, dataset } = options;
  const split = cutOf(options);
  const reading = {
    fileName: basename(path),
    ...(columns === undefined ? {} : { columns: columns.map((name) => ({ name })) }),
    ...(types === undefined ? {} : { types }),
    ...(format === undefined ? {} : { format }),
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(missing === undefined ? {} : { missing }),
    ...(split === undefined ? {} : { split }),
  };
  if (dataset !== undefined) return { dataset, ...reading };
  const {
    name = basename(path),
    description,
    source,
    organisation,
    label,
    licences,
    agreements,
    purposes: allowed,
  } = options;
  const conditions = {
    ...(licences === undefined ? {} : { licences }),
    ...(agreements === undefined ? {} : { agreements }),
    ...(allowed === undefined ? {} : { purposes: allowed }),
  };
  return {
    name,
    label,
    conditions,
    ...(description === undefined ? {} : { description }),
    ...(source === undefined ? {} : { source }),
    ...(organisation === undefined ? {} : { organisation }),
    ...reading,
  };
}

function importCommand(registry: Registry, dataset: Command): void {
  const command = declare<[string], ImportOptions>(registry, dataset, 'import <file>', {
    summary: 'Import a file as a dataset, or as a new version of one',
    details:
      'CSV, Parquet, Arrow, JSON Lines, curves in columns and canSAS XML become tables; HDF5 (NeXus, NXcanSAS) and zipped Zarr\n' +
      'stores become trees, of which parts can be read; anything else is kept as it is, and the answer says why. The format is\n' +
      'told by the content, then by the name.\n\n' +
      'The bytes are sent in pieces, whatever the size; broken connections are waited out. Wrong cells are reported by line\n' +
      'and column, and then\n' +
      'nothing is imported. With --inputs, --outcomes or --group the table is cut, and its confirm part sealed, before\n' +
      'anybody has seen it.',
    options: (one) =>
      addCutOptions(
        one
          .option('--name <text>', 'name of the dataset (default: the name of the file)')
          .option('--description <text>', 'what it is')
          .option('--source <text>', 'where it comes from: a citation, a URL, an instrument')
          .option('--organisation <id>', 'who owns it (default: your own organisation)')
          .option(
            '--label <label>',
            'level, and categories after "+", for example controlled+cui',
            parseLabel,
            parseLabel('public'),
          )
          .option(
            '--card <file>',
            'a Genesis Data Card: what it says of label, purposes and agreements binds',
          )
          .option('--licences <list>', 'SPDX identifiers', names)
          .option('--agreements <list>', 'ids of the agreements that it comes under', names)
          .option('--purposes <list>', `what it may be used for: ${purposes.join(', ')}`, purposeList)
          .option('--dataset <id>', 'import a new version of this dataset')
          .option('--columns <a,b,c>', 'names of the columns of a CSV file without a header', names)
          .option('--types <list>', `types to insist on, COLUMN=TYPE (${columnTypes.join(', ')})`, typesOf)
          .option('--format <format>', `insist on one of ${formats.join(', ')}`, oneOf(formats))
          .option(
            '--delimiter <name>',
            delimiterNames.join(', '),
            (text) => delimiters[oneOf(delimiterNames)(text)],
          )
          .option('--missing <list>', 'words that mean "no value"', names)
          .option(
            '--resume <import>',
            'go on with an import whose sending was interrupted; other options count for nothing',
          ),
      ).option('--seed <text>', 'seed of the split', 'genesis'),
    examples: [
      'genesis dataset import barrels.csv --outcomes toughness --label internal',
      'genesis dataset import plate.csv --columns ni,fe,co,overpotential --types overpotential=number --licences CC-BY-4.0',
      'genesis dataset import curve.csv --card card.md',
      'genesis dataset import 33837rear_1D_NXcanSAS.h5 --name "SANS2D run 33837" --source "ISIS, May 2016"',
      'genesis dataset import large.parquet --resume upl_01jd8x3k2v9q7r5t1w4y6z8abc',
      'genesis dataset import more.csv --dataset dst_01jd8x3k2v9q7r5t1w4y6z8abc',
    ],
    act: async (call, options, path) => {
      const { card: file } = options;
      const card = file === undefined ? {} : { card: await readFile(file, 'utf8') };
      const request = { ...requestOf(options, path), ...card };
      const made = await importTable(call, await call.client(), path, request, options.resume);
      const text = facts([
        ['Dataset', made.dataset],
        ['Version', made.version],
        ['Split', made.split],
        ['Read as', made.content === 'file' ? 'a plain file' : `a ${made.content} (${made.format})`],
        ...(made.reason === null ? [] : ([['Why', made.reason]] as const)),
      ]);
      return { text, json: { ...made } };
    },
  });
  command.addHelpText(
    'after',
    '\nLevels: public, internal, controlled, classified. Categories: cui, pii, export:ear, ...',
  );
}

function readCommands(registry: Registry, dataset: Command): void {
  const purposeOption = (command: Command) =>
    command.option(
      '--purpose <purpose>',
      `what you will do with it: ${purposes.join(', ')}`,
      oneOf(purposes),
      'explore',
    );

  declare<[], { limit: number; cursor?: string; purpose: Purpose }>(registry, dataset, 'list', {
    summary: 'Datasets that you may see, newest first',
    options: (command) =>
      purposeOption(command)
        .option('--limit <n>', 'at most this many', whole(1, 200), 50)
        .option('--cursor <text>', 'go on after an earlier page'),
    examples: ['genesis dataset list', 'genesis dataset list --purpose train --json'],
    act: async (call, { limit, cursor, purpose }) => {
      const { api } = await call.client();
      const query = { limit, purpose, ...(cursor === undefined ? {} : { cursor }) };
      const page = dataOf(await api.GET('/v1/datasets', { params: { query }, signal: call.signal }));
      const rows = page.items.map((one) => [one.id, one.name, formatLabel(one.label), one.createdAt]);
      const more = page.nextCursor === null ? '' : `\nMore with: --cursor ${page.nextCursor}`;
      return { text: `${table(['Dataset', 'Name', 'Label', 'Made'], rows)}${more}`, json: { ...page } };
    },
  });

  declare<[string], { purpose: Purpose }>(registry, dataset, 'show <id>', {
    summary: 'A dataset with its versions; a version with its columns, tree or curve; or a split',
    options: purposeOption,
    examples: [
      'genesis dataset show dst_01jd8x3k2v9q7r5t1w4y6z8abc',
      'genesis dataset show ver_01jd8x3k2v9q7r5t1w4y6z8abc',
      'genesis dataset show spl_01jd8x3k2v9q7r5t1w4y6z8abc',
    ],
    act: async (call, { purpose }, id) => {
      const { api } = await call.client();
      const at = { params: { path: { id }, query: { purpose } }, signal: call.signal };
      if (id.startsWith('ver_')) {
        const version = dataOf(await api.GET('/v1/versions/{id}', at)) as Answer<'/v1/versions/{id}', 'get'>;
        const curve = await curveOf(call, await call.client(), version, purpose);
        const picture = curve === null ? '' : `\n\n${plotCurve(curve)}`;
        return { text: `${showVersion(version)}${picture}`, json: { ...version } };
      }
      if (id.startsWith('spl_')) {
        const split = dataOf(await api.GET('/v1/splits/{id}', at));
        return { text: showSplit(split), json: { ...split } };
      }
      const found = dataOf(await api.GET('/v1/datasets/{id}', at));
      return { text: showDataset(found), json: { ...found } };
    },
  });
}

export function datasetCommands(registry: Registry, program: Command): void {
  const dataset = group(program, 'dataset', 'Tables, trees and files: import, look, cut, export');
  importCommand(registry, dataset);
  readCommands(registry, dataset);
  contentCommands(registry, dataset);
  metadataCommands(registry, dataset);

  declare<[string], { replace?: string; output?: string; purpose: Purpose }>(registry, dataset, 'card <id>', {
    summary: 'The data card of a dataset, or a new one for it',
    details:
      'A new card binds at once, for the dataset and for everything derived from it, where it is stricter. What it would\n' +
      'loosen stays: a lower label takes a release by two people.',
    options: (command) =>
      command
        .option('--replace <file>', 'the next version of the card')
        .option('--output <file>', 'write the card to a file')
        .option(
          '--purpose <purpose>',
          `what you will do with it: ${purposes.join(', ')}`,
          oneOf(purposes),
          'explore',
        ),
    examples: [
      'genesis dataset card dst_01jd8x3k2v9q7r5t1w4y6z8abc',
      'genesis dataset card dst_01jd8x3k2v9q7r5t1w4y6z8abc --replace card.md',
    ],
    act: async (call, { replace, output, purpose }, id) => {
      const { api } = await call.client();
      const path = { id };
      if (replace !== undefined) {
        const body = { card: await readFile(replace, 'utf8') };
        const made = dataOf(
          await api.PUT('/v1/datasets/{id}/card', { params: { path }, body, signal: call.signal }),
        );
        const text = facts([
          ['Card', `${made.card}, number ${made.number}`],
          ['Changed', `${made.changed} things have stricter terms now`],
        ]);
        return { text, json: { ...made } };
      }
      const at = { params: { path, query: { purpose } }, signal: call.signal };
      const card = dataOf(await api.GET('/v1/datasets/{id}/card', at));
      if (output === undefined) return { text: plain(card.text), json: { ...card } };
      await writeFile(output, card.text);
      return { text: `Written to ${output}`, json: { ...card, output } };
    },
  });

  declare<[string], Partial<Cut>>(registry, dataset, 'split <version>', {
    summary: 'Cut a version into an explore part and a sealed confirm part',
    options: (command) => addCutOptions(command).option('--seed <text>', 'seed of the split', 'genesis'),
    examples: [
      'genesis dataset split ver_01jd8x3k2v9q7r5t1w4y6z8abc --inputs n,theta,r,t --confirm-fraction 0.25',
    ],
    act: async (call, options, id) => {
      const body = cutOf(options);
      if (body === undefined) throw new UsageError('Say how to cut: --inputs, --outcomes or --group.');
      const client = await call.client();
      const job = dataOf(
        await client.api.POST('/v1/versions/{id}/splits', {
          params: { path: { id } },
          body,
          signal: call.signal,
        }),
      );
      const { split } = await watchJob(call, client, job.id);
      if (split === null) throw new UsageError('The server names no split.');
      const at = { params: { path: { id: split } }, signal: call.signal };
      const made = dataOf(await client.api.GET('/v1/splits/{id}', at));
      return { text: showSplit(made), json: { ...made } };
    },
  });

  declare<[string], { output?: string }>(registry, dataset, 'export <version>', {
    summary: 'The rows of a version that you may see, as CSV; of a cut version its explore part',
    options: (command) => command.option('--output <file>', 'write to a file'),
    examples: [
      'genesis dataset export ver_01jd8x3k2v9q7r5t1w4y6z8abc --output rows.csv',
      'genesis dataset export ver_01jd8x3k2v9q7r5t1w4y6z8abc | head',
    ],
    act: async (call, { output }, id) => {
      const client = await call.client();
      const path = `/v1/versions/${encodeURIComponent(id)}/export`;
      const answer = await client.send('GET', path, { signal: call.signal });
      if (output !== undefined) {
        await saveAnswer(answer, output);
        return { text: `Written to ${output}`, json: { version: id, output } };
      }
      const decoder = new TextDecoder();
      for await (const chunk of answer.body ?? []) call.out.write(decoder.decode(chunk, { stream: true }));
      return { text: '', json: { version: id } };
    },
  });
}
