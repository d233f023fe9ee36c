import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { GenesisError, invalidField } from '@genesis/contracts';
import { convertCsv } from './convert-csv.ts';
import { convertParquet } from './convert-parquet.ts';
import { describeTable } from './describe-table.ts';
import { literal, openDuckDb, query } from './duckdb.ts';
import { detectFormat, inspectBytes } from './inspect-bytes.ts';
import {
  type Column,
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

/** Runs inside the child: bytes to normalised table. Rejects with a `GenesisError` about the file, or leaves nothing behind. */
export const ingest = async (
  request: IngestRequest,
  limits: IngestLimits,
  report: Report,
  describe: boolean,
): Promise<IngestedTable> => {
  const { file, stagingFolder } = request;
  const parquetFile = join(stagingFolder, 'table.parquet');
  const format = await detectFormat(file, request.format);
  if (format === 'parquet' && (request.columns || request.types || request.delimiter || request.missing)) {
    throw invalidField(
      'columns',
      'names, types, separator and missing words are for CSV files; Parquet states its own',
    );
  }
  const connection = await openDuckDb(stagingFolder, limits);
  const hashing = inspectBytes(file, format, (bytes) => report({ phase: 'read', fraction: bytes }));
  const polling = setInterval(() => {
    const fraction = connection.progress.percentage / 100;
    if (fraction > 0) report({ phase: 'convert', fraction });
  }, 200);
  const converting =
    format === 'csv'
      ? convertText(connection, request, parquetFile, limits, report)
      : convertParquet(connection, file, parquetFile, limits);
  try {
    // What is wrong with the bytes explains what is wrong with the cells, so it is told first.
    const [inspected, converted] = await Promise.allSettled([hashing, converting]);
    if (inspected.status === 'rejected') throw inspected.reason;
    if (converted.status === 'rejected') throw converted.reason;
    const { columns, rows } = converted.value;
    if (rows === 0) throw invalidField('file', 'has a header and no rows; at least one row is expected');
    if (describe) report({ phase: 'describe', fraction: 0 });
    const description = describe ? await describeTable(connection, parquetFile, columns) : null;
    return { format, columns, rows, ...inspected.value, parquetFile, description };
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
