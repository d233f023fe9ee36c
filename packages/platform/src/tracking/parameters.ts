import { invalidField } from '@genesis/contracts';
import { and, asc, eq, inArray } from 'drizzle-orm';
import type { ReadScope, WriteTx } from '../door/index.ts';
import { assertKey, cutParameter } from './limits.ts';
import { type Tag, trackedParameter } from './tables.ts';

/** Writes parameters. The same value again is fine, another one is refused. */
export async function insertParameters(tx: WriteTx, thing: string, params: readonly Tag[]): Promise<void> {
  const values = new Map<string, string>();
  for (const [at, { key, value }] of params.entries()) {
    assertKey(key, `params[${at}].key`);
    const known = values.get(key);
    const kept = cutParameter(value);
    if (known !== undefined && known !== kept)
      throw invalidField('params', `duplicate parameter keys have been submitted: ${key}`);
    values.set(key, kept);
  }
  if (values.size === 0) return;
  const rows = [...values]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => ({ thing, key, value }));
  await tx.insert(trackedParameter).values(rows).onConflictDoNothing();
  const kept = await tx
    .select()
    .from(trackedParameter)
    .where(and(eq(trackedParameter.thing, thing), inArray(trackedParameter.key, [...values.keys()])));
  const other = kept.find(({ key, value }) => values.get(key) !== value);
  if (other !== undefined)
    throw invalidField(
      'params',
      `changing param values is not allowed. Param with key='${other.key}' was already logged with value='${other.value.slice(0, 200)}' for ${thing}. Attempted logging new value '${values.get(other.key)?.slice(0, 200)}'`,
    );
}

/** Parameters of things that the caller was shown already. */
export async function parametersOf(scope: ReadScope, things: readonly string[]): Promise<Map<string, Tag[]>> {
  if (things.length === 0) return new Map();
  const rows = await scope.orm
    .select()
    .from(trackedParameter)
    .where(inArray(trackedParameter.thing, [...things]))
    .orderBy(asc(trackedParameter.thing), asc(trackedParameter.key));
  const found = new Map<string, Tag[]>(things.map((thing) => [thing, []]));
  for (const { thing, key, value } of rows) found.get(thing)?.push({ key, value });
  return found;
}
