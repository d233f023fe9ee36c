import type { DuckDBConnection } from '@duckdb/node-api';
import { type FieldProblem, GenesisError, invalidField } from '@genesis/contracts/errors';
import { literal, query } from './duckdb.ts';
import { checkNames, unitOf } from './header.ts';
import { type BadCell, type Column, type ColumnType, type IngestLimits, innerName } from './model.ts';
import { badCellsError } from './problems.ts';

const typeOf = (duckType: string): { type: ColumnType; cast: string } | null => {
  if (/^(U?(TINY|SMALL|BIG)INT|U?INTEGER|U?HUGEINT)$/.test(duckType))
    return { type: 'integer', cast: 'BIGINT' };
  if (/^(FLOAT|DOUBLE|DECIMAL\(.*\))$/.test(duckType)) return { type: 'number', cast: 'DOUBLE' };
  if (/^(DATE|TIMESTAMP(_S|_MS|_NS)?|TIMESTAMP WITH TIME ZONE)$/.test(duckType)) {
    return { type: 'timestamp', cast: 'TIMESTAMP' };
  }
  if (duckType === 'BOOLEAN') return { type: 'boolean', cast: 'BOOLEAN' };
  if (duckType === 'VARCHAR' || duckType.startsWith('ENUM(')) return { type: 'text', cast: 'VARCHAR' };
  return null;
};

const unreadable = (cause: unknown): GenesisError =>
  invalidField('file', 'is not a readable Parquet file: it is damaged, cut off or encrypted', { cause });

/** Types of a Parquet file's columns. Nested, binary and other types are refused by column. */
const describe = async (connection: DuckDBConnection, file: string, limits: IngestLimits) => {
  const source = `read_parquet(${literal(file)})`;
  let described: unknown[][];
  let original: unknown[][];
  try {
    described = await query(connection, `DESCRIBE SELECT * FROM ${source}`);
    original = await query(
      connection,
      `SELECT name, coalesce(num_children, 0) FROM parquet_schema(${literal(file)})`,
    );
  } catch (cause) {
    throw unreadable(cause);
  }
  const names: string[] = [];
  for (let at = 1; at < original.length; at++) {
    names.push(String(original[at]?.[0]));
    let inside = Number(original[at]?.[1]);
    while (inside > 0) {
      at++;
      inside += Number(original[at]?.[1]) - 1;
    }
  }
  const checked = checkNames(names, limits.maxColumns);
  const problems: FieldProblem[] = [];
  const columns = checked.map((name, index) => {
    const duckType = String(described[index]?.[1]);
    const known = typeOf(duckType);
    if (known === null) {
      const message = `is of type ${duckType.slice(0, 80)}; numbers, text, booleans and timestamps are allowed (no nested or binary columns)`;
      problems.push({ field: `column ${index + 1} (${JSON.stringify(name)})`, message });
    }
    // DuckDB tells columns apart without regard to case and renames clashes; DESCRIBE shows the names it uses.
    const quoted = `"${String(described[index]?.[0]).replaceAll('"', '""')}"`;
    return { name, quoted, type: known?.type ?? 'text', cast: known?.cast ?? 'VARCHAR' };
  });
  if (problems.length > 0) {
    throw new GenesisError({
      code: 'invalid-input',
      message: `nothing was imported: ${problems.map((p) => `${p.field} ${p.message}`).join('; ')}`,
      problems: problems.slice(0, 20),
    });
  }
  return columns;
};

/** Rewrites a Parquet file in our own form (flat columns, zstd). Bad values are reported by row and column. */
export const convertParquet = async (
  connection: DuckDBConnection,
  file: string,
  parquetFile: string,
  limits: IngestLimits,
): Promise<{ columns: Column[]; rows: number }> => {
  const columns = await describe(connection, file, limits);
  const source = `read_parquet(${literal(file)}, file_row_number = true)`;
  const bad: BadCell[] = [];
  let total = 0;
  try {
    for (const [index, { quoted, name, type, cast }] of columns.entries()) {
      const wrong =
        type === 'number' ? `NOT isfinite(${quoted}::DOUBLE)` : `TRY_CAST(${quoted} AS ${cast}) IS NULL`;
      if (type === 'text' || type === 'boolean') continue;
      const where = `FROM ${source} WHERE ${quoted} IS NOT NULL AND ${wrong}`;
      const count = Number((await query(connection, `SELECT count(*) ${where}`))[0]?.[0]);
      if (count === 0) continue;
      total += count;
      for (const [row, found] of await query(
        connection,
        `SELECT file_row_number, ${quoted}::VARCHAR ${where} LIMIT 20`,
      )) {
        const expected =
          type === 'number'
            ? 'a finite number'
            : `a value that fits ${cast === 'BIGINT' ? '64 bits' : 'a timestamp'}`;
        bad.push({ line: Number(row) + 1, column: index + 1, name, expected, found: String(found) });
      }
    }
  } catch (cause) {
    throw unreadable(cause);
  }
  if (total > 0) {
    throw badCellsError(
      bad.sort((a, b) => a.line - b.line),
      total,
      false,
      'Lines are row numbers of the Parquet file',
    );
  }
  const select = columns
    .map(({ quoted, cast }, index) => `${quoted}::${cast} AS ${innerName(index)}`)
    .join(', ');
  let rows: number;
  try {
    const copy = `COPY (SELECT ${select} FROM ${source}) TO ${literal(parquetFile)} (FORMAT parquet, COMPRESSION zstd)`;
    rows = Number((await query(connection, copy))[0]?.[0]);
  } catch (cause) {
    throw unreadable(cause);
  }
  return { columns: columns.map(({ name, type }) => ({ name, unit: unitOf(name), type })), rows };
};
