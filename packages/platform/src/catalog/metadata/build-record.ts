import type { CardRow } from '../cards/show-card.ts';
import type { DatasetRecord, LineageStatement, Party, RecordFile, RecordTable } from '../standards/record.ts';
import type { DatasetRow, VersionRow } from '../store.ts';
import { accessStatement, isOpen } from './access-statement.ts';
import { type CardDescription, describeCard } from './card-description.ts';

/** What a reader may see of one dataset: the dataset, its card, or both. */
export type Described = {
  id: string;
  dataset: DatasetRow | null;
  /** The newest version that the reader may see. */
  version: VersionRow | null;
  card: CardRow | null;
  /** Name of the organisation that owns it; null where that is the platform. */
  owner: string | null;
  lineage: readonly LineageStatement[];
};

/** Where the platform is found, and whom to write to where no card says it. */
export type Site = { url: string; name: string; email: string };

const time = (at: number): string => new Date(at).toISOString();
const unsafe = /[^A-Za-z0-9._-]+/g;

const mediaTypes: Readonly<Record<string, string>> = {
  hdf5: 'application/x-hdf5',
  zarr: 'application/zip',
};

/** A tree or a plain file: as it was imported, with the hash of that. */
const originalOf = (site: Site, name: string, { version }: VersionRow): RecordFile => ({
  id: version.id,
  name: version.fileName ?? name,
  mediaType: mediaTypes[version.format] ?? 'application/octet-stream',
  bytes: version.bytes,
  sha256: version.sha256,
  url: `${site.url}/v1/versions/${version.id}/file`,
});

/** Of a table the rows that may be read: as they are stored, with a hash to check them by, and as CSV for people. */
function filesOf(site: Site, name: string, row: VersionRow): RecordFile[] {
  const { version } = row;
  if (version.content !== 'table') return [originalOf(site, name, row)];
  const base = `${
    name
      .replace(unsafe, '-')
      .replace(/^[-.]+|-+$/g, '')
      .slice(0, 80) || 'table'
  }-v${version.number}`;
  const url = `${site.url}/v1/versions/${version.id}/export`;
  return [
    {
      id: `${version.id}.parquet`,
      name: `${base}.parquet`,
      mediaType: 'application/vnd.apache.parquet',
      bytes: version.visible.bytes,
      sha256: version.visible.sha256,
      url: `${url}?form=parquet`,
    },
    {
      id: `${version.id}.csv`,
      name: `${base}.csv`,
      mediaType: 'text/csv',
      bytes: 0,
      sha256: null,
      url,
    },
  ];
}

const tableOf = ({ version }: VersionRow, about: CardDescription | null): RecordTable => ({
  file: `${version.id}.parquet`,
  rows: 'rows' in version.description ? version.description.rows : 0,
  columns: version.columns.map(({ name, type, unit }) => {
    const said = about?.columns.get(name);
    return { name, type, unit: unit ?? said?.unit ?? null, description: said?.description ?? null };
  }),
});

const publisherOf = ({ owner }: Described, about: CardDescription | null, site: Site): Party =>
  about?.publisher ?? { kind: 'organisation', name: owner ?? site.name };

/** Everything that standards say of a dataset, from its card where there is one, and from its row. */
export function buildRecord(described: Described, site: Site, day: string): DatasetRecord {
  const { id, dataset, version, card, lineage } = described;
  const about = card === null ? null : describeCard(card.version.fields);
  const name = about?.name ?? dataset?.dataset.name ?? id;
  const created = dataset?.createdAt ?? card?.version.createdAt ?? 0;
  const changed = Math.max(created, version?.version.createdAt ?? 0, card?.version.createdAt ?? 0);
  const facts = dataset?.facts;
  const statements = [
    ...(facts === undefined
      ? [`Only its card is shown here. To ask for access: genesis access request ${id}.`]
      : [accessStatement(id, facts.label, facts.conditions)]),
    ...(about?.policy === undefined || about.policy === null ? [] : [about.policy]),
  ];
  return {
    id,
    name,
    description: about?.description ?? dataset?.dataset.description ?? '',
    version: version === null ? null : String(version.version.number),
    creators: about?.creators ?? [],
    publisher: publisherOf(described, about, site),
    contact: about?.contact ?? { name: publisherOf(described, about, site).name, email: site.email },
    keywords: about?.keywords ?? [],
    licences: facts?.conditions.licences ?? card?.version.governance.licences ?? [],
    created: time(created),
    modified: time(changed),
    issued: about?.issued ?? null,
    doi: about?.doi ?? null,
    identifiers: about?.identifiers ?? [],
    url: `${site.url}/datasets/${id}`,
    source: dataset?.dataset.source ?? '',
    funding: about?.funding ?? [],
    related: about?.related ?? [],
    access: statements.join(' '),
    open: facts !== undefined && isOpen(facts.label, facts.conditions, day),
    language: about?.language ?? null,
    files: version === null ? [] : filesOf(site, name, version),
    tables: version?.version.content === 'table' ? [tableOf(version, about)] : [],
    lineage,
  };
}
