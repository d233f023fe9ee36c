import type { Usage } from '@genesis/contracts';
import { and, eq, type SQL, sql } from 'drizzle-orm';
import { type ReadScope, resource } from '../../door/index.ts';
import { charge, machine } from '../tables.ts';

const sums = {
  runs: sql<number>`count(distinct ${charge.run})::int`,
  coreHours: sql<number>`(coalesce(sum(${charge.coreSeconds}), 0) / 3600)::float8`,
  gpuHours: sql<number>`(coalesce(sum(${charge.gpuSeconds}), 0) / 3600)::float8`,
  nodeHours: sql<number>`(coalesce(sum(${charge.nodeSeconds}), 0) / 3600)::float8`,
  units: sql<number>`coalesce(sum(${charge.units}), 0)::float8`,
};

/** Usage by resource, of those that the scope admits. What runs have reserved and not used yet is in it. */
export type UsageByResource = { resource: string; name: string; usage: Usage }[];

/**
 * What something used: a run, a campaign, a project, a challenge. That the caller may know of it was decided before; of
 * a challenge, only campaigns that the scope admits count, so that the sum tells nothing of others.
 */
export async function usageOf(
  scope: ReadScope,
  of: { run: string } | { campaign: string } | { project: string } | { challenge: string },
): Promise<{ total: Usage; byResource: UsageByResource }> {
  const [[field, id]] = Object.entries(of) as [[keyof typeof columns, string]];
  const seen =
    field === 'challenge'
      ? sql`exists (select 1 from ${resource} where ${resource.id} = ${charge.campaign} and ${scope.where})`
      : undefined;
  const where: SQL | undefined = and(eq(columns[field], id), seen);
  const rows = await scope.orm
    .select({ resource: machine.id, name: machine.name, ...sums })
    .from(charge)
    .innerJoin(machine, eq(machine.id, charge.machine))
    .innerJoin(resource, eq(resource.id, machine.id))
    .where(and(where, scope.where))
    .groupBy(machine.id, machine.name)
    .orderBy(machine.name);
  const byResource = rows.map(({ resource: id_, name, ...usage }) => ({ resource: id_, name, usage }));
  const total = byResource.reduce<Usage>(
    (all, { usage }) => ({
      runs: all.runs + usage.runs,
      coreHours: all.coreHours + usage.coreHours,
      gpuHours: all.gpuHours + usage.gpuHours,
      nodeHours: all.nodeHours + usage.nodeHours,
      units: all.units + usage.units,
    }),
    { runs: 0, coreHours: 0, gpuHours: 0, nodeHours: 0, units: 0 },
  );
  return { total, byResource };
}

const columns = {
  run: charge.run,
  campaign: charge.campaign,
  project: charge.project,
  challenge: charge.challenge,
};
