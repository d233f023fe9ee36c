/** What a placement depends on, read for one person: what they may not know of is not there. */
import type { PlaceableResource } from '@genesis/contracts';
import { count, desc, eq, isNull, sql } from 'drizzle-orm';
import type { ReadScope } from '../door/index.ts';
import { bottom } from '../policy/index.ts';
import { ownSite } from './inventory/own-facility.ts';
import { listMachines, listSites } from './inventory/store.ts';
import { type Calibration, calibration } from './placement/waiting/calibration.ts';
import { type LearnedQueue, learnQueue } from './placement/waiting/learn.ts';
import type { AllocationFacts, World } from './placement/world.ts';
import { allocation, charge, waitRecord } from './tables.ts';

/** Records of one resource that the prediction of waiting looks at. */
const mostRecords = 200;
const mostJudged = 500;

export async function loadWorld(
  scope: ReadScope,
  how: {
    project: string | null;
    silent: ReadonlySet<string>;
    now: Date;
    label: Parameters<typeof asResource>[1];
  },
): Promise<World> {
  const machines = await listMachines(scope);
  const sites = new Map((await listSites(scope)).map(({ id, name }) => [id, name]));
  const jobs = await jobsOf(scope);
  const resources = machines.map(
    ({ row }): PlaceableResource => ({
      ...asResource(row, how.label),
      site: row.site === null ? null : (sites.get(row.site) ?? null),
      reachable: !how.silent.has(row.id),
      jobs: jobs.get(row.id) ?? 0,
    }),
  );
  const now = how.now.getTime();
  return {
    resources,
    allocations: how.project === null ? new Map() : await allocationsOf(scope, how.project, now),
    queues: await queuesOf(
      scope,
      machines.map(({ row }) => row.id),
      now,
    ),
    links: [],
    here: ownSite,
    now,
  };
}

type Row = Awaited<ReturnType<typeof listMachines>>[number]['row'];

/** A machine without an authority of its own holds whatever the platform holds: what is asked of it, then. */
const asResource = (
  { id, name, type, authority, hardware, limits, price, near, access, status }: Row,
  label: PlaceableResource['authority'],
): Omit<PlaceableResource, 'site' | 'reachable' | 'jobs'> => ({
  ...{ id, name, type, hardware, limits, price, near, status },
  authority: authority ?? label ?? bottom,
  hasAccess: access !== null,
  seesFolders: access?.kind !== 'iri',
});

async function jobsOf(scope: ReadScope): Promise<Map<string, number>> {
  const rows = await scope.orm
    .select({ machine: charge.machine, jobs: count() })
    .from(charge)
    .where(isNull(charge.settledAt))
    .groupBy(charge.machine);
  return new Map(rows.map(({ machine, jobs }) => [machine, jobs]));
}

/** What was used, without what runs under way have reserved: whether they leave room is decided under a lock. */
async function allocationsOf(
  scope: ReadScope,
  project: string,
  now: number,
): Promise<Map<string, AllocationFacts>> {
  const rows = await scope.orm
    .select({
      row: allocation,
      used: sql<number>`coalesce((select sum(${charge.units}) from ${charge} where ${charge.allocation} = ${allocation.id} and ${charge.settledAt} is not null), 0)::float8`,
    })
    .from(allocation)
    .where(eq(allocation.project, project));
  return new Map(
    rows
      .filter(({ row }) => row.startsAt <= now && (row.endsAt === null || row.endsAt > now))
      .map(({ row, used }) => [row.machine, { granted: row.granted, used, whenSpent: row.whenSpent }]),
  );
}

/** How well waiting on a resource was foretold so far; null while too few jobs are known. */
export const calibrationOf = async (
  scope: ReadScope,
  machine: string,
  now: Date,
): Promise<Calibration | null> =>
  calibration((await recordsOf(scope, machine, mostJudged)).reverse(), now.getTime());

const recordsOf = (scope: ReadScope, machine: string, most: number) =>
  scope.orm
    .select()
    .from(waitRecord)
    .where(eq(waitRecord.machine, machine))
    .orderBy(desc(waitRecord.submittedAt))
    .limit(most);

/** The newest waits of each resource that the person may know of. */
async function queuesOf(
  scope: ReadScope,
  machines: readonly string[],
  now: number,
): Promise<Map<string, LearnedQueue>> {
  const known = new Set(machines);
  const seen = await scope.orm
    .select({ machine: waitRecord.machine })
    .from(waitRecord)
    .groupBy(waitRecord.machine);
  const queues = new Map<string, LearnedQueue>();
  for (const { machine } of seen) {
    if (!known.has(machine)) continue;
    const rows = await recordsOf(scope, machine, mostRecords);
    queues.set(machine, learnQueue(rows.reverse(), now));
  }
  return queues;
}
