import { and, eq, inArray } from 'drizzle-orm';
import type { ReadScope, WriteTx } from '../door/index.ts';
import { type Tag, trackingTag } from './tables.ts';

/** Sets tags; of two with one key the later counts. */
export async function setTags(tx: WriteTx, thing: string, tags: readonly Tag[]): Promise<void> {
  const last = new Map(tags.map(({ key, value }) => [key, value]));
  // In one order, so that two who write the same tags do not wait for each other.
  for (const key of [...last.keys()].sort()) {
    const value = last.get(key)!;
    await tx
      .insert(trackingTag)
      .values({ thing, key, value })
      .onConflictDoUpdate({ target: [trackingTag.thing, trackingTag.key], set: { value } });
  }
}

/** Removes a tag; whether there was one. */
export async function deleteTag(tx: WriteTx, thing: string, key: string): Promise<boolean> {
  const gone = await tx
    .delete(trackingTag)
    .where(and(eq(trackingTag.thing, thing), eq(trackingTag.key, key)))
    .returning({ key: trackingTag.key });
  return gone.length > 0;
}

/** The tags of things that the caller was shown already. */
export async function tagsOf(scope: ReadScope, things: readonly string[]): Promise<Map<string, Tag[]>> {
  const found = new Map<string, Tag[]>(things.map((thing) => [thing, []]));
  if (things.length === 0) return found;
  const rows = await scope.orm
    .select()
    .from(trackingTag)
    .where(inArray(trackingTag.thing, [...things]))
    .orderBy(trackingTag.thing, trackingTag.key);
  for (const { thing, key, value } of rows) found.get(thing)?.push({ key, value });
  return found;
}
