import type { Answer } from '@genesis/client';
import { figure, short } from '../terminal/plain.ts';
import { facts, table } from '../terminal/table.ts';
import { formatLabel } from '../work/label.ts';

type Version = Answer<'/v1/versions/{id}', 'get'>;

/** One column's statistics in a line. */
function describeColumn(statistics: Version['statistics'][number] | undefined): string {
  switch (statistics?.kind) {
    case 'numeric':
      return `${figure(statistics.min)} to ${figure(statistics.max)}, mean ${figure(statistics.mean)}`;
    case 'text':
      return `${statistics.distinct} values, most often ${short(statistics.most.map(({ value }) => value).join(', '), 60)}`;
    case 'boolean':
      return `${statistics.trues} true`;
    case 'timestamp':
      return `${statistics.earliest} to ${statistics.latest}`;
    default:
      return 'no values';
  }
}

export function showDataset({ dataset, versions }: Answer<'/v1/datasets/{id}', 'get'>): string {
  const { conditions } = dataset;
  const heading = facts([
    ['Dataset', dataset.id],
    ['Name', dataset.name],
    ['About', dataset.description || '-'],
    ['Source', dataset.source || '-'],
    ['Label', formatLabel(dataset.label)],
    ['Licences', conditions.licences.join(', ') || 'none stated'],
    ['Purposes', conditions.purposes.join(', ')],
    ['Owner', dataset.organisation],
    ['Made', `${dataset.createdAt} by ${dataset.createdBy}`],
  ]);
  const rows = versions.map((one) => [
    one.number,
    one.id,
    one.content === 'table' ? one.format : `${one.content} (${one.format})`,
    one.content === 'table' ? one.rows : null,
    one.content === 'table' ? one.columns.length : null,
    one.split,
    one.createdAt,
  ]);
  return `${heading}\n\n${table(['No', 'Version', 'Read as', 'Rows', 'Columns', 'Split', 'Made'], rows)}`;
}

const factNames = {
  title: 'Title',
  run: 'Run',
  sample: 'Sample',
  instrument: 'Instrument',
  facility: 'Facility',
  start: 'Start',
  definition: 'Definition',
  entry: 'Entry',
  program: 'Program',
} as const;

function stated({ metadata }: Version): [string, string][] {
  const pairs = Object.entries(factNames).flatMap(([fact, name]): [string, string][] => {
    const value = metadata[fact as keyof typeof factNames];
    return value === undefined ? [] : [[name, value]];
  });
  return [...pairs, ...(metadata.notes ?? []).map((note): [string, string] => ['Note', note])];
}

const mostNodes = 200;

function showTree({ nodes, left }: NonNullable<Version['tree']>): string {
  const rows = nodes.slice(0, mostNodes).map(({ path, kind, shape, dtype, units, value, note }) => {
    const what = kind === 'dataset' ? `${dtype ?? ''}${shape?.length ? ` [${shape.join(', ')}]` : ''}` : kind;
    const told = note ?? (value === null ? null : JSON.stringify(value));
    return [path, what, units, told === null ? null : short(told, 70)];
  });
  const missing = nodes.length - rows.length + left.nodes;
  const more = missing > 0 ? `\nand ${missing} more` : '';
  return `${table(['Path', 'What', 'Unit', 'Value or note'], rows)}${more}`;
}

function showColumns(version: Version): string {
  const rows = version.columns.map(({ name, unit, type }, at) => {
    const statistics = version.statistics[at];
    return [name, unit, type, statistics?.missing ?? null, describeColumn(statistics)];
  });
  return table(['Column', 'Unit', 'Type', 'Missing', 'Values'], rows);
}

export function showVersion(version: Version): string {
  const { rows, visibleRows, content, format, fileName, reason, tree } = version;
  const ofTable: [string, string | number | null][] =
    content === 'table'
      ? [
          ['Rows', visibleRows === rows ? rows : `${rows}, ${visibleRows} of them to explore`],
          ['Split', version.split],
        ]
      : [];
  const heading = facts([
    ['Version', `${version.id} (number ${version.number} of ${version.dataset})`],
    ['Kind', content],
    ...ofTable,
    ...stated(version),
    ['File', `${fileName ?? format}: ${format}, ${version.bytes} bytes, sha256 ${version.sha256}`],
    ['Imported', `${version.createdAt} by ${version.importedBy}`],
    ...(reason === null ? [] : ([['Not read', reason]] as const)),
  ]);
  if (tree !== null) return `${heading}\n\n${showTree(tree)}`;
  return content === 'table' ? `${heading}\n\n${showColumns(version)}` : heading;
}

export function showSplit(split: Answer<'/v1/splits/{id}', 'get'>): string {
  return facts([
    ['Split', split.id],
    ['Version', split.version],
    ['Kept together by', split.keyColumns.join(', ')],
    ['Seed', split.rule.seed],
    ['Explore', `${split.explore.rows} rows, ${split.explore.keys} designs`],
    ['Confirm (sealed)', `${split.confirm.rows} rows, ${split.confirm.keys} designs`],
    ['Seal', split.retired ? `${split.seal}, retired` : split.seal],
    ['Recognised', split.recognised === 'new' ? 'no: these rows were never cut before' : split.recognised],
    ['Cut at import', split.sealedAtImport ? 'yes: before anybody had seen the rows' : 'no'],
  ]);
}
