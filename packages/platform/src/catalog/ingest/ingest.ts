import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { GenesisError, invalidField } from '@genesis/contracts/errors';
import { convertCsv } from './convert-csv.ts';
import { convertParquet } from './convert-parquet.ts';
import { describeTable } from './describe-table.ts';
import { literal, openDuckDb, query } from './duckdb.ts';
import { detectFormat } from './formats/detect.ts';
import type { CurveColumns, Metadata } from './formats/model.ts';
import { readTree } from './formats/read-tree.ts';
import { type TableSource, writeTable } from './formats/write-table.ts';
import { inspectBytes } from './inspect-bytes.ts';
import {
  type Column,
  type Format,
  type Ingested,
  type IngestedTable,
  type IngestLimits,
  type IngestProgress,
  type IngestRequest,
  innerName,
} from './model.ts';
import { type CsvPlan, examineCsv, planCsv } from './plan-csv.ts';

type Report = (progress: IngestProgress) => void;

const isStorageFull = (error: unknown): boolean => /No space left|disk.{0,20}full/i.test(String(error));
const isOutOfMemory = (error: unknown): boolean => /Out of Memory/i.test(String(error));

/** Errors of DuckDB that say something about the machine, not about the file. */
const machineError = (cause: unknown): GenesisError | null => {
  if (isStorageFull(cause)) {
    return new GenesisError(
      { code: 'storage-full', message: 'no space is left to import this file' },
      { cause },
    );
  }
  if (isOutOfMemory(cause)) {
    return new GenesisError(
      { code: 'too-large', message: 'the table needs more memory than an import may use', limitBytes: 0 },
      { cause },
    );
  }
  return null;
};

const convertAsPlanned = async (
  connection: DuckDBConnection,
  request: IngestRequest,
  parquetFile: string,
  plan: CsvPlan,
  limits: IngestLimits,
): Promise<{ columns: Column[]; rows: number }> => {
  const rows = await convertCsv(connection, request.file, parquetFile, plan, limits);
  const unknown = plan.undecided.flatMap((undecided, index) => (undecided ? [index] : []));
  if (!plan.exact && unknown.length > 0) {
    const counts = unknown.map((index) => `count(${innerName(index)})`).join(' + ');
    const [row] = await query(connection, `SELECT ${counts} FROM read_parquet(${literal(parquetFile)})`);
    if (Number(row?.[0]) > 0) throw new Error('a column without values in the sample has some later');
  }
  return { columns: plan.columns, rows };
};

const convertText = async (
  connection: DuckDBConnection,
  request: IngestRequest,
  parquetFile: string,
  limits: IngestLimits,
  report: Report,
): Promise<{ columns: Column[]; rows: number }> => {
  const plan = await planCsv(request.file, request, limits);
  try {
    return await convertAsPlanned(connection, request, parquetFile, plan, limits);
  } catch (cause) {
    const machine = machineError(cause);
    if (machine !== null) throw machine;
    report({ phase: 'check', fraction: 0 });
    const exact = await examineCsv(request.file, plan, request, limits);
    try {
      return await convertAsPlanned(connection, request, parquetFile, exact, limits);
    } catch (again) {
      // Every cell fits, yet the reader refuses: its own words are the best there are, without the file's text.
      const reason = String(again)
        .split('\n')[0]
        ?.replace(/^Error: /, '')
        .slice(0, 200);
      throw machineError(again) ?? invalidField('file', `cannot be read as CSV: ${reason}`, { cause: again });
    }
  }
};

type Converted = { columns: Column[]; rows: number; curve: CurveColumns | null; metadata: Metadata };
type TableFormat = IngestedTable['format'];

/** Options that are for CSV files, in other formats. */
const refuseOptions = (request: IngestRequest, format: TableFormat): void => {
  const { columns, types, delimiter, missing } = request;
  const typed = types !== undefined && format !== 'jsonl';
  if (format === 'csv' || !(columns || typed || delimiter || missing)) return;
  throw invalidField(
    'columns',
    `names, types, separator and missing words are for CSV files (types for JSON Lines too); ${format} states its own`,
  );
};

