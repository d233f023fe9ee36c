import { GenesisError, invalidField } from '@genesis/contracts';
import { type Data, DataType, Message, type RecordBatch, RecordBatchReader, type Vector } from 'apache-arrow';
import { assertCells, assertName, mostBodyBytes, mostCells, mostColumns, mostTextBytes } from './limits.ts';
import { mostRows, type Table } from './table.ts';

const mostEmptyBatches = 100;
const fileMagic = 'ARROW1';

const refused = (message: string): GenesisError => invalidField('arrow', message);

/** The heads of the messages of a stream, one after the other: lengths that lead back or beyond the end are refused. */
function* headsOf(bytes: Buffer): Generator<Message> {
  const forward = (at: number, length: number): number => {
    if (!(length >= 0 && at + length <= bytes.length)) throw refused('it ends within a message');
    return at + length;
  };
  for (let at = 0; at + 4 <= bytes.length; ) {
    // Since version 0.15 of the format a mark stands before the length.
    if (bytes.readInt32LE(at) === -1) at = forward(at, 4);
    const head = forward(at, 4);
    const length = bytes.readInt32LE(at);
    if (length === 0) return;
    at = forward(head, length);
    const message = Message.decode(bytes.subarray(head, at));
    yield message;
    at = forward(at, Number(message.bodyLength));
  }
}

/**
 * Looks at the heads of all messages before any is read: what is to be read may not cost more than its bytes. A file names its
 * batches in its end, as often as it likes, and dictionaries that grow are copied each time they do.
 */
function assertPlain(bytes: Buffer): void {
  if (bytes.toString('latin1', 0, fileMagic.length) === fileMagic)
    throw refused('it is an Arrow file; send an Arrow stream');
  let [batches, empty, dictionaries] = [0, 0, 0];
  for (const message of headsOf(bytes)) {
    if (message.isDictionaryBatch()) {
      dictionaries += 1;
      if (message.header().isDelta) throw refused('its dictionaries grow; send whole ones');
    } else if (message.isRecordBatch()) {
      batches += 1;
      if (Number(message.header().length) === 0) empty += 1;
    }
    if (batches > mostRows || empty > mostEmptyBatches || dictionaries > mostColumns)
      throw refused(
        `more than ${mostRows} batches, ${mostEmptyBatches} empty ones or ${mostColumns} dictionaries`,
      );
  }
}

/** Bytes of a text as the column claims them: by its offsets, or by the head of its view (16 bytes, its length first). */
function claimOf({ type, valueOffsets: offsets, values, offset }: Data, row: number): number {
  if (!DataType.isUtf8View(type)) return Number(offsets[row + 1] ?? NaN) - Number(offsets[row] ?? NaN);
  const views = values as unknown as Uint8Array;
  const at = (offset + row) * 16;
  if (at + 16 > views.byteLength) return NaN;
  return new DataView(views.buffer, views.byteOffset, views.byteLength).getInt32(at, true);
}

const isText = (type: DataType): boolean =>
  DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isUtf8View(type);

/** Reads columns. What texts claim is added up over all of a call, since columns may claim the same bytes, or none. */
function createReader() {
  let [textBytes, texts] = [0, 0];
  const decoded = new Map<Vector, unknown[]>();

  function* textsOf(vector: Vector, name: string): Generator<unknown> {
    texts += vector.length;
    if (texts > mostCells) throw refused(`more than ${mostCells} texts`);
    for (const data of vector.data)
      for (let row = 0; row < data.length; row++) {
        if (!data.getValid(row)) continue;
        const bytes = claimOf(data, row);
        if (!(bytes >= 0 && bytes <= mostTextBytes))
          throw refused(`${name}: a text of more than ${mostTextBytes} bytes, or none`);
        textBytes += bytes;
      }
    if (textBytes > mostBodyBytes) throw refused(`more than ${mostBodyBytes} bytes of texts`);
    yield* vector;
  }

  /** Numbers, texts or categories; a dictionary is decoded once, however many rows point at it. */
  function* valuesOf(vector: Vector, name: string): Generator<unknown> {
    const { type } = vector;
    if (DataType.isInt(type) || DataType.isFloat(type) || DataType.isBool(type)) yield* vector;
    else if (isText(type)) yield* textsOf(vector, name);
    else if (DataType.isDictionary(type) && isText(type.dictionary)) {
      for (const data of vector.data) {
        const dictionary = data.dictionary!;
        if (dictionary.length > mostRows) throw refused(`${name}: more than ${mostRows} categories`);
        const categories = decoded.get(dictionary) ?? [...textsOf(dictionary, name)];
        decoded.set(dictionary, categories);
        for (let row = 0; row < data.length; row++)
          yield data.getValid(row) ? categories[Number(data.values[row])] : null;
      }
    } else throw refused(`${name} is a column of ${String(type)}; send numbers, texts or categories`);
  }
  return valuesOf;
}

/** An Arrow IPC stream. A unit stands in the metadata of the field, under `unit`. */
export function tableOfArrow(bytes: Buffer): Table {
  const columns = new Map<string, unknown[]>();
  const units = new Map<string, string>();
  const valuesOf = createReader();
  let rows = 0;
  try {
    assertPlain(bytes);
    for (const batch of RecordBatchReader.from(bytes) as Iterable<RecordBatch>) {
      const { fields } = batch.schema;
      assertCells('arrow', rows + batch.numRows, fields.length);
      for (const [at, { name, metadata }] of fields.entries()) {
        const unit = metadata.get('unit');
        assertName('arrow', name, unit);
        const known = columns.get(name) ?? [];
        columns.set(name, known);
        if (unit !== undefined) units.set(name, unit);
        const vector = batch.getChildAt(at);
        if (vector === null || vector.length !== batch.numRows)
          throw refused(`${name} does not have ${batch.numRows} values`);
        for (const value of valuesOf(vector, name)) known.push(value);
      }
      rows += batch.numRows;
    }
  } catch (error) {
    if (error instanceof GenesisError) throw error;
    throw invalidField('arrow', 'it cannot be read as an Arrow stream', { cause: error });
  }
  if ([...columns.values()].some((column) => column.length !== rows))
    throw refused('two columns have the same name');
  return { rows, columns, units };
}
