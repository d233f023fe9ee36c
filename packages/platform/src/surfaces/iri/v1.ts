/**
 * The older version of the facility API, as far as it differs: operations on files by GET, PUT and DELETE, with their
 * fields in the query; plain words where the newer one has URNs.
 */
import { invalidField } from '@genesis/contracts';
import { z } from 'zod';
import type { Operation, Route } from './operation.ts';
import { strictBoolean } from './parameters.ts';

const path = z.string().min(1).max(5000);
const flag = strictBoolean.default(false);
const whole = z
  .string()
  .regex(/^\d{1,15}$/, 'expected a whole number')
  .transform(Number);
const least = (number: number) => whole.pipe(z.int().min(number)).optional();

const onlyPath = z.strictObject({ path });
const methods: Readonly<Record<string, { method: 'GET' | 'PUT' | 'DELETE'; query?: z.ZodType }>> = {
  getFilesystemResources: { method: 'GET' },
  chmod: { method: 'PUT' },
  chown: { method: 'PUT' },
  rm: { method: 'DELETE', query: onlyPath },
  file: { method: 'GET', query: onlyPath },
  stat: { method: 'GET', query: z.strictObject({ path, dereference: flag }) },
  ls: {
    method: 'GET',
    query: z.strictObject({ path, showHidden: flag, numericUid: flag, recursive: flag, dereference: flag }),
  },
  head: {
    method: 'GET',
    query: z.strictObject({ path, bytes: least(0), lines: least(0), skipTrailing: flag }),
  },
  view: { method: 'GET', query: z.strictObject({ path, size: whole.default(0), offset: whole.default(0) }) },
  tail: {
    method: 'GET',
    query: z.strictObject({ path, bytes: least(1), lines: least(1), skipHeading: flag }),
  },
  checksum: { method: 'GET', query: onlyPath },
  download: { method: 'GET', query: onlyPath },
};

const units: Readonly<Record<string, string>> = { 'storage:bytes': 'bytes', 'storage:inodes': 'inodes' };
const unitPrefix = 'urn:doe-iri:allocation:';
const typePrefix = 'urn:doe-iri:resource:';
const compressionPrefix = 'urn:doe-iri:compression:';

const wordOf = (value: string): string => {
  if (value.startsWith(typePrefix)) return value.slice(typePrefix.length).split(':')[0] ?? 'unknown';
  if (value.startsWith(unitPrefix)) return units[value.slice(unitPrefix.length)] ?? 'node_hours';
  return value;
};

const translated = new Set(['resource_type', 'unit', 'units']);

/** Words in place of URNs, in the fields that have them. */
function toWords(value: unknown, field = ''): unknown {
  if (typeof value === 'string') return translated.has(field) ? wordOf(value) : value;
  if (Array.isArray(value)) return value.map((one) => toWords(one, field));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, toWords(part, name)]));
}

/** A word where the older version has one and the newer one a URN, as it may come in a query or a body. */
export function toUrns(given: Record<string, unknown>): void {
  const { resource_type: type, compression, capability } = given;
  if (typeof type === 'string' && /^[a-z]+$/.test(type)) given['resource_type'] = `${typePrefix}${type}`;
  if (typeof compression === 'string' && /^[a-z0-9]+$/.test(compression))
    given['compression'] = `${compressionPrefix}${compression}`;
  if (capability === undefined) return;
  if (typeof capability !== 'string' && !Array.isArray(capability))
    throw invalidField('capability', 'expected words such as node_hours');
  given['capability'] = [capability]
    .flat()
    .map((word: unknown) => (word === 'node_hours' ? `${unitPrefix}compute:node-hours` : word));
}

/** An operation as the older version has it. */
export const asV1 = (operation: Operation): Route => ({
  version: 'v1',
  operation,
  ...methods[operation.id],
  translate: toWords,
});
