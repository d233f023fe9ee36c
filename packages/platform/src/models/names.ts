import { and, eq, inArray } from 'drizzle-orm';
import { type ReadScope, resource } from '../door/index.ts';
import { model } from './tables.ts';

/** Names of those of these models that the scope shows. */
export async function modelNames(scope: ReadScope, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await scope.orm
    .select({ id: model.id, name: model.name })
    .from(model)
    .innerJoin(resource, eq(resource.id, model.id))
    .where(and(inArray(model.id, [...ids]), scope.where));
  return new Map(rows.map(({ id, name }) => [id, name]));
}
