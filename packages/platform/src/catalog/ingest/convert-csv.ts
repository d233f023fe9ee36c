import type { DuckDBConnection } from '@duckdb/node-api';
import { timestampPattern } from './cell-types.ts';
import { literal, query } from './duckdb.ts';
import { type ColumnType, type IngestLimits, innerName } from './model.ts';
import type { CsvPlan } from './plan-csv.ts';

const yes = ['true', 'True', 'TRUE'].map(literal).join(', ');
const no = ['false', 'False', 'FALSE'].map(literal).join(', ');

/**
 * How a column is read and turned into its type. DuckDB's own casts are too kind ("1.5" becomes the integer 2, "yes" becomes
 * true, "1e400" becomes infinity, a time's offset is dropped), so only what these expressions vouch for passes (and numbers are
 * checked to be finite afterwards); anything else raises an error, and the file is then examined cell by cell.
 */
const reading = (name: string, type: ColumnType, exact: boolean): { readAs: string; expression: string } => {
  const unless = (good: string, value: string) =>
    `CASE WHEN ${name} IS NULL THEN NULL WHEN ${good} THEN ${value} ELSE error('unexpected cell') END`;
  switch (type) {
    case 'text':
      return { readAs: 'VARCHAR', expression: name };
    case 'number':
      return { readAs: 'DOUBLE', expression: name };
    case 'integer':
      if (exact) return { readAs: 'BIGINT', expression: name };
      return {
        readAs: 'DOUBLE',
        expression: unless(
          `abs(${name}) <= 9007199254740991 AND trunc(${name}) = ${name}`,
          `${name}::BIGINT`,
        ),
      };
    case 'boolean':
      return { readAs: 'VARCHAR', expression: unless(`${name} IN (${yes}, ${no})`, `${name} IN (${yes})`) };
    case 'timestamp':
      return {
        readAs: 'VARCHAR',
        expression: unless(`regexp_full_match(${name}, ${literal(timestampPattern)})`, `${name}::TIMESTAMP`),
      };
  }
};

/** Rejects when a number column holds infinity or NaN. These are the greatest or least values, which Parquet's footer states. */
const checkFinite = async (
  connection: DuckDBConnection,
  parquetFile: string,
  columns: CsvPlan['columns'],
): Promise<void> => {
  const ends = columns.flatMap(({ type }, index) => {
    const name = innerName(index);
    return type === 'number' ? [`isfinite(min(${name}))`, `isfinite(max(${name}))`] : [];
  });
  if (ends.length === 0) return;
  const [row] = await query(
    connection,
    `SELECT ${ends.join(', ')} FROM read_parquet(${literal(parquetFile)})`,
  );
  if (row?.includes(false)) throw new Error('a number is not finite');
};

/**
 * Converts a CSV file to zstd Parquet as planned; returns the number of rows. Rejects at the first cell that it does not vouch
 * for, without saying which; the Parquet file is then worthless.
 */
export const convertCsv = async (
  connection: DuckDBConnection,
  file: string,
  parquetFile: string,
  plan: CsvPlan,
  limits: IngestLimits,
): Promise<number> => {
  const columns = plan.columns.map((column, index) => {
    const name = innerName(index);
    return { name, ...reading(name, column.type, plan.exact) };
  });
  const options = [
    'auto_detect = false',
    `header = ${plan.header}`,
    `delim = ${literal(plan.delimiter)}`,
    `quote = '"'`,
    `escape = '"'`,
    `columns = {${columns.map(({ name, readAs }) => `'${name}': '${readAs}'`).join(', ')}}`,
    `nullstr = [${['', ...plan.missing].map(literal).join(', ')}]`,
    'strict_mode = true',
    'null_padding = false',
    `max_line_size = ${limits.maxRecordBytes}`,
  ];
  const select = columns.map(({ name, expression }) => `${expression} AS ${name}`).join(', ');
  const [row] = await query(
    connection,
    `COPY (SELECT ${select} FROM read_csv(${literal(file)}, ${options.join(', ')}))
     TO ${literal(parquetFile)} (FORMAT parquet, COMPRESSION zstd)`,
  );
  await checkFinite(connection, parquetFile, plan.columns);
  return Number(row?.[0]);
};
