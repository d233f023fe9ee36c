import { and, desc, inArray } from 'drizzle-orm';
import { noteRead, scopeOf } from '../access.ts';
import type { Caller, TrackingParts } from '../parts.ts';
import { registeredAlias, registeredVersion, type Tag } from '../tables.ts';
import { tagsOf } from '../tags.ts';
import type { FoundName, RegisteredRow } from './names.ts';
import { findName, versionKey } from './names.ts';
import { findVersion, stageOf, stages, type VersionRow } from './versions.ts';

export type ShownVersion = { name: string; row: VersionRow; tags: Tag[]; aliases: string[] };
export type ShownName = {
  row: RegisteredRow;
  tags: Tag[];
  aliases: { alias: string; number: number }[];
  /** The newest version of each stage that has one. */
  latest: ShownVersion[];
};

/** Versions with tags and aliases, of models that the caller may see. */
export async function showVersions(
  parts: TrackingParts,
  caller: Caller,
  found: readonly { version: VersionRow; model: RegisteredRow }[],
): Promise<ShownVersion[]> {
  const scope = scopeOf(parts, caller);
  const keys = found.map(({ version }) => versionKey(version.model, version.number));
  const models = [...new Set(found.map(({ model }) => model.id))];
  const [tags, aliases] = await Promise.all([
    tagsOf(scope, keys),
    models.length === 0
      ? []
      : scope.orm
          .select()
          .from(registeredAlias)
          .where(inArray(registeredAlias.model, models))
          .orderBy(registeredAlias.alias),
  ]);
  return found.map(({ version, model }, at) => ({
    name: model.name,
    row: version,
    tags: tags.get(keys[at]!) ?? [],
    aliases: aliases
      .filter((one) => one.model === version.model && one.number === version.number)
      .map(({ alias }) => alias),
  }));
}

export async function getVersion(
  parts: TrackingParts,
  caller: Caller,
  name: string,
  number: number,
): Promise<ShownVersion> {
  const { model, version, facts } = await findVersion(parts, caller, name, number);
  await noteRead(parts, scopeOf(parts, caller), [facts]);
  return (await showVersions(parts, caller, [{ version, model }]))[0]!;
}

/** The newest version of each stage, or of the stages that are asked for. */
export async function latestVersions(
  parts: TrackingParts,
  caller: Caller,
  name: string,
  wanted: readonly string[],
): Promise<ShownVersion[]> {
  const { row, facts } = await findName(parts, caller, name);
  await noteRead(parts, scopeOf(parts, caller), [facts]);
  return await latestOf(parts, caller, [row], wanted.length === 0 ? stages : wanted.map(stageOf));
}

async function latestOf(
  parts: TrackingParts,
  caller: Caller,
  models: readonly RegisteredRow[],
  wanted: readonly string[],
): Promise<ShownVersion[]> {
  if (models.length === 0) return [];
  const { orm } = scopeOf(parts, caller);
  const rows = await orm
    .selectDistinctOn([registeredVersion.model, registeredVersion.stage])
    .from(registeredVersion)
    .where(
      and(
        inArray(
          registeredVersion.model,
          models.map(({ id }) => id),
        ),
        inArray(registeredVersion.stage, [...wanted]),
      ),
    )
    .orderBy(registeredVersion.model, registeredVersion.stage, desc(registeredVersion.number));
  const byId = new Map(models.map((model) => [model.id, model]));
  return await showVersions(
    parts,
    caller,
    rows.map((version) => ({ version, model: byId.get(version.model)! })),
  );
}

/** Registered models with tags, aliases and newest versions. */
export async function showNames(
  parts: TrackingParts,
  caller: Caller,
  found: readonly FoundName[],
): Promise<ShownName[]> {
  const scope = scopeOf(parts, caller);
  const ids = found.map(({ row }) => row.id);
  const [tags, latest, aliases] = await Promise.all([
    tagsOf(scope, ids),
    latestOf(
      parts,
      caller,
      found.map(({ row }) => row),
      stages,
    ),
    ids.length === 0
      ? []
      : scope.orm.select().from(registeredAlias).where(inArray(registeredAlias.model, ids)),
  ]);
  await noteRead(
    parts,
    scope,
    found.map(({ facts }) => facts),
  );
  return found.map(({ row }) => ({
    row,
    tags: tags.get(row.id) ?? [],
    aliases: aliases.filter(({ model }) => model === row.id).map(({ alias, number }) => ({ alias, number })),
    latest: latest.filter(({ row: version }) => version.model === row.id),
  }));
}

export const getName = async (parts: TrackingParts, caller: Caller, name: string): Promise<ShownName> =>
  (await showNames(parts, caller, [await findName(parts, caller, name)]))[0]!;
