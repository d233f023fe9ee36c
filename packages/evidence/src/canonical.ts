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

/**
 * Whether JSON.stringify already gives the canonical text: plain objects with their keys in order, and nothing that
 * JSON does not have. What was read from canonical JSON is such, and the native writer is several times faster.
 */
function isOrdered(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed();
    case 'number':
      return Number.isFinite(value);
    case 'boolean':
      return true;
    case 'object':
      break;
    default:
      return false;
  }
  if (value === null) return true;
  if (depth >= deepest) return false;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) if (!isOrdered(value[at], depth + 1)) return false;
    return !('toJSON' in value);
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  let before = '';
  for (const key of Object.keys(value)) {
    if (key < before || !key.isWellFormed()) return false;
    if (!isOrdered((value as Record<string, unknown>)[key], depth + 1)) return false;
    before = key;
  }
  return true;
}

function refuse(trail: readonly (string | number)[], message: string): never {
  const place = trail.length === 0 ? 'the value' : `/${trail.join('/')}`;
  throw new MalformedError('canonical-json', `${place} ${message}`);
}

function writeString(text: string, trail: readonly (string | number)[]): string {
  if (!text.isWellFormed()) refuse(trail, 'contains a lone surrogate, which has no UTF-8 form');
  return JSON.stringify(text);
}

function writeObject(value: object, trail: (string | number)[]): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    refuse(trail, 'is an instance of a class; only plain objects, arrays and scalars are JSON');
  }
  const source = value as Record<string, unknown>;
  const members: string[] = [];
  // RFC 8785 section 3.2.3 sorts by UTF-16 code units, which is the default order of Array.prototype.sort.
  for (const key of Object.keys(source).sort()) {
    trail.push(key);
    members.push(`${writeString(key, trail)}:${write(source[key], trail)}`);
    trail.pop();
  }
  return `{${members.join(',')}}`;
}

function writeArray(value: readonly unknown[], trail: (string | number)[]): string {
  const items: string[] = [];
  for (let index = 0; index < value.length; index++) {
    trail.push(index);
    items.push(write(value[index], trail));
    trail.pop();
  }
  return `[${items.join(',')}]`;
}

function write(value: unknown, trail: (string | number)[]): string {
  if (trail.length > deepest) refuse(trail, `is nested deeper than ${deepest} levels`);
  switch (typeof value) {
    case 'string':
      return writeString(value, trail);
    case 'number':
      if (!Number.isFinite(value)) refuse(trail, `is ${value}; JSON numbers are finite`);
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? writeArray(value, trail) : writeObject(value, trail);
    default:
      return refuse(trail, `is of type ${typeof value}, which JSON does not have`);
  }
}

/**
 * The one JSON text of a value by RFC 8785 (JSON Canonicalization Scheme). Two values that JSON holds to be the
 * same give the same text. Throws MalformedError, naming the place as a path, on NaN, infinities, undefined,
 * bigint, functions, instances of classes, lone surrogates and nesting beyond 200 levels.
 */
export function canonicalJson(value: unknown): string {
  return isOrdered(value, 0) ? JSON.stringify(value) : write(value, []);
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
