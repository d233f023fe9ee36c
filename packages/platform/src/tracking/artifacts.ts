import { GenesisError } from '@genesis/contracts';
import { canonicalJson } from '@genesis/evidence';
import { and, asc, eq, like, or, sql } from 'drizzle-orm';
import { denied } from '../door/index.ts';
import type { BlobRef } from '../kernel/index.ts';
import type { ResourceFacts } from '../policy/index.ts';
import { assertWriter, noteRead, notFound, scopeOf, write } from './access.ts';
import { findLoggedModel } from './logged-models.ts';
import type { Caller, TrackingParts } from './parts.ts';
import { artifactPath } from './paths.ts';
import { findTracked, lockActive } from './runs.ts';
import { trackingArtifact } from './tables.ts';

/** A run or a logged model, which has artifacts. */
export type Owner = {
  id: string;
  experiment: string;
  governedBy: string;
  genesisRun: string | null;
  isRun: boolean;
  facts: ResourceFacts;
};

/** The owner of artifacts, within its experiment where that is named. */
export async function findOwner(
  parts: TrackingParts,
  caller: Caller,
  id: string,
  experiment?: string,
): Promise<Owner> {
  const isRun = !id.startsWith('lgm_');
  const { row, facts } = await (isRun ? findTracked : findLoggedModel)(parts, caller, id);
  if (experiment !== undefined && row.experiment !== experiment) throw notFound('artifacts of', id);
  const { governedBy, genesisRun } = row;
  return { id, experiment: row.experiment, governedBy, genesisRun, isRun, facts };
}

export type Listed = { path: string; isFolder: boolean; bytes: number | null };

const likeText = (text: string): string => text.replace(/[\\%_]/g, (mark) => `\\${mark}`);
const below = (folder: string) => like(trackingArtifact.path, `${likeText(folder)}/%`);

/** Most entries of one folder that are listed. */
const mostListed = 10_000;

/** What lies directly in a folder: its paths are below the owner. A file is listed as itself. */
export async function listArtifacts(
  parts: TrackingParts,
  caller: Caller,
  owner: Owner,
  folder: string | undefined,
): Promise<Listed[]> {
  const scope = scopeOf(parts, caller);
  await noteRead(parts, scope, [owner.facts]);
  // Characters as the database counts them.
  const from = folder === undefined ? sql`1` : sql`(length(${folder}::text) + 2)`;
  const first = sql<string>`split_part(substr(${trackingArtifact.path}, ${from}), '/', 1)`;
  const isFolder = sql<boolean>`bool_or(strpos(substr(${trackingArtifact.path}, ${from}), '/') > 0)`;
  const rows = await scope.orm
    .select({ name: first, isFolder, bytes: sql<number>`max(${trackingArtifact.bytes})` })
    .from(trackingArtifact)
    .where(and(eq(trackingArtifact.owner, owner.id), folder === undefined ? sql`true` : below(folder)))
    .groupBy(sql`1`)
    .orderBy(sql`1`)
    .limit(mostListed);
  if (rows.length > 0 || folder === undefined) {
    const path = (name: string) => (folder === undefined ? name : `${folder}/${name}`);
    return rows.map(({ name, isFolder: is, bytes }) => ({
      path: path(name),
      isFolder: is,
      bytes: is ? null : bytes,
    }));
  }
  const [file] = await scope.orm
    .select()
    .from(trackingArtifact)
    .where(and(eq(trackingArtifact.owner, owner.id), eq(trackingArtifact.path, folder)))
    .orderBy(asc(trackingArtifact.path));
  return file === undefined ? [] : [{ path: file.path, isFolder: false, bytes: file.bytes }];
}

/** The bytes of an artifact, as they were sent. */
export async function openArtifact(
  parts: TrackingParts,
  caller: Caller,
  owner: Owner,
  path: string,
): Promise<{ bytes: number; content: AsyncIterable<Buffer> }> {
  const scope = scopeOf(parts, caller);
  const [row] = await scope.orm
    .select()
    .from(trackingArtifact)
    .where(and(eq(trackingArtifact.owner, owner.id), eq(trackingArtifact.path, artifactPath(path))));
  if (row === undefined) throw notFound('artifact', path);
  await noteRead(parts, scope, [owner.facts]);
  const { address, sha256, bytes } = row;
  return { bytes, content: parts.blobs.open({ address, sha256, bytes }) };
}

/** Keeps the bytes of an artifact under its path; what lay there is replaced. */
export async function putArtifact(
  parts: TrackingParts,
  caller: Caller,
  owner: Owner,
  given: { path: string; content: AsyncIterable<Uint8Array> },
): Promise<BlobRef> {
  assertWriter(caller, owner);
  const path = artifactPath(given.path);
  const clash = await clashOf(parts, caller, owner, path);
  if (clash !== undefined)
    throw new GenesisError({
      code: 'conflict',
      message: `"${clash}" is there: a file is no folder, and a folder no file`,
    });
  await assertMayWrite(parts, caller, owner);
  const blob = await parts.blobs.put(given.content, {
    labelKey: canonicalJson(owner.facts.label),
    limitBytes: parts.uploadLimitBytes,
  });
  parts.crash.reach('tracking.stored');
  const written = { path, sha256: blob.sha256, bytes: blob.bytes };
  await write(parts, caller, { governedBy: owner.governedBy, thing: owner.id, written }, async (tx) => {
    if (owner.isRun) await lockActive(tx, owner.id);
    const { address, sha256, bytes } = blob;
    const row = { address, sha256, bytes, createdAt: parts.clock.now().getTime() };
    await tx
      .insert(trackingArtifact)
      .values({ owner: owner.id, path, ...row })
      .onConflictDoUpdate({ target: [trackingArtifact.owner, trackingArtifact.path], set: row });
  });
  return blob;
}

/** Decides before the bytes are taken: whoever may only read fills no disk. */
async function assertMayWrite({ door }: TrackingParts, { principal, purpose }: Caller, owner: Owner) {
  const request = { principal, action: 'tracking.log', resource: owner.governedBy, purpose } as const;
  const foreseen = await door.foresee(request);
  if (foreseen === undefined) throw notFound('artifacts of', owner.id);
  if (foreseen.decision.effect !== 'allow') throw denied(foreseen.decision);
}

/** A file where the path needs a folder, or the other way round. */
async function clashOf(parts: TrackingParts, caller: Caller, owner: Owner, path: string) {
  const steps = path.split('/');
  const folders = steps.slice(1).map((_, at) => steps.slice(0, at + 1).join('/'));
  const [found] = await scopeOf(parts, caller)
    .orm.select({ path: trackingArtifact.path })
    .from(trackingArtifact)
    .where(
      and(
        eq(trackingArtifact.owner, owner.id),
        or(sql`${trackingArtifact.path} = any(${sql.param(folders)}::text[])`, below(path)),
      ),
    )
    .limit(1);
  return found?.path;
}

/** Forgets an artifact, or all below a folder, or all. Bytes that others may share stay in the store. */
export async function deleteArtifacts(
  parts: TrackingParts,
  caller: Caller,
  owner: Owner,
  path: string | undefined,
): Promise<void> {
  assertWriter(caller, owner);
  await write(
    parts,
    caller,
    { governedBy: owner.governedBy, thing: owner.id, written: { path } },
    async (tx) => {
      const which = path === undefined ? sql`true` : or(eq(trackingArtifact.path, path), below(path));
      await tx.delete(trackingArtifact).where(and(eq(trackingArtifact.owner, owner.id), which));
    },
  );
}