const sourceOf = async (
  request: IngestRequest,
  format: Exclude<TableFormat, 'csv' | 'parquet'>,
  limits: IngestLimits,
): Promise<TableSource> => {
  // Loaded when needed: most jobs start faster without them.
  switch (format) {
    case 'arrow':
      return (await import('./formats/read-arrow.ts')).readArrow(request.file, limits);
    case 'jsonl':
      return (await import('./formats/read-jsonl.ts')).readJsonl(request, limits);
    case 'curve':
      return (await import('./formats/read-curve.ts')).readCurve(request.file, limits);
    case 'cansas-xml':
      return (await import('./formats/read-cansas.ts')).readCansas(request.file);
  }
};

const convert = async (
  connection: DuckDBConnection,
  request: IngestRequest,
  format: TableFormat,
  parquetFile: string,
  limits: IngestLimits,
  report: Report,
): Promise<Converted> => {
  refuseOptions(request, format);
  if (format === 'csv') {
    return {
      ...(await convertText(connection, request, parquetFile, limits, report)),
      curve: null,
      metadata: {},
    };
  }
  if (format === 'parquet') {
    return {
      ...(await convertParquet(connection, request.file, parquetFile, limits)),
      curve: null,
      metadata: {},
    };
  }
  const source = await sourceOf(request, format, limits);
  const rows = await writeTable(connection, parquetFile, source).catch((cause: unknown) => {
    throw machineError(cause) ?? cause;
  });
  return { columns: source.columns, rows, curve: source.curve, metadata: source.metadata };
};

const ingestTableFile = async (
  request: IngestRequest,
  format: TableFormat,
  limits: IngestLimits,
  report: Report,
  describe: boolean,
): Promise<IngestedTable> => {
  const { file, stagingFolder } = request;
  const parquetFile = join(stagingFolder, 'table.parquet');
  const connection = await openDuckDb(stagingFolder, limits);
  const polling = setInterval(() => {
    const fraction = connection.progress.percentage / 100;
    if (fraction > 0) report({ phase: 'convert', fraction });
  }, 200);
  const hashing = hash(file, format, report);
  const converting = convert(connection, request, format, parquetFile, limits, report);
  try {
    // What is wrong with the bytes explains what is wrong with the cells, so it is told first.
    const [inspected, converted] = await Promise.allSettled([hashing, converting]);
    if (inspected.status === 'rejected') throw inspected.reason;
    if (converted.status === 'rejected') throw converted.reason;
    const { columns, rows, curve, metadata } = converted.value;
    if (rows === 0) throw invalidField('file', 'has a header and no rows; at least one row is expected');
    if (describe) report({ phase: 'describe', fraction: 0 });
    const description = describe ? await describeTable(connection, parquetFile, columns) : null;
    return {
      ...{ content: 'table', format, columns, rows, ...inspected.value },
      ...{ parquetFile, description, curve, metadata },
    };
  } catch (error) {
    // DuckDB writes under a temporary name first, and leaves that behind when a query fails.
    for (const name of ['table.parquet', 'tmp_table.parquet'])
      await rm(join(stagingFolder, name), { force: true });
    throw error;
  } finally {
    clearInterval(polling);
    connection.closeSync();
  }
};

const hash = (file: string, format: Format, report: Report) =>
  inspectBytes(file, format, (bytes) => report({ phase: 'read', fraction: bytes }));

/** Runs inside the child: bytes to what a version holds. Rejects with a `GenesisError` about the file, or leaves nothing behind. */
export const ingest = async (
  request: IngestRequest,
  limits: IngestLimits,
  report: Report,
  describe: boolean,
): Promise<Ingested> => {
  const { file } = request;
  const detected = await detectFormat(request, limits.maxRecordBytes);
  const { format } = detected;
  if (format === 'file') {
    const { reason } = detected;
    return {
      content: 'file',
      format,
      ...(await hash(file, format, report)),
      metadata: {},
      description: { reason },
    };
  }
  if (format === 'hdf5' || format === 'zarr') {
    const tree = await readTree(file, format);
    return { content: 'tree', format, ...(await hash(file, format, report)), ...tree };
  }
  return ingestTableFile(request, format, limits, report, describe);
};
