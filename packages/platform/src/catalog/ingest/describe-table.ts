import type { DuckDBConnection } from '@duckdb/node-api';
import { literal, query } from './duckdb.ts';
import { type Column, innerName } from './model.ts';
import { type RowCell, streamRows } from './rows.ts';

type Present = { count: number; missing: number; distinct: number };
/** Quantiles at 5, 25, 50, 75 and 95 percent. `counts` are of equally wide bins from `min` to `max`. */
type NumericStatistics = Present & {
  kind: 'numeric';
  min: number;
  max: number;
  mean: number;
  /** Of the sample (n - 1); null for a single value. */
  sd: number | null;
  quantiles: [number, number, number, number, number];
  histogram: { min: number; max: number; counts: number[] };
};
type TextStatistics = Present & {
  kind: 'text';
  longest: number;
  most: { value: string; count: number }[];
};
type BooleanStatistics = Present & { kind: 'boolean'; trues: number };
type TimestampStatistics = Present & { kind: 'timestamp'; earliest: string; latest: string };
type EmptyStatistics = Present & { kind: 'empty' };
type ColumnStatistics =
  | NumericStatistics
  | TextStatistics
  | BooleanStatistics
  | TimestampStatistics
  | EmptyStatistics;

/**
 * What may be shown of a table without showing the table. `approximate`: distinct counts are sketches (HyperLogLog), and
 * quantiles, histograms and most frequent texts come from every n-th row (histograms and counts of texts scaled up).
 */
export type TableDescription = {
  rows: number;
  approximate: boolean;
  statistics: ColumnStatistics[];
  /** The first rows. */
  preview: RowCell[][];
};

const previewRows = 20;
const bins = 20;
/** Beyond this many rows a description is approximate, so that its cost and memory stay small beside the import. */
const exactRows = 1_000_000;
const sampledRows = 200_000;

const aggregates = ({ type }: Column, name: string, exact: boolean): string[] => {
  const common = [`count(${name})`, exact ? `count(DISTINCT ${name})` : `approx_count_distinct(${name})`];
  switch (type) {
    case 'number':
    case 'integer': {
      const value = `${name}::DOUBLE`;
      return [...common, `min(${value})`, `max(${value})`, `avg(${value})`, `stddev_samp(${value})`];
    }
    case 'text':
      return [...common, `max(length(${name}))`];
    case 'boolean':
      return [...common, `count_if(${name})`];
    case 'timestamp':
      return [...common, `min(${name})::VARCHAR`, `max(${name})::VARCHAR`];
  }
};

const quantilesOf = async (
  connection: DuckDBConnection,
  sample: string,
  name: string,
): Promise<NumericStatistics['quantiles'] | null> => {
  const [row] = await query(
    connection,
    `SELECT quantile_cont(${name}::DOUBLE, [0.05, 0.25, 0.5, 0.75, 0.95]) FROM ${sample}`,
  );
  return Array.isArray(row?.[0]) ? (row[0].map(Number) as NumericStatistics['quantiles']) : null;
};

const histogram = async (
  connection: DuckDBConnection,
  source: string,
  name: string,
  min: number,
  max: number,
  scaledBy: number,
) => {
  const counts = new Array<number>(bins).fill(0);
  // Both ends are scaled first: max - min may overflow.
  const scale = Math.max(Math.abs(min), Math.abs(max), Number.MIN_VALUE);
  const low = min / scale;
  const span = max / scale - low;
  const place =
    span > 0 ? `least(${bins - 1}, floor((${name}::DOUBLE / ${scale} - ${low}) / ${span} * ${bins}))` : '0';
  const sql = `SELECT ${place}::INTEGER AS bin, count(*) FROM ${source} WHERE ${name} IS NOT NULL GROUP BY bin`;
  for (const [bin, count] of await query(connection, sql)) {
    counts[Math.max(0, Number(bin))] = Number(count) * scaledBy;
  }
  return { min, max, counts };
};

const mostFrequent = async (connection: DuckDBConnection, source: string, name: string, scaledBy: number) => {
  const sql = `SELECT left(${name}, 80), count(*) AS n FROM ${source} WHERE ${name} IS NOT NULL
    GROUP BY ${name} HAVING n > 1 ORDER BY n DESC, ${name} LIMIT 10`;
  return (await query(connection, sql)).map(([value, count]) => ({
    value: String(value),
    count: Number(count) * scaledBy,
  }));
};

/** Statistics of every column and the first rows of a normalised table. Callers give it only what may be seen. */
export const describeTable = async (
  connection: DuckDBConnection,
  parquetFile: string,
  columns: readonly Column[],
): Promise<TableDescription> => {
  const source = `read_parquet(${literal(parquetFile)})`;
  const rows = Number((await query(connection, `SELECT count(*) FROM ${source}`))[0]?.[0]);
  const exact = rows <= exactRows;
  const every = exact ? 1 : Math.ceil(rows / sampledRows);
  if (!exact) {
    await query(
      connection,
      `CREATE OR REPLACE TEMP TABLE sampled AS SELECT * EXCLUDE (file_row_number)
       FROM read_parquet(${literal(parquetFile)}, file_row_number = true) WHERE file_row_number % ${every} = 0`,
    );
  }
  const sample = exact ? source : 'sampled';
  const statistics: ColumnStatistics[] = [];
  for (const [index, column] of columns.entries()) {
    const name = innerName(index);
    const [row = []] = await query(
      connection,
      `SELECT ${aggregates(column, name, exact).join(', ')} FROM ${source}`,
    );
    const count = Number(row[0]);
    const present = { count, missing: rows - count, distinct: Math.min(Number(row[1]), count) };
    if (count === 0) statistics.push({ kind: 'empty', ...present });
    else if (column.type === 'text') {
      const most = await mostFrequent(connection, sample, name, every);
      statistics.push({ kind: 'text', ...present, longest: Number(row[2]), most });
    } else if (column.type === 'boolean')
      statistics.push({ kind: 'boolean', ...present, trues: Number(row[2]) });
    else if (column.type === 'timestamp') {
      statistics.push({ kind: 'timestamp', ...present, earliest: String(row[2]), latest: String(row[3]) });
    } else {
      const [min, max, mean] = [Number(row[2]), Number(row[3]), Number(row[4])];
      const sd = row[5] === null ? null : Number(row[5]);
      // A rare column may have no value in the sample; all its values are then looked at.
      const seen = await quantilesOf(connection, sample, name);
      const quantiles = seen ?? (await quantilesOf(connection, source, name)) ?? [min, min, min, max, max];
      const counted = await histogram(connection, seen ? sample : source, name, min, max, seen ? every : 1);
      statistics.push({ kind: 'numeric', ...present, min, max, mean, sd, quantiles, histogram: counted });
    }
  }
  const preview: RowCell[][] = [];
  for await (const batch of streamRows(connection, parquetFile, columns)) {
    preview.push(...batch.slice(0, previewRows - preview.length));
    if (preview.length >= previewRows) break;
  }
  return { rows, approximate: !exact, statistics, preview };
};
