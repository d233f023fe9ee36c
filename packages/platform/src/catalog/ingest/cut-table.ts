import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { invalidField } from '@genesis/contracts/errors';
import {
  canonicalRowKey,
  createTableHasher,
  planSplit,
  type RowFingerprints,
  rowFingerprints,
  type SplitRule,
  sideOf,
} from '@genesis/evidence';
import { describeTable, type TableDescription } from './describe-table.ts';
import { literal, query } from './duckdb.ts';
import { KeyCounter } from './key-counter.ts';
import type { Column } from './model.ts';
import { type RowCell, streamRows } from './rows.ts';

/** What makes rows inseparable: equal values in these columns (replicates of a design, or one group). */
export type CutRequest = {
  parquetFile: string;
  columns: Column[];
  keyColumns: string[];
  /** A fresh rule is made from these; `rule` adopts an existing one instead. */
  fresh?: { seed: string; confirmFraction: number };
  rule?: SplitRule;
  /** Secret key for the fingerprints, base64. */
  markKey: string;
};

export type PartCount = { rows: number; keys: number };
export type CutTable = {
  rule: SplitRule;
  explore: PartCount & { description: TableDescription };
  confirm: PartCount & { sha256: string; bytes: number };
  exploreFile: string;
  /** Of the sealed rows: by these the same rows are known when they are offered again. */
  marks: RowFingerprints[];
};

export type RecognisedTable = { tableHash: string; marks: RowFingerprints[] };

/** Of larger tables, this many rows with the least marks stand for all: the same rows give the same sample. */
const sampleSize = 10_000;
const planSample = 200_000;

class MarkSample {
  private kept: RowFingerprints[] = [];
  private limit = 'g';

  add(marks: RowFingerprints): void {
    if (this.orderOf(marks) >= this.limit) return;
    this.kept.push(marks);
    if (this.kept.length >= 2 * sampleSize) this.shrink();
  }

  private orderOf(marks: RowFingerprints): string {
    return marks.row[0] ?? marks.design;
  }

  private shrink(): void {
    this.kept.sort((a, b) => (this.orderOf(a) < this.orderOf(b) ? -1 : 1));
    this.kept.length = Math.min(this.kept.length, sampleSize);
    if (this.kept.length === sampleSize) this.limit = this.orderOf(this.kept.at(-1) as RowFingerprints);
  }

  result(): RowFingerprints[] {
    this.shrink();
    return this.kept;
  }
}

const indexesOf = (columns: readonly Column[], names: readonly string[]): number[] =>
  names.map((name) => {
    const index = columns.findIndex((column) => column.name === name);
    if (index === -1) {
      throw invalidField(
        'inputs',
        `there is no column ${JSON.stringify(name)}; the columns are ${columns.map((c) => c.name).join(', ')}`,
      );
    }
    return index;
  });

const marker = (request: Pick<CutRequest, 'columns' | 'keyColumns' | 'markKey'>) => {
  const keys = new Set(indexesOf(request.columns, request.keyColumns));
  const key = Buffer.from(request.markKey, 'base64');
  return (row: readonly RowCell[]): RowFingerprints =>
    rowFingerprints(
      {
        inputs: row.filter((_, index) => keys.has(index)),
        outcomes: row.filter((_, index) => !keys.has(index)),
      },
      key,
    );
};

/** The canonical hash of the whole table and the fingerprints of its rows, by which known rows are recognised. */
export const recogniseTable = async (
  connection: DuckDBConnection,
  request: Pick<CutRequest, 'parquetFile' | 'columns' | 'keyColumns' | 'markKey'>,
): Promise<RecognisedTable> => {
  const hasher = createTableHasher();
  const sample = new MarkSample();
  const mark = marker(request);
  for await (const batch of streamRows(connection, request.parquetFile, request.columns)) {
    for (const row of batch) {
      hasher.add(row);
      sample.add(mark(row));
    }
  }
  return { tableHash: hasher.digest(), marks: sample.result() };
};

