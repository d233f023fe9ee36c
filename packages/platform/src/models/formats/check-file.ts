import type { ArtifactFormat } from '@genesis/contracts';
import { readOnnx } from './onnx.ts';
import { whyRefused } from './refused.ts';

/** The most that a file of each format may have. What must be in memory to be checked has the lower limits. */
const mostBytes: Readonly<Record<ArtifactFormat, number>> = {
  onnx: 256 * 2 ** 20,
  safetensors: 4 * 2 ** 30,
  lightgbm: 512 * 2 ** 20,
  json: 16 * 2 ** 20,
  parquet: 4 * 2 ** 30,
};

/** A file that can be read in parts. */
export type Source = {
  bytes: number;
  /** `length` bytes from `offset`, fewer at the end of the file. */
  read(offset: number, length: number): Promise<Buffer>;
  chunks(): AsyncIterable<Buffer>;
};

const dtypeBits: Readonly<Record<string, number>> = {
  ...{ BOOL: 8, U8: 8, I8: 8, F8_E5M2: 8, F8_E4M3: 8, I16: 16, U16: 16, F16: 16, BF16: 16 },
  ...{ I32: 32, U32: 32, F32: 32, F64: 64, I64: 64, U64: 64 },
};
const mostHeaderBytes = 16 * 2 ** 20;

/** The header of a safetensors file covers its data exactly: no gap in which something else could hide. */
async function checkSafetensors(source: Source): Promise<string | undefined> {
  const head = await source.read(0, 8);
  if (head.length < 8) return 'it is shorter than the length of its header';
  const length = Number(head.readBigUInt64LE(0));
  if (length > mostHeaderBytes || length > source.bytes - 8)
    return 'its header is longer than the file, or than 16 MiB';
  const text = (await source.read(8, length)).toString('utf8');
  const header = parsed(text);
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    return 'its header is no JSON object';
  const spans: [number, number][] = [];
  for (const [name, entry] of Object.entries(header as Record<string, unknown>)) {
    if (name === '__metadata__') continue;
    const span = spanOf(entry);
    if (span === undefined)
      return `the tensor ${JSON.stringify(name).slice(0, 100)} has no type, shape and place that fit each other`;
    spans.push(span);
  }
  spans.sort(([a], [b]) => a - b);
  let end = 0;
  for (const [from, to] of spans) {
    if (from !== end) return 'its tensors overlap or leave gaps';
    end = to;
  }
  return end === source.bytes - 8 - length ? undefined : 'its tensors do not end where the file ends';
}

function spanOf(entry: unknown): [number, number] | undefined {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  const bits = typeof dtype === 'string' && Object.hasOwn(dtypeBits, dtype) ? dtypeBits[dtype] : undefined;
  const wholes = (value: unknown): value is number[] =>
    Array.isArray(value) && value.length <= 64 && value.every((one) => Number.isSafeInteger(one) && one >= 0);
  if (bits === undefined || !wholes(shape) || !wholes(offsets) || offsets.length !== 2) return undefined;
  const [from, to] = offsets as [number, number];
  const count = shape.reduce((product, size) => product * size, 1);
  return Number.isSafeInteger(count) && to - from === (count * bits) / 8 ? [from, to] : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is no JSON is told by its absence.
    return undefined;
  }
}

const whole = async (source: Source): Promise<Buffer> => await source.read(0, source.bytes);

const mostLevels = 1000;

/** Whether brackets nest deeper than anything that is read here may; strings are skipped. One pass. */
function isTooDeep(bytes: Buffer): boolean {
  let [level, inside] = [0, false];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inside) {
      if (byte === 0x5c) at += 1;
      else if (byte === 0x22) inside = false;
    } else if (byte === 0x22) inside = true;
    else if (byte === 0x5b || byte === 0x7b) level += 1;
    else if (byte === 0x5d || byte === 0x7d) level -= 1;
    if (level > mostLevels) return true;
  }
  return false;
}

async function checkJson(source: Source): Promise<string | undefined> {
  const bytes = await whole(source);
  if (isTooDeep(bytes)) return `it is nested deeper than ${mostLevels} levels`;
  return parsed(bytes.toString('utf8')) === undefined ? 'it is no JSON' : undefined;
}

/** A LightGBM model is text that begins with `tree` and its version. */
async function checkLightgbm(source: Source): Promise<string | undefined> {
  const start = await source.read(0, 4096);
  if (!/^tree\r?\nversion=v[0-9]+\r?\n/.test(start.toString('latin1')))
    return 'it does not begin as the text of a LightGBM model';
  for await (const chunk of source.chunks()) if (chunk.includes(0)) return 'it is not text throughout';
  return undefined;
}

async function checkParquet(source: Source): Promise<string | undefined> {
  const start = await source.read(0, 4);
  const end = await source.read(Math.max(0, source.bytes - 8), 8);
  if (source.bytes < 12 || start.toString('latin1') !== 'PAR1' || end.toString('latin1', 4) !== 'PAR1')
    return 'it does not begin and end as a Parquet file';
  return end.readUInt32LE(0) <= source.bytes - 12 ? undefined : 'its footer is longer than the file';
}

async function checkOnnx(source: Source): Promise<string | undefined> {
  const found = readOnnx(await whole(source));
  return 'refused' in found ? found.refused : undefined;
}

const checks: Readonly<Record<ArtifactFormat, (source: Source) => Promise<string | undefined>>> = {
  onnx: checkOnnx,
  safetensors: checkSafetensors,
  lightgbm: checkLightgbm,
  json: checkJson,
  parquet: checkParquet,
};

/**
 * Looks at the content of a file of an artifact, whatever its name says. Nothing of it is run or unpacked.
 *
 * @returns why it is refused, in words that go after the name of the file; undefined where it is what it says
 */
export async function checkFile(format: ArtifactFormat, source: Source): Promise<string | undefined> {
  if (source.bytes === 0) return 'it is empty';
  if (source.bytes > mostBytes[format])
    return `it has ${source.bytes} bytes, and a file of the format ${format} may have ${mostBytes[format]}`;
  const problem = await checks[format](source);
  // The lengths at the start of a good file can look like the mark of another format, so that is asked last.
  return problem === undefined ? undefined : (whyRefused(await source.read(0, 64)) ?? problem);
}
