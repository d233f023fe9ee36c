import { and, eq, inArray } from 'drizzle-orm';
import { type ReadScope, resource } from '../door/index.ts';
import { dataset } from './tables.ts';

/** Names of those of these datasets that the scope shows. */
export async function datasetNames(scope: ReadScope, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await scope.orm
    .select({ id: dataset.id, name: dataset.name })
    .from(dataset)
    .innerJoin(resource, eq(resource.id, dataset.id))
    .where(and(inArray(dataset.id, [...ids]), scope.where));
  return new Map(rows.map(({ id, name }) => [id, name]));
}
