import { conditionsSchema, type GenesisFailure, labelSchema, sha256Schema } from '@genesis/contracts';
import { z } from 'zod';
import { columnTypes } from './ingest/model.ts';
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
  format: z.string(),
  rows: count,
  bytes: count,
  sha256: sha256Schema,
  columns: z.array(column),
  split: z.string().nullable(),
  importedBy: z.string(),
  createdAt: z.string(),
});

export const versionView = versionSummary.extend({
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
  const { id, dataset, number, format, rows, bytes, sha256, columns, split, importedBy, createdAt } = version;
  return {
    id,
    dataset,
    number,
    format,
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
  const { rows, approximate, statistics: columns, preview } = row.version.description;
  return { ...viewSummary(row), visibleRows: rows, approximate, statistics: columns, preview };
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
