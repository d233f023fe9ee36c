import { OutboundError } from '../../kernel/index.ts';

const deepest = 64;

/** Whether brackets nest deeper than any description of a dataset does. Looks at bytes, before anything is built of them. */
function tooDeep(bytes: Uint8Array): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (quoted) {
      if (byte === 0x5c) at += 1;
      else if (byte === 0x22) quoted = false;
    } else if (byte === 0x22) quoted = true;
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > deepest) return true;
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
  return false;
}

/** @throws OutboundError where it is no JSON, or nests deeper than 64 */
export function readJson(bytes: Uint8Array): unknown {
  if (tooDeep(bytes)) throw new OutboundError(`its JSON nests deeper than ${deepest}`);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new OutboundError('it is no JSON in UTF-8', { cause });
  }
}

/** An own field of an object; undefined of anything else. */
export const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;

/** A list as it is, one thing as a list of one, nothing as none. */
export const listOf = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
