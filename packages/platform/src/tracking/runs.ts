import { randomInt } from 'node:crypto';
import { GenesisError, invalidField } from '@genesis/contracts';
import { and, eq } from 'drizzle-orm';
import { factsOf, resource, type WriteTx } from '../door/index.ts';
import type { ResourceFacts } from '../policy/index.ts';
import { assertWriter, beyondRun, notFound, scopeOf, within, write } from './access.ts';
import { findExperiment } from './experiments.ts';
import { assertCount, assertKey, assertOwnTag, assertTag, cutTag, mostTags, runTag } from './limits.ts';
import type { Caller, TrackingParts } from './parts.ts';
import { type Lifecycle, type Tag, type TrackedStatus, trackedRun } from './tables.ts';
import { deleteTag, setTags } from './tags.ts';

export type TrackedRow = typeof trackedRun.$inferSelect;

const nameTag = 'mlflow.runName';
const longestUser = 256;

/** A name for a run that came without one, easy to say and to tell from others. */
const someName = (): string => {
  const first = ['bold', 'calm', 'clear', 'deep', 'fair', 'fine', 'keen', 'quick', 'quiet', 'warm'];
  const second = [
    'anvil',
    'beam',
    'crystal',
    'flask',
    'grain',
    'lattice',
    'lens',
    'prism',
    'sample',
    'spark',
  ];
  return `${first[randomInt(first.length)]}-${second[randomInt(second.length)]}-${randomInt(1000)}`;
};

/** A tracked run that the caller may see. */
export async function findTracked(
  parts: TrackingParts,
  caller: Caller,
  id: string,
): Promise<{ row: TrackedRow; facts: ResourceFacts }> {
  const scope = scopeOf(parts, caller);
  const [found] = await scope.orm
    .select()
    .from(trackedRun)
    .innerJoin(resource, eq(resource.id, trackedRun.governedBy))
    .where(and(eq(trackedRun.id, id), within(scope, caller, trackedRun.genesisRun)));
  if (found !== undefined) return { row: found.tracked_run, facts: factsOf(found.resource) };
  throw caller.run === null ? notFound('run', id) : beyondRun('this tracked run');
}

/**
 * Locks a run for a write and looks at it as it is now.
 *
 * @throws GenesisError `invalid-input` when it was deleted
 */
export async function lockActive(tx: WriteTx, id: string, lock: 'update' | 'share' = 'share'): Promise<void> {
  const [row] = await tx
    .select({ lifecycle: trackedRun.lifecycle })
    .from(trackedRun)
    .where(eq(trackedRun.id, id))
    .for(lock);
  if (row?.lifecycle !== 'active')
    throw invalidField(
      'run_id',
      `the run ${id} must be in the 'active' state; it is ${row?.lifecycle ?? 'gone'}`,
    );
}

export type NewTracked = {
  experiment: string;
  name: string | undefined;
  userId: string;
  startTime: number | undefined;
  tags: readonly Tag[];
};

export async function createTracked(
  parts: TrackingParts,
  caller: Caller,
  wanted: NewTracked,
): Promise<TrackedRow> {
  const { row: experiment } = await findExperiment(parts, caller, wanted.experiment);
  assertWriter(caller, experiment);
  if (experiment.lifecycle !== 'active')
    throw invalidField(
      'experiment_id',
      `the experiment ${experiment.id} must be in the 'active' state; it is deleted`,
    );
  assertCount(wanted.tags.length, mostTags, 'tags');
  for (const tag of wanted.tags) assertTag(tag, 'run');
  const tagged = wanted.tags.findLast(({ key }) => key === nameTag)?.value;
  const given = wanted.name === undefined || wanted.name === '' ? tagged : wanted.name;
  if (tagged !== undefined && given !== tagged)
    throw invalidField('run_name', `"${given}" and the tag ${nameTag} "${tagged}" differ: send one of them`);
  const name = cutTag(given ?? someName());
  const now = parts.clock.now().getTime();
  const row: TrackedRow = {
    ...{ id: parts.ids.next('trackedRun'), experiment: experiment.id, governedBy: experiment.governedBy },
    ...{ genesisRun: caller.run, name, userId: wanted.userId.slice(0, longestUser) },
    ...{ status: 'RUNNING', lifecycle: 'active', startTime: wanted.startTime ?? now, endTime: null },
    ...{ createdBy: caller.principal.id, createdAt: now },
  };
  await write(parts, caller, { governedBy: row.governedBy, thing: row.id, written: wanted }, async (tx) => {
    await tx.insert(trackedRun).values(row);
    await setTags(tx, row.id, [
      ...wanted.tags.map(({ key, value }) => ({ key, value: cutTag(value) })),
      { key: nameTag, value: name },
      ...(caller.run === null ? [] : [{ key: runTag, value: caller.run }]),
    ]);
  });
  return row;
}