/** Keys of the table, each at least once; stops early where more keys cannot change the rule. */
const planRule = async (
  connection: DuckDBConnection,
  request: CutRequest,
  keyIndexes: readonly number[],
): Promise<SplitRule> => {
  const { fresh } = request;
  if (fresh === undefined) throw invalidField('seed', 'a split needs a seed, or a rule to adopt');
  const keys = new Set<string>();
  let settled: SplitRule | null = null;
  let lookAt = planSample;
  for await (const batch of streamRows(connection, request.parquetFile, request.columns, keyIndexes)) {
    for (const row of batch) keys.add(keyOf(request.keyColumns, row));
    if (keys.size < lookAt) continue;
    lookAt *= 2;
    // With both sides well filled by a part of the keys, the cut is the wanted fraction whatever else comes.
    const rule = planSplit(keys, fresh);
    let confirmed = 0;
    for (const key of keys) if (sideOf(rule, key) === 'confirm') confirmed++;
    if (Math.min(confirmed, keys.size - confirmed) > 100) {
      settled = rule;
      break;
    }
  }
  return settled ?? planSplit(keys, fresh);
};

const keyOf = (names: readonly string[], cells: readonly RowCell[]): string =>
  canonicalRowKey(Object.fromEntries(names.map((name, index) => [name, cells[index] ?? null])));

/** Takes the sealed rows, one JSON array a line: the row's number in the table, then its cells. Resolves when all are taken. */
export type RowSink = (lines: string) => Promise<void>;

/**
 * Cuts a normalised table into explore and confirm. Explore rows go to a Parquet file; confirm rows go to `sink` only and
 * are never written by this. The side of a row depends on the rule and the row's key alone.
 */
export const cutTable = async (
  connection: DuckDBConnection,
  request: CutRequest,
  stagingFolder: string,
  sink: RowSink,
): Promise<CutTable> => {
  const { columns, keyColumns, parquetFile } = request;
  const keyIndexes = indexesOf(columns, keyColumns);
  if (keyIndexes.length === 0)
    throw invalidField('inputs', 'at least one input column, or a group column, is needed');
  const rule = request.rule ?? (await planRule(connection, request, keyIndexes));
  const mark = marker(request);
  const sample = new MarkSample();
  const hash = createHash('sha256');
  const keys = { explore: new KeyCounter(), confirm: new KeyCounter() };
  const rows = { explore: 0, confirm: 0 };
  let bytes = 0;
  let index = 0;
  await query(connection, 'CREATE TABLE sealed_row (number BIGINT)');
  const appender = await connection.createAppender('sealed_row');
  for await (const batch of streamRows(connection, parquetFile, columns)) {
    let lines = '';
    for (const row of batch) {
      const key = keyOf(
        keyColumns,
        keyIndexes.map((at) => row[at] ?? null),
      );
      const side = sideOf(rule, key);
      rows[side]++;
      keys[side].add(key);
      if (side === 'confirm') {
        lines += `${JSON.stringify([index, ...row])}\n`;
        sample.add(mark(row));
        appender.appendBigInt(BigInt(index));
        appender.endRow();
      }
      index++;
    }
    if (lines !== '') {
      hash.update(lines);
      bytes += Buffer.byteLength(lines);
      await sink(lines);
    }
  }
  appender.closeSync();
  if (rows.confirm === 0 || rows.explore === 0) {
    throw invalidField(
      'confirmFraction',
      'the split leaves one side empty; the table has too few different designs or groups',
    );
  }
  const exploreFile = join(stagingFolder, 'explore.parquet');
  await query(
    connection,
    `COPY (SELECT * EXCLUDE (file_row_number) FROM read_parquet(${literal(parquetFile)}, file_row_number = true)
       WHERE file_row_number NOT IN (SELECT number FROM sealed_row))
     TO ${literal(exploreFile)} (FORMAT parquet, COMPRESSION zstd)`,
  );
  const description = await describeTable(connection, exploreFile, columns);
  return {
    rule,
    explore: { rows: rows.explore, keys: keys.explore.count, description },
    confirm: { rows: rows.confirm, keys: keys.confirm.count, sha256: hash.digest('hex'), bytes },
    exploreFile,
    marks: sample.result(),
  };
};
