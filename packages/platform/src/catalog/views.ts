import { conditionsSchema, type GenesisFailure, labelSchema, sha256Schema } from '@genesis/contracts';
import { z } from 'zod';
import { type Fact, facts } from './ingest/formats/model.ts';
import { columnTypes, formats } from './ingest/model.ts';
import type { DatasetRow, SplitRow, VersionRow } from './store.ts';

const cell = z.union([z.number(), z.string(), z.boolean(), z.null()]);
const column = z.strictObject({ name: z.string(), unit: z.string().nullable(), type: z.enum(columnTypes) });
const count = z.int().min(0);
const present = { count, missing: count, distinct: count };
const five = z.tuple([z.number(), z.number(), z.number(), z.number(), z.number()]);

const statistics = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('numeric'),
    ...present,
    min: z.number(),
    max: z.number(),
    mean: z.number(),
    sd: z.number().nullable(),
    quantiles: five,
    histogram: z.strictObject({ min: z.number(), max: z.number(), counts: z.array(count) }),
  }),
  z.strictObject({
    kind: z.literal('text'),
    ...present,
    longest: count,
    most: z.array(z.strictObject({ value: z.string(), count })),
  }),
  z.strictObject({ kind: z.literal('boolean'), ...present, trues: count }),
  z.strictObject({ kind: z.literal('timestamp'), ...present, earliest: z.string(), latest: z.string() }),
  z.strictObject({ kind: z.literal('empty'), ...present }),
]);

/** A table has columns and rows; a tree has groups and datasets inside; a file is kept as it is. */
const content = z.enum(['table', 'tree', 'file']);

const metadata = z.strictObject({
  ...Object.fromEntries(facts.map((fact) => [fact, z.string().exactOptional()])),
  notes: z.array(z.string()).exactOptional(),
} as { notes: z.ZodExactOptional<z.ZodArray<z.ZodString>> } & Record<Fact, z.ZodExactOptional<z.ZodString>>);

const smallValue = z.union([cell, z.array(cell)]);
const treeNode = z.strictObject({
  path: z.string(),
  kind: z.enum(['group', 'dataset', 'link']),
  shape: z.array(count).nullable(),
  dtype: z.string().nullable(),
  units: z.string().nullable(),
  value: smallValue,
  attributes: z.record(z.string(), smallValue),
  note: z.string().nullable(),
});

const axis = z.strictObject({ name: z.string(), unit: z.string().nullable() });
const curveView = z.strictObject({
  title: z.string(),
  x: axis,
  y: axis,
  /** x, y, and their uncertainties dy and dx; evenly chosen of all `of` points. */
  points: z.array(z.tuple([z.number(), z.number(), z.number().nullable(), z.number().nullable()])),
  of: count,
});

export const tableSliceView = z.strictObject({
  columns: z.array(column),
  start: count,
  stop: count,
  step: count,
  /** Rows that may be seen. */
  of: count,
  rows: z.array(z.array(cell)),
});

export const jobView = z.strictObject({
  id: z.string(),
  kind: z.enum(['import', 'cut']),
  state: z.enum(['awaiting-content', 'queued', 'done', 'failed']),
  progress: z.strictObject({ phase: z.string(), fraction: z.number() }).nullable(),
  /** Why it failed: `code`, `message`, and for bad cells `problems` by line and column. */
  failure: z.custom<GenesisFailure>().nullable(),
  dataset: z.string().nullable(),
  version: z.string().nullable(),
  split: z.string().nullable(),
  /** What an import was read as; for a file that is kept as it is, why it was not read. */
  outcome: z.strictObject({ content, format: z.enum(formats), reason: z.string().nullable() }).nullable(),
});

export const datasetView = z.strictObject({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  source: z.string(),
  organisation: z.string().nullable(),
  label: labelSchema,
  conditions: conditionsSchema,
  createdAt: z.string(),
  createdBy: z.string(),
});

