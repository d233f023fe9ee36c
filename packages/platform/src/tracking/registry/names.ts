import { GenesisError, invalidField } from '@genesis/contracts';
import { and, asc, eq, inArray } from 'drizzle-orm';
import { factsOf, resource, type WriteTx } from '../../door/index.ts';
import { type ResourceFacts, unrestricted } from '../../policy/index.ts';
import { assertPerson, lockName, notFound, scopeOf, write } from '../access.ts';
import { labelOf, ownTags } from '../label-of.ts';
import { assertCount, assertKey, assertName, assertOwnTag, assertTag, mostTags } from '../limits.ts';
import type { Caller, TrackingParts } from '../parts.ts';
import { registeredAlias, registeredModel, registeredVersion, type Tag, trackingTag } from '../tables.ts';
import { deleteTag, setTags } from '../tags.ts';

export type RegisteredRow = typeof registeredModel.$inferSelect;
export type FoundName = { row: RegisteredRow; facts: ResourceFacts };

const longestDescription = 100_000;

export function assertDescription(description: string): void {
  if (description.length > longestDescription)
    throw invalidField(
      'description',
      `is ${description.length} characters long; at most ${longestDescription} are allowed`,
    );
}

/** Version numbers are never below 1, so this is the thing that its tags belong to. */
export const versionKey = (model: string, number: number): string => `${model}/${number}`;

const named = ({ principal }: Caller, name: string) =>
  and(eq(registeredModel.name, name), eq(registeredModel.organisation, principal.organisation));

/** A registered model of the caller's organisation that the caller may see. */
export async function findName(parts: TrackingParts, caller: Caller, name: string): Promise<FoundName> {
  assertPerson(caller, 'the registry of models');
  const scope = scopeOf(parts, caller);
  const [found] = await scope.orm
    .select()
    .from(registeredModel)
    .innerJoin(resource, eq(resource.id, registeredModel.id))
    .where(and(named(caller, name), scope.where))
    .orderBy(asc(registeredModel.createdAt))
    .limit(1);
  if (found === undefined) throw notFound('registered model', name);
  return { row: found.registered_model, facts: factsOf(found.resource) };
}

async function assertFree(tx: WriteTx, parts: TrackingParts, caller: Caller, name: string): Promise<void> {
  const scope = scopeOf(parts, caller);
  await lockName(tx, 'registered', caller.principal.organisation, name);
  const [taken] = await tx
    .select({ id: registeredModel.id })
    .from(registeredModel)
    .innerJoin(resource, eq(resource.id, registeredModel.id))
    .where(and(named(caller, name), scope.where))
    .limit(1);
  if (taken !== undefined)
    throw new GenesisError({ code: 'conflict', message: `Registered Model (name=${name}) already exists.` });
}

function assertModelName(name: string): void {
  assertName(name);
  if (/[/:]/.test(name)) throw invalidField('name', 'must not hold "/" or ":"');
}

export async function createName(
  parts: TrackingParts,
  caller: Caller,
  wanted: { name: string; description: string; tags: readonly Tag[] },
): Promise<string> {
  assertPerson(caller, 'the registry of models');
  const { name, description } = wanted;
  assertModelName(name);
  assertDescription(description);
  assertCount(wanted.tags.length, mostTags, 'tags');
  const tags = ownTags(wanted.tags);
  for (const tag of tags) assertTag(tag, 'registry');
  const { principal, purpose } = caller;
  const id = parts.ids.next('registeredModel');
  const now = parts.clock.now().getTime();
  const facts: ResourceFacts = {
    ...{ kind: 'tracking', id, organisation: principal.organisation },
    ...{ label: labelOf(principal, wanted.tags), conditions: unrestricted },
  };
  await parts.door.perform(
    { principal, action: 'tracking.create', resource: { create: facts }, purpose },
    async (tx) => {
      await assertFree(tx, parts, caller, name);
      await tx.insert(registeredModel).values({
        ...{ id, organisation: principal.organisation, name, description, lastVersion: 0 },
        ...{ createdBy: principal.id, createdAt: now, updatedAt: now },
      });
      await setTags(tx, id, tags);
      return { result: undefined, details: { kind: 'registered model', name } };
    },
  );
  return id;
}

/** Writes about a registered model and notes when. */
export async function changeName(
  parts: TrackingParts,
  caller: Caller,
  name: string,
  written: unknown,
  change: (tx: WriteTx, row: RegisteredRow) => Promise<void>,
): Promise<void> {
  const { row } = await findName(parts, caller, name);
  await write(parts, caller, { governedBy: row.id, thing: row.id, written }, async (tx) => {
    await change(tx, row);
    await tx
      .update(registeredModel)
      .set({ updatedAt: parts.clock.now().getTime() })
      .where(eq(registeredModel.id, row.id));
  });
}

export async function updateName(
  parts: TrackingParts,
  caller: Caller,
  name: string,
  wanted: { name?: string; description?: string },
): Promise<void> {
  if (wanted.name !== undefined) assertModelName(wanted.name);
  if (wanted.description !== undefined) assertDescription(wanted.description);
  await changeName(parts, caller, name, wanted, async (tx, row) => {
    if (wanted.name !== undefined && wanted.name !== name) await assertFree(tx, parts, caller, wanted.name);
    if (Object.keys(wanted).length > 0)
      await tx.update(registeredModel).set(wanted).where(eq(registeredModel.id, row.id));
  });
}

/** Removes a name with its versions; the artifacts stay where they are. */
export async function deleteName(parts: TrackingParts, caller: Caller, name: string): Promise<void> {
  const { row } = await findName(parts, caller, name);
  await write(
    parts,
    caller,
    { governedBy: row.id, thing: row.id, written: { deleted: name } },
    async (tx) => {
      const versions = await tx
        .delete(registeredVersion)
        .where(eq(registeredVersion.model, row.id))
        .returning({ number: registeredVersion.number });
      const things = [row.id, ...versions.map(({ number }) => versionKey(row.id, number))];
      await tx.delete(trackingTag).where(inArray(trackingTag.thing, things));
      await tx.delete(registeredAlias).where(eq(registeredAlias.model, row.id));
      await tx.delete(registeredModel).where(eq(registeredModel.id, row.id));
    },
  );
}

export async function tagName(parts: TrackingParts, caller: Caller, name: string, tag: Tag): Promise<void> {
  assertTag(tag, 'registry');
  await changeName(parts, caller, name, tag, (tx, row) => setTags(tx, row.id, [tag]));
}

export async function untagName(
  parts: TrackingParts,
  caller: Caller,
  name: string,
  key: string,
): Promise<void> {
  assertKey(key, 'key');
  assertOwnTag(key);
  await changeName(parts, caller, name, { key }, async (tx, row) => {
    // As MLflow: removing what is not there is fine.
    await deleteTag(tx, row.id, key);
  });
}
