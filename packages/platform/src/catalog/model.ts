import { conditionsSchema, type GenesisFailure, idSchema, labelSchema } from '@genesis/contracts';
import { z } from 'zod';
import { columnTypes, type IngestProgress } from './ingest/model.ts';

const line = (longest: number) =>
  z
    .string()
    .trim()
    .max(longest)
    .regex(/^[^\p{Cc}]*$/u, 'control characters are not allowed');
const columnName = z.string().min(1).max(200);
const columnTypeSchema = z.enum(columnTypes);

/** How a table is cut. Rows that agree in all `inputs`, or in the `group` column, stay together. */
export const cutSchema = z
  .strictObject({
    inputs: z.array(columnName).min(1).max(200).exactOptional(),
    group: columnName.exactOptional(),
    /** With inputs left out, these are outcomes and every other column is an input. */
    outcomes: z.array(columnName).min(1).max(200).exactOptional(),
    seed: z.string().min(1).max(200),
    confirmFraction: z.number().gt(0).lt(1).default(0.3),
  })
  .refine(
    (cut) => [cut.inputs, cut.group, cut.outcomes].filter((given) => given !== undefined).length === 1,
    'exactly one of inputs, group and outcomes is needed',
  );
export type Cut = z.infer<typeof cutSchema>;

const importFields = {
  /** Names of all columns of a CSV file without a header. */
  columns: z
    .array(z.strictObject({ name: columnName, type: columnTypeSchema.exactOptional() }))
    .min(1)
    .max(4096)
    .exactOptional(),
  /** Types to insist on, by column name. */
  types: z.record(columnName, columnTypeSchema).exactOptional(),
  format: z.enum(['csv', 'parquet']).exactOptional(),
  delimiter: z.enum([',', ';', '\t', '|']).exactOptional(),
  /** Words that mean "no value". */
  missing: z.array(z.string().min(1).max(50)).max(20).exactOptional(),
  split: cutSchema.exactOptional(),
};

/** A new dataset with its first version, or a further version of an existing one. */
export const importRequestSchema = z.union([
  z.strictObject({
    name: line(200).min(1),
    description: line(5000).default(''),
    /** Where the data comes from: a citation, a URL, an instrument. */
    source: line(2000).default(''),
    /** The organisation that owns it; the caller's own when left out. */
    organisation: idSchema('organisation').exactOptional(),
    label: labelSchema.default({ level: 'public', categories: [] }),
    conditions: conditionsSchema.prefault({}),
    ...importFields,
  }),
  z.strictObject({ dataset: idSchema('dataset'), ...importFields }),
]);
export type ImportRequest = z.infer<typeof importRequestSchema>;

export type CatalogRequest =
  | { kind: 'import'; import: ImportRequest }
  | { kind: 'cut'; dataset: string; version: string; cut: Cut };

export type CatalogJobState = 'awaiting-content' | 'queued' | 'done' | 'failed';

/** An import or cut as its submitter sees it. */
export type CatalogJobView = {
  id: string;
  kind: CatalogRequest['kind'];
  state: CatalogJobState;
  progress: IngestProgress | null;
  failure: GenesisFailure | null;
  dataset: string | null;
  version: string | null;
  split: string | null;
};

/** The columns whose equal values keep rows together. */
export const keyColumnsOf = (cut: Cut, columns: readonly { name: string }[]): string[] => {
  if (cut.inputs !== undefined) return [...new Set(cut.inputs)];
  if (cut.group !== undefined) return [cut.group];
  return columns.map(({ name }) => name).filter((name) => cut.outcomes?.includes(name) !== true);
};
