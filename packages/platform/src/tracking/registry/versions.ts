import { GenesisError, invalidField } from '@genesis/contracts';
import { and, eq, ne, sql } from 'drizzle-orm';
import { placeUnder, type WriteTx } from '../../door/index.ts';
import { join, joinConditions } from '../../policy/index.ts';
import { notFound, scopeOf } from '../access.ts';
import { findOwner, type Owner } from '../artifacts.ts';
import { assertCount, assertKey, assertOwnTag, assertTag, mostTags } from '../limits.ts';
import type { Caller, TrackingParts } from '../parts.ts';
import { artifactFolder, modelArtifacts, proxyPlace, runArtifacts } from '../paths.ts';
import { registeredAlias, registeredModel, registeredVersion, type Tag, trackingTag } from '../tables.ts';
import { deleteTag, setTags } from '../tags.ts';
import { assertDescription, changeName, findName, type RegisteredRow, versionKey } from './names.ts';

export type VersionRow = typeof registeredVersion.$inferSelect;

export const stages = ['None', 'Staging', 'Production', 'Archived'] as const;
/** The stage that a word means, whatever its case. */
export function stageOf(text: string): (typeof stages)[number] {
  const found = stages.find((stage) => stage.toLowerCase() === text.toLowerCase());
  if (found === undefined)
    throw invalidField('stage', `"${text.slice(0, 50)}" is none of ${stages.join(', ')}`);
  return found;
}

export type NewVersion = {
  name: string;
  source: string;
  run: string | undefined;
  loggedModel: string | undefined;
  runLink: string;
  description: string;
  tags: readonly Tag[];
};

/** A number as clients hand it back. */
export function versionNumber(text: string): number {
  const number = Number(text);
  if (!/^\d{1,9}$/.test(text) || number < 1)
    throw invalidField('version', `"${text.slice(0, 20)}" is no version number`);
  return number;
}

/**
 * Whose artifacts a version names, and its address in the proxy: `mlflow-artifacts:/...` or `models:/ID`, of a run or logged
 * model that the caller may see. Files elsewhere are nothing that this platform governs.
 */
async function sourceOf(
  parts: TrackingParts,
  caller: Caller,
  wanted: NewVersion,
): Promise<{ owner: Owner; source: string }> {
  const model = /^models:\/+(lgm_\w+)$/.exec(wanted.source)?.[1] ?? undefined;
  if (model !== undefined) {
    const owner = await findOwner(parts, caller, model);
    return { owner, source: modelArtifacts(owner.experiment, owner.id) };
  }
  const inRun = /^runs:\/+([\w-]+)\/(.+)$/.exec(wanted.source);
  if (inRun !== null) {
    const owner = await findOwner(parts, caller, inRun[1]!);
    return { owner, source: `${runArtifacts(owner.experiment, owner.id)}/${artifactFolder(inRun[2]) ?? ''}` };
  }
  const place = /^mlflow-artifacts:\/+(?!\/)/.test(wanted.source)
    ? proxyPlace(wanted.source.replace(/^mlflow-artifacts:\/+/, ''))
    : undefined;
  if (place === undefined)
    throw invalidField(
      'source',
      'expected artifacts of a run or a logged model that are kept here: mlflow-artifacts:/..., runs:/RUN/PATH or models:/ID',
    );
  const owner = await findOwner(parts, caller, place.owner, place.experiment);
  return { owner, source: wanted.source };
}

/** Makes the next version of a registered model, whose label and conditions become the join with those of the artifacts. */
export async function createVersion(
  parts: TrackingParts,
  caller: Caller,
  wanted: NewVersion,
): Promise<{ model: RegisteredRow; version: VersionRow }> {
  const { row: model } = await findName(parts, caller, wanted.name);
  assertDescription(wanted.description);
  assertCount(wanted.tags.length, mostTags, 'tags');
  for (const tag of wanted.tags) assertTag(tag, 'registry');
  const { owner, source } = await sourceOf(parts, caller, wanted);
  const { principal, purpose } = caller;
  const now = parts.clock.now().getTime();
  const { facts } = owner;
  const { result } = await parts.door.perform(
    {
      ...{ principal, purpose, action: 'tracking.log', sources: [owner.governedBy] },
      resource: {
        becomes: model.id,
        from: (before) => ({
          ...before,
          label: join(before.label, facts.label),
          conditions: joinConditions(before.conditions, facts.conditions),
        }),
      },
    },
    async (tx, after) => {
      await placeUnder(tx, after, model.createdBy, model.createdAt);
      const [counted] = await tx
        .update(registeredModel)
        .set({ lastVersion: sql`${registeredModel.lastVersion} + 1`, updatedAt: now })
        .where(eq(registeredModel.id, model.id))
        .returning();
      if (counted === undefined) throw notFound('registered model', wanted.name);
      const version: VersionRow = {
        ...{ model: model.id, number: counted.lastVersion, source, owner: owner.id },
        ...{ run: owner.isRun ? owner.id : (wanted.run ?? null), loggedModel: owner.isRun ? null : owner.id },
        ...{ runLink: wanted.runLink, description: wanted.description, stage: 'None' },
        ...{ createdBy: principal.id, createdAt: now, updatedAt: now },
      };
      await tx.insert(registeredVersion).values(version);
      await setTags(tx, versionKey(model.id, version.number), wanted.tags);
      return {
        result: { model: counted, version },
        details: { name: wanted.name, version: version.number, source },
      };
    },
  );
  return result;
}

