import { open } from 'node:fs/promises';
import { GenesisError, invalidField } from '@genesis/contracts/errors';
import type { Format, IngestRequest } from '../model.ts';
import { planCurve } from './read-curve.ts';

/** The format of a file, and for `file` why it is not read as anything else. */
export type Detected = { format: Exclude<Format, 'file'> } | { format: 'file'; reason: string };

const headBytes = 65_536;

const magics: [format: Format, name: string, bytes: number[]][] = [
  ['parquet', 'Parquet', [0x50, 0x41, 0x52, 0x31]],
  ['arrow', 'Arrow', [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31]],
  ['arrow', 'an Arrow stream', [0xff, 0xff, 0xff, 0xff]],
  ['zarr', 'zip', [0x50, 0x4b, 0x03, 0x04]],
  ['zarr', 'an empty zip', [0x50, 0x4b, 0x05, 0x06]],
  ['file', 'gzip data', [0x1f, 0x8b]],
  ['file', 'zstd data', [0x28, 0xb5, 0x2f, 0xfd]],
  ['file', 'bzip2 data', [0x42, 0x5a, 0x68]],
  ['file', 'xz data', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['file', '7z data', [0x37, 0x7a, 0xbc, 0xaf]],
  ['file', 'lz4 data', [0x04, 0x22, 0x4d, 0x18]],
  ['file', 'a PDF', [0x25, 0x50, 0x44, 0x46]],
  ['file', 'a PNG picture', [0x89, 0x50, 0x4e, 0x47]],
  ['file', 'a JPEG picture', [0xff, 0xd8, 0xff]],
  ['file', 'a numpy array', [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]],
];
const hdf5Magic = Buffer.from([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]);

const byName: [format: Format, form: RegExp][] = [
  ['csv', /\.(csv|tsv|tab)$/i],
  ['jsonl', /\.(jsonl|ndjson)$/i],
  ['curve', /\.(xye?|abs)$/i],
];
/** Text that is no table, whatever it looks like. */
const otherText =
  /(?:\.(?:cif|ya?ml|toml|ini|md|rst|html?|json|geojson|log|py|m|tex|sh)|(?:^|\/)(?:licen[cs]e|readme|notice)[^/]*)$/i;

/** The superblock of an HDF5 file lies at 0, 512, 1024, 2048, ... */
const hasHdf5Magic = async (file: string): Promise<boolean> => {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const found = Buffer.alloc(hdf5Magic.length);
    for (let at = 0; at + found.length <= size; at = at === 0 ? 512 : at * 2) {
      await handle.read(found, 0, found.length, at);
      if (found.equals(hdf5Magic)) return true;
    }
    return false;
  } finally {
    await handle.close();
  }
};

const utf16Marks = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])];

