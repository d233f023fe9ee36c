import { GenesisError } from '@genesis/contracts';
import { and, asc, eq } from 'drizzle-orm';
import type { ReadScope } from '../../door/index.ts';
import { type Idempotency, isUniqueViolation } from '../../kernel/index.ts';
import { type PrincipalFacts, unrestricted } from '../../policy/index.ts';
import type { CatalogParts } from '../parts.ts';
import { savedSearch } from '../tables.ts';
import type { SavedSearch } from './model.ts';
import { readQuery } from './query.ts';
import { type SearchResult, search } from './search.ts';

export type SavedRow = typeof savedSearch.$inferSelect;

/** How many a person may keep, and how many hits are remembered of each: the newest. */
const mostSaved = 200;
const remembered = 1000;

const missing = (): GenesisError =>
  new GenesisError({ code: 'not-found', message: 'There is nothing here under this id that you may see.' });

/** A saved search belongs to its owner, and says nothing of what it finds. */
const request = (principal: PrincipalFacts, id: string, idempotency?: Idempotency) => ({
  principal,
  action: 'search.save' as const,
  resource: {
    about: {
      ...{ kind: 'search', id, organisation: principal.organisation, createdBy: principal.id },
      ...{ label: { level: 'public' as const, categories: [] }, conditions: unrestricted },
    },
  },
  purpose: null,
  idempotency,
});

/**
 * Keeps a search under a name, for its owner alone.
 *
 * @throws GenesisError `invalid-input` where it is no search, `conflict` where the name is taken or there are too many
 */
export async function saveSearch(
  { door, ids, clock }: CatalogParts,
  principal: PrincipalFacts,
  wanted: { name: string; search: SavedSearch },
  idempotency?: Idempotency,
): Promise<SavedRow> {
  const { name, search: kept } = wanted;
  readQuery(kept.q, kept.only);
  const id = ids.next('search');
  const taken = new GenesisError({
    code: 'conflict',
    message: `You have a saved search named "${name}" already: choose another name, or delete that one.`,
  });
  try {
    const { result } = await door.perform(request(principal, id, idempotency), async (tx) => {
      const own = await tx
        .select({ id: savedSearch.id })
        .from(savedSearch)
        .where(eq(savedSearch.owner, principal.id));
      if (own.length >= mostSaved)
        throw new GenesisError({
          code: 'conflict',
          message: `You have ${mostSaved} saved searches: delete one first.`,
        });
      const at = clock.now().getTime();
      const row = {
        id,
        owner: principal.id,
        name,
        search: kept,
        seen: [],
        since: null,
        createdAt: at,
        ranAt: null,
      };
      await tx.insert(savedSearch).values(row);
      return { result: row, details: { search: id } };
    });
    return result;
  } catch (error) {
    if (isUniqueViolation(error)) throw taken;
    throw error;
  }
}

/** The searches of the reader, by name. */
export const listSaved = ({ orm, principal }: ReadScope): Promise<SavedRow[]> =>
  orm.select().from(savedSearch).where(eq(savedSearch.owner, principal.id)).orderBy(asc(savedSearch.name));

/** One of the reader's searches. What others keep is as unknown as what nobody does. */
export async function findSaved({ orm, principal }: ReadScope, id: string): Promise<SavedRow> {
  const [row] = await orm
    .select()
    .from(savedSearch)
    .where(and(eq(savedSearch.id, id), eq(savedSearch.owner, principal.id)));
  if (row === undefined) throw missing();
  return row;
}

export async function forgetSaved({ door }: CatalogParts, scope: ReadScope, id: string): Promise<void> {
  const { principal } = scope;
  await findSaved(scope, id);
  await door.perform(request(principal, id), async (tx) => {
    await tx.delete(savedSearch).where(and(eq(savedSearch.id, id), eq(savedSearch.owner, principal.id)));
    return { result: undefined, details: { search: id, stage: 'deleted' } };
  });
}

export type Ran = { result: SearchResult; fresh: ReadonlySet<string> };

/**
 * Runs a saved search again, newest first, and tells what is new: what was not among its hits when it was run last, for
 * whatever reason, a grant or a release included. Of more than `remembered` hits the newest are compared.
 */
export async function runSaved(parts: CatalogParts, scope: ReadScope, row: SavedRow): Promise<Ran> {
  const { q, only } = row.search;
  const result = await search(parts, scope, { q, only, sort: 'newest', limit: remembered });
  const known = new Set(row.seen);
  const since = row.since ?? Number.NEGATIVE_INFINITY;
  const all = result.hits.map(({ hit }) => hit);
  const isFresh =
    row.ranAt === null
      ? () => true
      : (hit: (typeof all)[number]) => !known.has(hit.id) && hit.createdAt >= since;
  const fresh = new Set(all.filter(isFresh).map(({ id }) => id));
  const oldest = all.at(-1);
  await parts.door.perform(request(scope.principal, row.id), async (tx) => {
    const at = parts.clock.now().getTime();
    const seen = {
      seen: all.map(({ id }) => id),
      since: result.next === null ? null : (oldest?.createdAt ?? null),
      ranAt: at,
    };
    await tx
      .update(savedSearch)
      .set(seen)
      .where(and(eq(savedSearch.id, row.id), eq(savedSearch.owner, scope.principal.id)));
    return { result: undefined, details: { search: row.id, stage: 'run', hits: all.length } };
  });
  return { result, fresh };
}
