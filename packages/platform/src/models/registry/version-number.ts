import { levels } from '@genesis/contracts';
import { canonicalJson } from '@genesis/evidence';
import { and, eq, max, sql } from 'drizzle-orm';
import { resource, type WriteTx } from '../../door/index.ts';
import type { ResourceFacts } from '../../policy/index.ts';
import { model } from '../tables.ts';

/**
 * The next number of a name among what is governed alike: one owner, one label, the same conditions. Whoever sees one of
 * these sees all of them, so no gap in the numbers tells of a version that is hidden. Callers wait for each other.
 */
export async function nextVersion(
  tx: WriteTx,
  name: string,
  { organisation, label, conditions }: Pick<ResourceFacts, 'organisation' | 'label' | 'conditions'>,
): Promise<number> {
  const alike = canonicalJson({ name, organisation, label, conditions } as never);
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`model ${alike}`}, 0))`);
  const [highest] = await tx
    .select({ version: max(model.version) })
    .from(model)
    .innerJoin(resource, eq(resource.id, model.id))
    .where(
      and(
        eq(model.name, name),
        organisation === null
          ? sql`${resource.organisation} is null`
          : eq(resource.organisation, organisation),
        eq(resource.labelLevel, levels.indexOf(label.level)),
        sql`${resource.labelCategories} = ${sql.param([...label.categories])}::text[]`,
        sql`${resource.conditions} = ${JSON.stringify(conditions)}::jsonb`,
      ),
    );
  return (highest?.version ?? 0) + 1;
}
