import { open } from 'node:fs/promises';
import { zstdDecompressSync } from 'node:zlib';
import { GenesisError, invalidField } from '@genesis/contracts/errors';
import {
  CompressionType,
  compressionRegistry,
  DataType,
  type RecordBatch,
  RecordBatchReader,
  type Schema,
  type Vector,
} from 'apache-arrow';
import { checkNames, unitOf } from '../header.ts';
import { type Column, type ColumnType, type IngestLimits, listedBadCells } from '../model.ts';
import { badCellsError } from '../problems.ts';
import { lz4Frame } from './lz4-frame.ts';
import type { InCell, TableSource } from './write-table.ts';

/** Largest buffer that is unpacked; batches of common writers have some megabytes. */
const unpackedLimit = 256 * 2 ** 20;

const useCodecs = (): void => {
  compressionRegistry.set(CompressionType.ZSTD, {
    decode: (data) => zstdDecompressSync(data, { maxOutputLength: unpackedLimit }),
  });
  compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: (data) => lz4Frame(data, unpackedLimit) });
};

const least = -(2n ** 63n);
const most = 2n ** 63n - 1n;
const wrong = Symbol('wrong');
type Conversion = (value: unknown) => InCell | typeof wrong;

const asNumber: Conversion = (value) => (Number.isFinite(value) ? (value as number) : wrong);
const asInteger: Conversion = (value) => {
  const whole = BigInt(value as number | bigint);
  return whole >= least && whole <= most ? whole : wrong;
};
const asTime =
  (perMillisecond: number): Conversion =>
  (value) => {
    // Arrow gives milliseconds, with a fraction where the unit is finer.
    const micro = Math.round((value as number) * perMillisecond);
    return Number.isSafeInteger(micro) ? BigInt(micro) : wrong;
  };

const conversionOf = (type: DataType): { type: ColumnType; convert: Conversion } | null => {
  if (DataType.isDictionary(type)) return conversionOf(type.dictionary);
  if (DataType.isInt(type)) return { type: 'integer', convert: asInteger };
  if (DataType.isFloat(type)) return { type: 'number', convert: asNumber };
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type))
    return { type: 'text', convert: (value) => String(value) };
  if (DataType.isBool(type)) return { type: 'boolean', convert: (value) => value === true };
  if (DataType.isTimestamp(type) || DataType.isDate(type))
    return { type: 'timestamp', convert: asTime(1000) };
  return null;
};

const describe = (schema: Schema, limits: IngestLimits) => {
  const names = checkNames(
    schema.fields.map(({ name }) => name),
    limits.maxColumns,
  );
  const known = schema.fields.map(({ type }) => conversionOf(type as DataType));
  const problems = known.flatMap((one, index) => {
    if (one !== null) return [];
    const field = `column ${index + 1} (${JSON.stringify(names[index])})`;
    const type = String(schema.fields[index]?.type).slice(0, 80);
    return [
      {
        field,
        message: `is of type ${type}; numbers, text, booleans and timestamps are allowed (no nested or binary columns)`,
      },
    ];
  });
  if (problems.length > 0) {
    const message = `nothing was imported: ${problems
      .slice(0, listedBadCells)
      .map((p) => `${p.field} ${p.message}`)
      .join('; ')}`;
    throw new GenesisError({ code: 'invalid-input', message, problems: problems.slice(0, listedBadCells) });
  }
  const columns = names.map(
    (name, index): Column => ({ name, unit: unitOf(name), type: known[index]?.type ?? 'text' }),
  );
  return { columns, conversions: known.map((one) => one?.convert as Conversion) };
};

const unreadable = (cause: unknown): GenesisError =>
  cause instanceof GenesisError
    ? cause
    : invalidField(
        'file',
        'is not readable Arrow IPC: it is damaged, cut off, or of a kind that is not supported',
        { cause },
      );

/** A batch whose columns are all there: lengths that the file states are held against what it holds. */
const columnsOf = (batch: RecordBatch, width: number): Vector[] =>
  Array.from({ length: width }, (_, index) => {
    const vector = batch.getChildAt(index);
    if (vector === null || vector.length !== batch.numRows)
      throw new Error('a column has another length than its batch');
    return vector;
  });

/** Reads an Arrow IPC file or stream, batch by batch. */
export const readArrow = async (file: string, limits: IngestLimits): Promise<TableSource> => {
  useCodecs();
  const handle = await open(file);
  const opened = await (async () => {
    const reader = await RecordBatchReader.from(handle);
    await reader.open();
    return { reader, ...describe(reader.schema, limits) };
  })().catch((cause: unknown) => {
    throw unreadable(cause);
  });
  const { reader, columns, conversions } = opened;
  async function* batches(): AsyncGenerator<InCell[][]> {
    let before = 0;
    try {
      for await (const batch of reader as AsyncIterable<RecordBatch>) {
        const vectors = columnsOf(batch, columns.length);
        for (let from = 0; from < batch.numRows; from += 8192) {
          const size = Math.min(8192, batch.numRows - from);
          yield Array.from({ length: size }, (_, at) =>
            vectors.map((vector, index): InCell => {
              const value: unknown = vector.get(from + at);
              const cell = value === null ? null : (conversions[index] as Conversion)(value);
              if (cell !== wrong) return cell;
              const { name = '', type } = columns[index] ?? {};
              const expected =
                type === 'number' ? 'a finite number' : 'a value that fits 64 bits or a timestamp';
              const line = before + from + at + 1;
              throw badCellsError(
                [{ line, column: index + 1, name, expected, found: String(value) }],
                1,
                true,
                'Lines are row numbers of the Arrow data',
              );
            }),
          );
        }
        before += batch.numRows;
      }
    } catch (cause) {
      throw unreadable(cause);
    } finally {
      await handle.close();
    }
  }
  return { columns, batches: batches(), curve: null, metadata: {} };
};