const headOf = async (file: string): Promise<Buffer> => {
  const handle = await open(file);
  try {
    const head = Buffer.alloc(headBytes);
    const { bytesRead } = await handle.read(head, 0, headBytes, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
};

/** Whether the whole file is text with rows of a curve. What cannot be read as text is none; a failure of the disk is no answer. */
const hasCurve = async (file: string, longestLine: number): Promise<boolean> => {
  try {
    return (await planCurve(file, longestLine)) !== null;
  } catch (error) {
    if (error instanceof GenesisError) return false;
    throw error;
  }
};

const isJsonObject = (text: string): boolean => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
};

/** Whether the first lines have one separator equally often, outside quotes, as a table does. */
const looksLikeCsv = (text: string): boolean => {
  const lines = text.split(/\r?\n/).slice(0, 20);
  if (text.length >= headBytes) lines.pop();
  const filled = lines.filter((line) => line.trim() !== '');
  return [',', ';', '\t', '|'].some((separator) => {
    const counts = filled.map((line) => line.replace(/"[^"]*"/g, '').split(separator).length);
    const named = filled[0]?.split(separator).every((cell) => cell.trim() !== '') === true;
    return named && filled.length > 1 && (counts[0] ?? 1) > 1 && counts.every((count) => count === counts[0]);
  });
};

const ofText = async (
  file: string,
  head: Buffer,
  name: string | undefined,
  longestLine: number,
): Promise<Detected> => {
  const text = head.toString('utf8').replace(/^\ufeff/, '');
  const start = text.trimStart();
  if (start.startsWith('<')) {
    if (/<(?:\w+:)?SASroot[\s>]/.test(text)) return { format: 'cansas-xml' };
    if (/^<(?:\?xml|!DOCTYPE|[A-Za-z])/.test(start) && !/^<\w+>\s+</.test(start))
      return { format: 'file', reason: 'XML or HTML that is no canSAS document' };
  }
  const named = byName.find(([, form]) => name !== undefined && form.test(name))?.[0];
  if (named !== undefined) return { format: named as Exclude<Format, 'file'> };
  const lines = start.split('\n');
  const first = lines[0]?.trim() ?? '';
  if (first.startsWith('{') && isJsonObject(first) && lines[1]?.trimStart().startsWith('{'))
    return { format: 'jsonl' };
  if (name !== undefined && otherText.test(name))
    return { format: 'file', reason: 'text that is no table or curve, by its name' };
  if (/^[[{]/.test(first) && /[\]}]$/.test(text.trimEnd()) && !looksLikeCsv(text))
    return { format: 'file', reason: 'one JSON document, not JSON Lines' };
  if (!text.includes('\0') && !looksLikeCsv(text) && (await hasCurve(file, longestLine)))
    return { format: 'curve' };
  // Without a name, text is a table: what is wrong with it is told by line.
  if (name === undefined || looksLikeCsv(text)) return { format: 'csv' };
  if (head.includes(0)) return { format: 'file', reason: 'binary data of a kind that is not known here' };
  return { format: 'file', reason: 'text without the rows of a table or curve' };
};

const ofContent = async (file: string, name: string | undefined, longestLine: number): Promise<Detected> => {
  const head = await headOf(file);
  if (await hasHdf5Magic(file)) return { format: 'hdf5' };
  const magic = magics.find(([, , bytes]) => bytes.every((byte, index) => head[index] === byte));
  if (magic !== undefined) {
    const [format, what] = magic;
    if (format === 'file') return { format, reason: `${what}; it is not unpacked or read` };
    if (format !== 'zarr') return { format };
    const { openZip, zarrRoot } = await import('./zip-store.ts');
    const { names } = await openZip(file);
    return zarrRoot(names) === null
      ? { format: 'file', reason: 'a zip archive without a Zarr store; it is not unpacked' }
      : { format };
  }
  if (utf16Marks.some((mark) => head.subarray(0, 2).equals(mark))) {
    if (name === undefined || byName.some(([, form]) => form.test(name))) {
      throw invalidField('file', 'is UTF-16; text must be UTF-8');
    }
    return { format: 'file', reason: 'UTF-16 text; text must be UTF-8' };
  }
  return ofText(file, head, name, longestLine);
};

const insistedOnTable = ({ columns, types, delimiter, missing }: IngestRequest): boolean =>
  [columns, types, delimiter, missing].some((option) => option !== undefined);

/**
 * Tells the format by the first bytes, then by what the text looks like, then by the name. `format` of the request insists, and so
 * do options that only tables have: what is no table is then an error and not a plain file.
 */
export const detectFormat = async (request: IngestRequest, longestLine: number): Promise<Detected> => {
  const { file, format, fileName } = request;
  if (format === 'file') return { format, reason: 'kept as it is, as was asked for' };
  const found = await ofContent(file, fileName, longestLine);
  if (format === undefined) {
    if (found.format !== 'file' || !insistedOnTable(request)) return found;
    throw new GenesisError({
      code: 'unsupported',
      message: `file: this is ${found.reason}; a table is expected where columns, types, separator or missing words are given`,
    });
  }
  const text = ['csv', 'jsonl', 'curve', 'cansas-xml'];
  const alike =
    text.includes(format) &&
    (text.includes(found.format) || (found.format === 'file' && /text|JSON|XML/.test(found.reason)));
  if (found.format === format || alike) return { format };
  if (found.format === 'file')
    throw new GenesisError({
      code: 'unsupported',
      message: `file: this is ${found.reason}; it cannot be read as ${format}`,
    });
  if (format === 'parquet') throw invalidField('file', 'is not Parquet: it does not begin with PAR1');
  throw invalidField('file', `is not ${format}: its content is ${found.format}`);
};