export async function findVersion(parts: TrackingParts, caller: Caller, name: string, number: number) {
  const { row: model, facts } = await findName(parts, caller, name);
  const [version] = await scopeOf(parts, caller)
    .orm.select()
    .from(registeredVersion)
    .where(and(eq(registeredVersion.model, model.id), eq(registeredVersion.number, number)));
  if (version === undefined) throw notFound('model version', `${name}, version ${number}`);
  return { model, facts, version };
}

/** Changes a version that is there. */
async function changeVersion(
  parts: TrackingParts,
  caller: Caller,
  { name, number }: { name: string; number: number },
  written: unknown,
  change: (tx: WriteTx, version: VersionRow) => Promise<void>,
): Promise<void> {
  await changeName(parts, caller, name, { number, written }, async (tx, model) => {
    const which = and(eq(registeredVersion.model, model.id), eq(registeredVersion.number, number));
    const [version] = await tx.select().from(registeredVersion).where(which).for('update');
    if (version === undefined) throw notFound('model version', `${name}, version ${number}`);
    await tx.update(registeredVersion).set({ updatedAt: parts.clock.now().getTime() }).where(which);
    await change(tx, version);
  });
}

const which = ({ model, number }: VersionRow) =>
  and(eq(registeredVersion.model, model), eq(registeredVersion.number, number));

type At = { name: string; number: number };

export async function describeVersion(parts: TrackingParts, caller: Caller, at: At, description: string) {
  assertDescription(description);
  await changeVersion(parts, caller, at, { description }, async (tx, version) => {
    await tx.update(registeredVersion).set({ description }).where(which(version));
  });
}

/** Moves a version to a stage and, where asked for, the others that are there to the archive. */
export async function stageVersion(
  parts: TrackingParts,
  caller: Caller,
  at: At,
  wanted: { stage: string; archiveOthers: boolean },
): Promise<void> {
  const stage = stageOf(wanted.stage);
  if (wanted.archiveOthers && stage !== 'Staging' && stage !== 'Production')
    throw invalidField('archive_existing_versions', 'is for the stages Staging and Production only');
  await changeVersion(
    parts,
    caller,
    at,
    { stage, archiveOthers: wanted.archiveOthers },
    async (tx, version) => {
      if (wanted.archiveOthers)
        await tx
          .update(registeredVersion)
          .set({ stage: 'Archived', updatedAt: parts.clock.now().getTime() })
          .where(
            and(
              eq(registeredVersion.model, version.model),
              eq(registeredVersion.stage, stage),
              ne(registeredVersion.number, version.number),
            ),
          );
      await tx.update(registeredVersion).set({ stage }).where(which(version));
    },
  );
}

export async function deleteVersion(parts: TrackingParts, caller: Caller, at: At): Promise<void> {
  await changeVersion(parts, caller, at, { deleted: true }, async (tx, version) => {
    await tx.delete(trackingTag).where(eq(trackingTag.thing, versionKey(version.model, version.number)));
    await tx
      .delete(registeredAlias)
      .where(and(eq(registeredAlias.model, version.model), eq(registeredAlias.number, version.number)));
    await tx.delete(registeredVersion).where(which(version));
  });
}

export async function tagVersion(parts: TrackingParts, caller: Caller, at: At, tag: Tag): Promise<void> {
  assertTag(tag, 'registry');
  await changeVersion(parts, caller, at, tag, (tx, version) =>
    setTags(tx, versionKey(version.model, version.number), [tag]),
  );
}

export async function untagVersion(parts: TrackingParts, caller: Caller, at: At, key: string): Promise<void> {
  assertKey(key, 'key');
  assertOwnTag(key);
  await changeVersion(parts, caller, at, { key }, async (tx, version) => {
    await deleteTag(tx, versionKey(version.model, version.number), key);
  });
}

const aliasPattern = /^[\w-]{1,255}$/u;

function assertAlias(alias: string): void {
  if (!aliasPattern.test(alias) || /^v\d+$/i.test(alias) || alias.toLowerCase() === 'latest')
    throw invalidField(
      'alias',
      `"${alias.slice(0, 50)}" is not allowed: letters, digits, "_" and "-" are, but not "latest" or "v" and a number`,
    );
}

export async function setAlias(parts: TrackingParts, caller: Caller, at: At, alias: string): Promise<void> {
  assertAlias(alias);
  await changeVersion(parts, caller, at, { alias }, async (tx, { model, number }) => {
    await tx
      .insert(registeredAlias)
      .values({ model, alias, number })
      .onConflictDoUpdate({ target: [registeredAlias.model, registeredAlias.alias], set: { number } });
  });
}

export async function deleteAlias(
  parts: TrackingParts,
  caller: Caller,
  name: string,
  alias: string,
): Promise<void> {
  await changeName(parts, caller, name, { deletedAlias: alias }, async (tx, { id }) => {
    await tx
      .delete(registeredAlias)
      .where(and(eq(registeredAlias.model, id), eq(registeredAlias.alias, alias)));
  });
}

/** The number that an alias stands for. */
export async function numberOfAlias(parts: TrackingParts, caller: Caller, name: string, alias: string) {
  const { row } = await findName(parts, caller, name);
  const [found] = await scopeOf(parts, caller)
    .orm.select()
    .from(registeredAlias)
    .where(and(eq(registeredAlias.model, row.id), eq(registeredAlias.alias, alias)));
  // MLflow's clients know a missing alias by this code, and a missing model by not-found.
  if (found === undefined)
    throw new GenesisError({
      code: 'invalid-input',
      message: `Registered model alias ${alias} not found.`,
      problems: [{ field: 'alias', message: 'is not there' }],
    });
  return found.number;
}
