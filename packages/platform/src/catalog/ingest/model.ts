import type { TableDescription } from './describe-table.ts';
import type { CurveColumns, Metadata, TreeDescription } from './formats/model.ts';

/** What a column of an imported table holds. `integer` fits 64 bits; `timestamp` is UTC with microseconds. */
export const columnTypes = ['number', 'integer', 'text', 'boolean', 'timestamp'] as const;
export type ColumnType = (typeof columnTypes)[number];

export type Column = {
  /** The header as the file gives it, trimmed. */
  name: string;
  /** The unit that the header states in brackets or after a slash, else null. */
  unit: string | null;
  type: ColumnType;
};

/** A cell or row that cannot be imported. Lines count from 1 and include the header; columns count from 1. */
export type BadCell = {
  line: number;
  column: number | null;
  name: string | null;
  expected: string;
  found: string;
};

export type IngestLimits = {
  maxBytes: number;
  maxColumns: number;
  /** Longest record of a CSV file, in bytes. */
  maxRecordBytes: number;
  /** Memory that DuckDB may use before it spills into the staging folder; the child is killed at this plus 1 GiB. */
  memoryMiB: number;
  threads: number;
  timeoutSeconds: number;
  /** Largest file that the child may write (spill files included, each). */
  maxFileBytes: number;
};

export const defaultLimits: IngestLimits = {
  maxBytes: 64 * 2 ** 30,
  maxColumns: 4096,
  maxRecordBytes: 1_000_000,
  memoryMiB: 512,
  threads: 2,
  timeoutSeconds: 3600,
  maxFileBytes: 128 * 2 ** 30,
};

/** What an import can be read as. `curve` is text in columns, `file` is anything, kept as it is. */
export const formats = [
  'csv',
  'parquet',
  'arrow',
  'jsonl',
  'curve',
  'cansas-xml',
  'hdf5',
  'zarr',
  'file',
] as const;
export type Format = (typeof formats)[number];
export const isTree = (format: string): format is 'hdf5' | 'zarr' => format === 'hdf5' || format === 'zarr';

/** A column name of a file without a header, or an override of one column's type (`name:type`). */
type ColumnOverride = { name: string; type?: ColumnType };

export type IngestRequest = {
  /** The uploaded bytes, inside `stagingFolder`. */
  file: string;
  stagingFolder: string;
  /** Insisted on; told by the content, and then by the name, when left out. */
  format?: Format;
  /** The name that the file had where it comes from. */
  fileName?: string;
  /** The names of all columns, in order, for a file that has no header. */
  columns?: ColumnOverride[];
  /** Types that the person insists on, by column name, for a file that has a header. */
  types?: Record<string, ColumnType>;
  /** One of `,` `;` tab `|`; guessed from the first line when left out. */
  delimiter?: string;
  /** Cells that mean "no value", besides the empty one. Case matters. */
  missing?: string[];
  limits?: Partial<IngestLimits>;
};

type IngestedBytes = {
  /** Of the uploaded bytes, hexadecimal. */
  sha256: string;
  bytes: number;
  metadata: Metadata;
};

export type IngestedTable = IngestedBytes & {
  content: 'table';
  format: Exclude<Format, 'hdf5' | 'zarr' | 'file'>;
  columns: Column[];
  rows: number;
  curve: CurveColumns | null;
  /** Normalised table: zstd Parquet with the columns `c0`, `c1`, ... in order. */
  parquetFile: string;
  /** Where it was asked for. */
  description: TableDescription | null;
};

export type IngestedTree = IngestedBytes & {
  content: 'tree';
  format: 'hdf5' | 'zarr';
  description: TreeDescription;
};

export type IngestedFile = IngestedBytes & { content: 'file'; format: 'file'; description: FileDescription };

export type Ingested = IngestedTable | IngestedTree | IngestedFile;

export type IngestProgress = { phase: 'read' | 'convert' | 'check' | 'describe' | 'split'; fraction: number };

/** What is known of a file that is kept as it is. */
export type FileDescription = { reason: string };

/** How many bad cells a message lists; the count is always of all. */
export const listedBadCells = 20;
/** A table with more bad cells than this is not read to its end: the count then says "at least". */
export const countedBadCells = 1_000_000;

/** The name of a column inside Parquet files and SQL: never anything that a person typed. */
export const innerName = (index: number): string => `c${index}`;