export async function updateTracked(
  parts: TrackingParts,
  caller: Caller,
  id: string,
  change: { status?: TrackedStatus | undefined; endTime?: number | undefined; name?: string | undefined },
): Promise<TrackedRow> {
  const { row } = await findTracked(parts, caller, id);
  const { status, endTime } = change;
  const name = change.name === '' ? undefined : change.name;
  if (status !== undefined || endTime !== undefined) assertWriter(caller, row);
  return await write(
    parts,
    caller,
    { governedBy: row.governedBy, thing: id, written: change },
    async (tx) => {
      await lockActive(tx, id, 'update');
      const set = {
        ...(status === undefined ? {} : { status }),
        ...(endTime === undefined ? {} : { endTime }),
        ...(name === undefined ? {} : { name: cutTag(name) }),
      };
      if (Object.keys(set).length === 0) return row;
      if (set.name !== undefined) await setTags(tx, id, [{ key: nameTag, value: set.name }]);
      const [changed] = await tx.update(trackedRun).set(set).where(eq(trackedRun.id, id)).returning();
      return changed!;
    },
  );
}

/** Removes a run, or brings it back; what it is already it stays. */
export async function moveTracked(
  parts: TrackingParts,
  caller: Caller,
  id: string,
  lifecycle: Lifecycle,
): Promise<void> {
  const { row } = await findTracked(parts, caller, id);
  await write(parts, caller, { governedBy: row.governedBy, thing: id, written: { lifecycle } }, (tx) =>
    tx.update(trackedRun).set({ lifecycle }).where(eq(trackedRun.id, id)),
  );
}

/** Tags of a run; the tag of its name is its name. */
export async function writeTags(tx: WriteTx, run: string, tags: readonly Tag[]): Promise<void> {
  const cutTags = tags.map(({ key, value }) => ({ key, value: cutTag(value) }));
  await setTags(tx, run, cutTags);
  const name = cutTags.findLast(({ key }) => key === nameTag)?.value;
  if (name !== undefined) await tx.update(trackedRun).set({ name }).where(eq(trackedRun.id, run));
}

export async function tagTracked(parts: TrackingParts, caller: Caller, id: string, tag: Tag): Promise<void> {
  assertTag(tag, 'run');
  const { row } = await findTracked(parts, caller, id);
  await write(parts, caller, { governedBy: row.governedBy, thing: id, written: tag }, async (tx) => {
    await lockActive(tx, id);
    await writeTags(tx, id, [tag]);
  });
}

export async function untagTracked(
  parts: TrackingParts,
  caller: Caller,
  id: string,
  key: string,
): Promise<void> {
  assertKey(key, 'key');
  assertOwnTag(key);
  const { row } = await findTracked(parts, caller, id);
  await write(parts, caller, { governedBy: row.governedBy, thing: id, written: { key } }, async (tx) => {
    await lockActive(tx, id);
    if (await deleteTag(tx, id, key)) return;
    throw new GenesisError({ code: 'not-found', message: `No tag with name: ${key} in run with id ${id}` });
  });
}
