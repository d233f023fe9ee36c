import { invalidField } from '@genesis/contracts';
import type { Tag } from './tables.ts';

/* The limits of MLflow (mlflow/utils/validation.py), which its clients rely on. Lengths are characters. */
export const mostMetrics = 1000;
export const mostParameters = 100;
export const mostTags = 100;
export const mostInBatch = 1000;
const longestKey = 250;
const longestParameter = 6000;
const longestTag = 8000;
const longestExperimentTag = 20_000;
const longestRegistryTag = 100_000;
const longestName = 500;

/** What MLflow allows in names of metrics, parameters and tags: also a path that leads nowhere else. */
const keyPattern = /^[/\w.\- :]+$/u;
const isPathWithin = (text: string): boolean =>
  !text.startsWith('/') && text.split('/').every((step) => step !== '' && step !== '.' && step !== '..');

export function assertKey(key: string, field: string): void {
  if (key.length > longestKey)
    throw invalidField(field, `is ${key.length} characters long; at most ${longestKey} are allowed`);
  if (!keyPattern.test(key) || !isPathWithin(key))
    throw invalidField(
      field,
      `"${key.slice(0, 50)}" is not allowed: letters, digits, "_", "-", ".", " ", ":" and "/" are, without "." or ".." as steps of a path`,
    );
}

/** Longer texts are cut as MLflow's server does, so that the same call has the same effect. */
const cut = (text: string, longest: number): string =>
  text.length <= longest ? text : text.slice(0, longest);
export const cutParameter = (value: string): string => cut(value, longestParameter).toWellFormed();
export const cutTag = (value: string): string => cut(value, longestTag).toWellFormed();

const reserved = 'genesis.';
/** Tags that only the platform writes. */
export const labelTag = `${reserved}label`;
export const runTag = `${reserved}run`;

/** Refuses tags in the name of the platform. */
export function assertOwnTag(key: string): void {
  if (key.startsWith(reserved))
    throw invalidField('key', `tags that begin with "${reserved}" are written by the platform`);
}

export function assertTag({ key, value }: Tag, where: 'run' | 'experiment' | 'registry'): void {
  assertKey(key, 'key');
  assertOwnTag(key);
  const longest = where === 'experiment' ? longestExperimentTag : longestRegistryTag;
  if (where !== 'run' && value.length > longest)
    throw invalidField('value', `is ${value.length} characters long; at most ${longest} are allowed`);
}

export function assertName(name: string, field = 'name'): void {
  if (name.trim() === '') throw invalidField(field, 'expected a name that is not empty');
  if (name.length > longestName)
    throw invalidField(field, `is ${name.length} characters long; at most ${longestName} are allowed`);
}

export function assertCount(count: number, most: number, what: string): void {
  if (count > most) throw invalidField(what, `${count} in one request; at most ${most} are allowed`);
}
