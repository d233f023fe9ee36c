import { GenesisError, invalidField } from '@genesis/contracts';
import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import { factsOf, resource, type WriteTx } from '../door/index.ts';
import { type ResourceFacts, unrestricted } from '../policy/index.ts';
import { beyondRun, lockName, noteRead, notFound, scopeOf, within, write } from './access.ts';
import { labelOf, ownTags } from './label-of.ts';
import { assertCount, assertKey, assertName, assertTag, labelTag, mostTags } from './limits.ts';
import type { Caller, TrackingParts } from './parts.ts';
import { type Tag, trackedRun, trackingExperiment } from './tables.ts';
import { deleteTag, setTags, tagsOf } from './tags.ts';

export type ExperimentRow = typeof trackingExperiment.$inferSelect;
export type ShownExperiment = { row: ExperimentRow; tags: Tag[] };
type Found = { row: ExperimentRow; facts: ResourceFacts };

/** The id and the name under which clients know the experiment that nobody made. */
export const defaultId = '0';
const defaultName = 'Default';

/** Where names are looked up: those of a run's code among its own, those of people in their organisation. */
const named = ({ principal, run }: Caller, name: string) =>
  and(
    eq(trackingExperiment.name, name),
    run === null
      ? and(
          isNull(trackingExperiment.genesisRun),
          eq(trackingExperiment.organisation, principal.organisation),
        )
      : eq(trackingExperiment.genesisRun, run),
  );

async function findNamed(parts: TrackingParts, caller: Caller, name: string): Promise<Found | undefined> {
  const scope = scopeOf(parts, caller);
  const [found] = await scope.orm
    .select()
    .from(trackingExperiment)
    .innerJoin(resource, eq(resource.id, trackingExperiment.governedBy))
    .where(and(named(caller, name), within(scope, caller, trackingExperiment.genesisRun)))
    .orderBy(asc(trackingExperiment.createdAt), asc(trackingExperiment.id))
    .limit(1);
  return found && { row: found.tracking_experiment, facts: factsOf(found.resource) };
}

/** An experiment that the caller may see. `0` is the caller's default one, which is made when it is first wanted. */
export async function findExperiment(parts: TrackingParts, caller: Caller, id: string): Promise<Found> {
  if (id === defaultId) {
    const found = await findNamed(parts, caller, defaultName);
    if (found !== undefined) return found;
    await createExperiment(parts, caller, { name: defaultName, tags: [] }).catch((error: unknown) => {
      // Somebody else made it at the same time.
      if (!(error instanceof GenesisError) || error.failure.code !== 'conflict') throw error;
    });
    const made = await findNamed(parts, caller, defaultName);
    if (made !== undefined) return made;
  }
  const scope = scopeOf(parts, caller);
  const [found] = await scope.orm
    .select()
    .from(trackingExperiment)
    .innerJoin(resource, eq(resource.id, trackingExperiment.governedBy))
    .where(and(eq(trackingExperiment.id, id), within(scope, caller, trackingExperiment.genesisRun)));
  if (found !== undefined) return { row: found.tracking_experiment, facts: factsOf(found.resource) };
  throw caller.run === null ? notFound('experiment', id) : beyondRun('this experiment');
}

/** Within the transaction that takes a name, after its lock. What the caller may not see takes no name from them. */
async function assertFree(tx: WriteTx, parts: TrackingParts, caller: Caller, name: string): Promise<void> {
  const scope = scopeOf(parts, caller);
  const [taken] = await tx
    .select({ row: trackingExperiment })
    .from(trackingExperiment)
    .innerJoin(resource, eq(resource.id, trackingExperiment.governedBy))
    .where(and(named(caller, name), scope.where))
    .limit(1);
  if (taken === undefined) return;
  const how = taken.row.lifecycle === 'deleted' ? ' It is deleted: restore it, or take another name.' : '';
  throw new GenesisError({ code: 'conflict', message: `Experiment "${name}" exists already.${how}` });
}

/**
 * Makes an experiment. One of a person has a label of its own (`genesis.label`), one of a run's code that of the run.
 *
 * @throws GenesisError `conflict` where one of that name is there that the caller may see
 */
