import { decodeUtf8, encodeUtf8, sha256Hex } from './encoding.ts';
import { MalformedError } from './malformed.ts';

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

const deepest = 200;

function refuse(path: string, message: string): never {
  throw new MalformedError('canonical-json', `${path === '' ? 'the value' : path} ${message}`);
}

function writeString(text: string, path: string): string {
  if (!text.isWellFormed()) refuse(path, 'contains a lone surrogate, which has no UTF-8 form');
  return JSON.stringify(text);
}

function writeObject(value: object, path: string, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    refuse(path, 'is an instance of a class; only plain objects, arrays and scalars are JSON');
  }
  const source = value as Record<string, unknown>;
  const members: string[] = [];
  // RFC 8785 section 3.2.3 sorts by UTF-16 code units, which is the default order of Array.prototype.sort.
  for (const key of Object.keys(source).sort()) {
    const place = `${path}/${key}`;
    members.push(`${writeString(key, place)}:${write(source[key], place, depth + 1)}`);
  }
  return `{${members.join(',')}}`;
}

function writeArray(value: readonly unknown[], path: string, depth: number): string {
  const items: string[] = [];
  for (let index = 0; index < value.length; index++) {
    items.push(write(value[index], `${path}/${index}`, depth + 1));
  }
  return `[${items.join(',')}]`;
}

function write(value: unknown, path: string, depth: number): string {
  if (depth > deepest) refuse(path, `is nested deeper than ${deepest} levels`);
  switch (typeof value) {
    case 'string':
      return writeString(value, path);
    case 'number':
      if (!Number.isFinite(value)) refuse(path, `is ${value}; JSON numbers are finite`);
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? writeArray(value, path, depth) : writeObject(value, path, depth);
    default:
      return refuse(path, `is of type ${typeof value}, which JSON does not have`);
  }
}

/**
 * The one JSON text of a value by RFC 8785 (JSON Canonicalization Scheme). Two values that JSON holds to be the
 * same give the same text. Throws MalformedError, naming the place as a path, on NaN, infinities, undefined,
 * bigint, functions, instances of classes, lone surrogates and nesting beyond 200 levels.
 */
export function canonicalJson(value: unknown): string {
  return write(value, '', 0);
}

/** The UTF-8 bytes of `canonicalJson`: what is hashed and signed. */
export function canonicalBytes(value: unknown): Uint8Array {
  return encodeUtf8(canonicalJson(value));
}

/** SHA-256 over the canonical JSON of a value, as lower-case hexadecimal. */
export function canonicalHash(value: unknown): string {
  return sha256Hex(canonicalJson(value));
}

/**
 * Reads JSON that must already be canonical: writing the result again gives the same bytes. Duplicate keys, white
 * space, other number spellings and a byte order mark are therefore refused.
 */
export function parseCanonicalJson(input: Uint8Array | string): JsonValue {
  const text = typeof input === 'string' ? input : decodeUtf8(input);
  if (text === null) throw new MalformedError('canonical-json', 'the bytes are not UTF-8');
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (cause) {
    throw new MalformedError('canonical-json', 'the text is not JSON', { cause });
  }
  if (canonicalJson(value) !== text) {
    throw new MalformedError('canonical-json', 'the text is JSON, but not in the canonical form of RFC 8785');
  }
  return value;
}
