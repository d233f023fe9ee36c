import { canonicalJson, type JsonValue, parseCanonicalJson } from '../canonical.ts';
import { encodeUtf8 } from '../encoding.ts';
import { MalformedError } from '../malformed.ts';

/** Values as lines of canonical JSON, each ended by a newline; no values give no bytes. */
export function writeJsonLines(values: readonly unknown[]): Uint8Array {
  return encodeUtf8(values.map((value) => `${canonicalJson(value)}\n`).join(''));
}

/** One value as canonical JSON and a newline, so that a file also reads well in a terminal. */
export function writeJsonFile(value: unknown): Uint8Array {
  return encodeUtf8(`${canonicalJson(value)}\n`);
}

/** Reads exactly one line; the inverse of `writeJsonFile`. */
export function readJsonFile(bytes: Uint8Array): JsonValue {
  const lines = readLines(bytes);
  const line = lines[0];
  if (line === undefined || lines.length !== 1) {
    throw new MalformedError('canonical-json', 'expected one line of JSON that ends in a newline');
  }
  return parseCanonicalJson(line);
}

/** The lines of a file without their newlines, as views. Every line, the last one included, ends in a newline. */
export function readLines(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let from = 0;
  while (from < bytes.length) {
    const end = bytes.indexOf(0x0a, from);
    if (end < 0) throw new MalformedError('canonical-json', 'the last line does not end in a newline');
    lines.push(bytes.subarray(from, end));
    from = end + 1;
  }
  return lines;
}