export const versionSummary = z.strictObject({
  id: z.string(),
  dataset: z.string(),
  number: count,
  content,
  format: z.enum(formats),
  fileName: z.string().nullable(),
  /** What the file states of itself; `notes`: what of it was not taken over. */
  metadata,
  rows: count,
  bytes: count,
  sha256: sha256Schema,
  columns: z.array(column),
  split: z.string().nullable(),
  importedBy: z.string(),
  createdAt: z.string(),
});

export const versionView = versionSummary.extend({
  /** Which columns of a table are a measured curve, by index. */
  curveColumns: z.strictObject({ x: count, y: count, dy: count.nullable(), dx: count.nullable() }).nullable(),
  /** Of a tree: its nodes from the top, how many are left out, and the curve that it marks as its data. */
  tree: z
    .strictObject({
      nodes: z.array(treeNode),
      left: z.strictObject({ nodes: count, attributes: count }),
      curve: curveView.nullable(),
    })
    .nullable(),
  /** Why a file was not read. */
  reason: z.string().nullable(),
  /** Of these rows are the statistics and the preview. */
  visibleRows: count,
  approximate: z.boolean(),
  statistics: z.array(statistics),
  preview: z.array(z.array(cell)),
});

export const splitView = z.strictObject({
  id: z.string(),
  dataset: z.string(),
  version: z.string(),
  seal: z.string(),
  recognised: z.enum(['new', 'same-designs', 'same-rows']),
  rule: z.strictObject({
    version: z.literal(1),
    seed: z.string(),
    confirmFraction: z.number(),
    cut: z.string(),
  }),
  keyColumns: z.array(z.string()),
  tableHash: sha256Schema,
  explore: z.strictObject({ rows: count, keys: count }),
  confirm: z.strictObject({ rows: count, keys: count, hash: sha256Schema }),
  sealedAtImport: z.boolean(),
  retired: z.boolean(),
  importedBy: z.string(),
  createdAt: z.string(),
});

export const retiredRowsView = z.strictObject({
  columns: z.array(column),
  rows: z.array(z.strictObject({ number: count, cells: z.array(cell) })),
  hash: sha256Schema,
});

const time = (at: number): string => new Date(at).toISOString();

export const viewDataset = ({
  facts,
  dataset,
  createdAt,
  createdBy,
}: DatasetRow): z.output<typeof datasetView> => ({
  ...dataset,
  organisation: facts.organisation,
  label: facts.label,
  conditions: facts.conditions,
  createdAt: time(createdAt),
  createdBy,
});

export const viewSummary = ({ version }: VersionRow): z.input<typeof versionSummary> => {
  const { id, dataset, number, content, format, fileName, metadata: stated, importedBy, createdAt } = version;
  const { rows, bytes, sha256, columns, split } = version;
  return {
    id,
    dataset,
    number,
    content,
    format,
    fileName,
    metadata: stated,
    rows,
    bytes,
    sha256,
    columns,
    split,
    importedBy,
    createdAt: time(createdAt),
  };
};

export const viewVersion = (row: VersionRow): z.input<typeof versionView> => {
  const { description, curve } = row.version;
  const table =
    'statistics' in description ? description : { rows: 0, approximate: false, statistics: [], preview: [] };
  return {
    ...viewSummary(row),
    ...{ visibleRows: table.rows, approximate: table.approximate, statistics: table.statistics },
    ...{ preview: table.preview, curveColumns: curve },
    tree: 'nodes' in description ? description : null,
    reason: 'reason' in description ? description.reason : null,
  };
};

export const viewSplit = ({ split, seal }: SplitRow): z.input<typeof splitView> => ({
  id: split.id,
  dataset: split.dataset,
  version: split.version,
  seal: split.seal,
  recognised: split.recognised as z.input<typeof splitView>['recognised'],
  rule: split.rule,
  keyColumns: split.keyColumns,
  tableHash: split.tableHash,
  explore: { rows: split.exploreRows, keys: split.exploreKeys },
  confirm: { rows: split.confirmRows, keys: split.confirmKeys, hash: split.confirmHash },
  sealedAtImport: split.sealedAtImport,
  retired: seal.retiredAt !== null,
  importedBy: split.importedBy,
  createdAt: time(split.createdAt),
});