export async function createExperiment(
  parts: TrackingParts,
  caller: Caller,
  wanted: { name: string; tags: readonly Tag[] },
): Promise<string> {
  const { name } = wanted;
  assertName(name);
  assertCount(wanted.tags.length, mostTags, 'tags');
  const tags = ownTags(wanted.tags);
  for (const tag of tags) assertTag(tag, 'experiment');
  const id = parts.ids.next('trackingExperiment');
  const now = parts.clock.now().getTime();
  const { principal, purpose, run } = caller;
  const insert = async (tx: WriteTx, facts: Pick<ResourceFacts, 'id' | 'organisation'>) => {
    await lockName(tx, 'experiment', run ?? principal.organisation, name);
    await assertFree(tx, parts, caller, name);
    await tx.insert(trackingExperiment).values({
      ...{ id, name, governedBy: facts.id, organisation: facts.organisation, genesisRun: run },
      ...{ lifecycle: 'active', createdBy: principal.id, createdAt: now, updatedAt: now },
    });
    await setTags(tx, id, tags);
  };
  if (run !== null) {
    await write(parts, caller, { governedBy: run, thing: id, written: wanted }, (tx) =>
      insert(tx, { id: run, organisation: principal.organisation }),
    );
    return id;
  }
  const facts: ResourceFacts = {
    ...{ kind: 'tracking', id, organisation: principal.organisation },
    ...{ label: labelOf(principal, wanted.tags), conditions: unrestricted },
  };
  await parts.door.perform(
    { principal, action: 'tracking.create', resource: { create: facts }, purpose },
    async (tx) => {
      await insert(tx, facts);
      return { result: undefined, details: { kind: 'experiment', name } };
    },
  );
  return id;
}

/** Experiments with their tags and, as a tag, their label. */
export async function showExperiments(
  parts: TrackingParts,
  caller: Caller,
  found: readonly Found[],
): Promise<ShownExperiment[]> {
  const scope = scopeOf(parts, caller);
  const tags = await tagsOf(
    scope,
    found.map(({ row }) => row.id),
  );
  await noteRead(
    parts,
    scope,
    found.map(({ facts }) => facts),
  );
  return found.map(({ row, facts }) => ({
    row,
    tags: [
      ...(tags.get(row.id) ?? []),
      { key: labelTag, value: [facts.label.level, ...facts.label.categories].join('+') },
    ],
  }));
}

export const getExperiment = async (parts: TrackingParts, caller: Caller, id: string) =>
  (await showExperiments(parts, caller, [await findExperiment(parts, caller, id)]))[0]!;

export async function getExperimentByName(parts: TrackingParts, caller: Caller, name: string) {
  const found =
    name === defaultName
      ? await findExperiment(parts, caller, defaultId)
      : await findNamed(parts, caller, name);
  if (found === undefined) throw notFound('experiment', name);
  return (await showExperiments(parts, caller, [found]))[0]!;
}

export async function updateExperiment(
  parts: TrackingParts,
  caller: Caller,
  id: string,
  change: { name?: string | undefined; lifecycle?: 'active' | 'deleted' },
): Promise<void> {
  const { row } = await findExperiment(parts, caller, id);
  const { name, lifecycle } = change;
  if (name !== undefined) {
    assertName(name, 'new_name');
    if (row.lifecycle === 'deleted')
      throw invalidField('experiment_id', 'a deleted experiment has to be restored first');
  }
  if (lifecycle !== undefined && row.lifecycle === lifecycle)
    throw lifecycle === 'deleted' ? notFound('active experiment', id) : notFound('deleted experiment', id);
  await write(parts, caller, { governedBy: row.governedBy, thing: row.id, written: change }, async (tx) => {
    if (name !== undefined && name !== row.name) {
      await lockName(tx, 'experiment', caller.run ?? caller.principal.organisation, name);
      await assertFree(tx, parts, caller, name);
    }
    const updatedAt = parts.clock.now().getTime();
    await tx
      .update(trackingExperiment)
      .set({
        updatedAt,
        ...(name === undefined ? {} : { name }),
        ...(lifecycle === undefined ? {} : { lifecycle }),
      })
      .where(eq(trackingExperiment.id, row.id));
    // Its runs go and come back with it.
    if (lifecycle !== undefined)
      await tx.update(trackedRun).set({ lifecycle }).where(eq(trackedRun.experiment, row.id));
  });
}

export async function tagExperiment(
  parts: TrackingParts,
  caller: Caller,
  id: string,
  tag: Tag,
): Promise<void> {
  assertTag(tag, 'experiment');
  const { row } = await findExperiment(parts, caller, id);
  await write(parts, caller, { governedBy: row.governedBy, thing: row.id, written: tag }, async (tx) => {
    await setTags(tx, row.id, [tag]);
    await tx
      .update(trackingExperiment)
      .set({ updatedAt: sql`${parts.clock.now().getTime()}` })
      .where(eq(trackingExperiment.id, row.id));
  });
}

export async function untagExperiment(
  parts: TrackingParts,
  caller: Caller,
  id: string,
  key: string,
): Promise<void> {
  assertKey(key, 'key');
  const { row } = await findExperiment(parts, caller, id);
  await write(parts, caller, { governedBy: row.governedBy, thing: row.id, written: { key } }, async (tx) => {
    if (!(await deleteTag(tx, row.id, key))) throw notFound('tag', key);
  });
}
