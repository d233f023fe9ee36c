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
    one.rows,
    one.columns.length,
    one.split,
    one.createdAt,
  ]);
  return `${heading}\n\n${table(['No', 'Version', 'Rows', 'Columns', 'Split', 'Made'], rows)}`;
}

export function showVersion(version: Version): string {
  const heading = facts([
    ['Version', `${version.id} (number ${version.number} of ${version.dataset})`],
    [
      'Rows',
      version.visibleRows === version.rows
        ? version.rows
        : `${version.rows}, ${version.visibleRows} of them to explore`,
    ],
    ['Split', version.split],
    ['File', `${version.format}, ${version.bytes} bytes, sha256 ${version.sha256}`],
    ['Imported', `${version.createdAt} by ${version.importedBy}`],
  ]);
  const rows = version.columns.map(({ name, unit, type }, at) => {
    const statistics = version.statistics[at];
    return [name, unit, type, statistics?.missing ?? null, describeColumn(statistics)];
  });
  return `${heading}\n\n${table(['Column', 'Unit', 'Type', 'Missing', 'Values'], rows)}`;
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
