import { conditionsSchema, type GenesisFailure, idSchema, labelSchema } from '@genesis/contracts';
import { z } from 'zod';
import { columnTypes, type Format, formats, type IngestProgress } from './ingest/model.ts';

const line = (longest: number) =>
  z
    .string()
    .trim()
    .max(longest)
    .regex(/^[^\p{Cc}\u202A-\u202E\u2066-\u2069]*$/u, 'control characters are not allowed');
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
  format: z.enum(formats).exactOptional(),
  /** What the file is called where it comes from: helps to tell what it is, and is the name under which it is given back. */
  fileName: line(255)
    .min(1)
    .regex(/^[^/\\]+$/, 'a name without folders is expected')
    .exactOptional(),
  delimiter: z.enum([',', ';', '\t', '|']).exactOptional(),
  /** Words that mean "no value". */
  missing: z.array(z.string().min(1).max(50)).max(20).exactOptional(),
  split: cutSchema.exactOptional(),
};

const description = line(5000);
/** Where the data comes from: a citation, a URL, an instrument. */
const source = line(2000);
const freshFields = {
  description: description.default(''),
  source: source.default(''),
  /** The organisation that owns it; the caller's own when left out. */
  organisation: idSchema('organisation').exactOptional(),
  label: labelSchema.default({ level: 'public', categories: [] }),
  conditions: conditionsSchema.prefault({}),
  /** A Genesis Data Card, as Markdown, JSON or YAML: its governance fields bind the dataset. */
  card: z.string().min(1).max(300_000).exactOptional(),
};

type ReadingOptions = z.output<z.ZodObject<typeof importFields>>;
/** `remote`: the dataset of another catalog whose file it is; nobody can say this of bytes that they send. */
type NewDataset = { name: string; remote?: string } & z.output<z.ZodObject<typeof freshFields>>;
/** A new dataset with its first version, or a further version of an existing one. */
export type ImportRequest = ReadingOptions & (NewDataset | { dataset: string });

/** Either `name`, for a new dataset, or `dataset`, for a further version; owner and label belong to a new one only. */
export const importRequestSchema = z
  .strictObject({
    name: line(200).min(1).exactOptional(),
    dataset: idSchema('dataset').exactOptional(),
    description: description.exactOptional(),
    source: source.exactOptional(),
    organisation: freshFields.organisation,
    label: labelSchema.exactOptional(),
    conditions: conditionsSchema.exactOptional(),
    card: freshFields.card,
    ...importFields,
  })
  .transform((request, context): ImportRequest => {
    const {
      name,
      dataset,
      description = '',
      source = '',
      organisation,
      label,
      conditions,
      card,
      ...options
    } = request;
    const refuse = (path: string, message: string): never => {
      context.addIssue({ code: 'custom', path: [path], message });
      return z.NEVER;
    };
    if (dataset === undefined) {
      if (name === undefined)
        return refuse('name', 'a new dataset needs a name (or say which dataset this is a version of)');
      return {
        ...options,
        ...{ name, description, source, label: label ?? { level: 'public', categories: [] } },
        ...(organisation === undefined ? {} : { organisation }),
        ...(card === undefined ? {} : { card }),
        conditions: conditions ?? conditionsSchema.parse({}),
      };
    }
    const given = {
      name,
      description: request.description,
      source: request.source,
      organisation,
      label,
      conditions,
      card,
    };
    for (const [field, value] of Object.entries(given)) {
      if (value !== undefined)
        return refuse(field, 'belongs to the dataset and cannot be given with a further version');
    }
    return { ...options, dataset };
  });

export type CatalogRequest =
  | { kind: 'import'; import: ImportRequest }
  | { kind: 'cut'; dataset: string; version: string; cut: Cut };

export type CatalogJobState = 'awaiting-content' | 'queued' | 'done' | 'failed';

/** What an import was read as; for a file that is kept as it is, why it was not read. */
export type ImportOutcome = { content: 'table' | 'tree' | 'file'; format: Format; reason: string | null };

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
  outcome: ImportOutcome | null;
};

/** The columns whose equal values keep rows together. */
export const keyColumnsOf = (cut: Cut, columns: readonly { name: string }[]): string[] => {
  if (cut.inputs !== undefined) return [...new Set(cut.inputs)];
  if (cut.group !== undefined) return [cut.group];
  return columns.map(({ name }) => name).filter((name) => cut.outcomes?.includes(name) !== true);
};
