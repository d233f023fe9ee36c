import { and, desc, eq, isNull, lt, or } from 'drizzle-orm';
import { factsOf, type ReadScope, resource } from '../../door/index.ts';
import type { ResourceFacts } from '../../policy/index.ts';
import { harvestSource, remoteDataset } from '../tables.ts';

export type SourceRow = { facts: ResourceFacts; source: typeof harvestSource.$inferSelect };
export type RemoteRow = { facts: ResourceFacts; remote: typeof remoteDataset.$inferSelect };
export type RemotePosition = { harvestedAt: number; id: string };

/** Catalogs that are harvested, newest first. */
export async function listSources(scope: ReadScope): Promise<SourceRow[]> {
  const rows = await scope.orm
    .select({ source: harvestSource, resource })
    .from(harvestSource)
    .innerJoin(resource, eq(resource.id, harvestSource.id))
    .where(scope.where)
    .orderBy(desc(resource.createdAt), desc(resource.id))
    .limit(1000);
  return rows.map((row) => ({ facts: factsOf(row.resource), source: row.source }));
}

export async function findSource(scope: ReadScope, id: string): Promise<SourceRow | undefined> {
  const [row] = await scope.orm
    .select({ source: harvestSource, resource })
    .from(harvestSource)
    .innerJoin(resource, eq(resource.id, harvestSource.id))
    .where(and(scope.where, eq(harvestSource.id, id)));
  return row && { facts: factsOf(row.resource), source: row.source };
}

/** Remote datasets that the scope shows, the newest news first. Vanished ones are left out unless they are asked for. */
export async function listRemotes(
  scope: ReadScope,
  page: { limit: number; after?: RemotePosition; source?: string; vanished: boolean },
): Promise<RemoteRow[]> {
  const { after, source } = page;
  const beyond =
    after &&
    or(
      lt(remoteDataset.harvestedAt, after.harvestedAt),
      and(eq(remoteDataset.harvestedAt, after.harvestedAt), lt(remoteDataset.id, after.id)),
    );
  const rows = await scope.orm
    .select({ remote: remoteDataset, resource })
    .from(remoteDataset)
    .innerJoin(resource, eq(resource.id, remoteDataset.id))
    .where(
      and(
        scope.where,
        beyond,
        source === undefined ? undefined : eq(remoteDataset.source, source),
        page.vanished ? undefined : isNull(remoteDataset.vanishedAt),
      ),
    )
    .orderBy(desc(remoteDataset.harvestedAt), desc(remoteDataset.id))
    .limit(page.limit);
  return rows.map((row) => ({ facts: factsOf(row.resource), remote: row.remote }));
}

export async function findRemote(scope: ReadScope, id: string): Promise<RemoteRow | undefined> {
  const [row] = await scope.orm
    .select({ remote: remoteDataset, resource })
    .from(remoteDataset)
    .innerJoin(resource, eq(resource.id, remoteDataset.id))
    .where(and(scope.where, eq(remoteDataset.id, id)));
  return row && { facts: factsOf(row.resource), remote: row.remote };
}
