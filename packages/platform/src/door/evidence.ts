import { GenesisError } from '@genesis/contracts';
import { and, inArray } from 'drizzle-orm';
import type { Database } from '../kernel/index.ts';
import { type LineageEdge, readLineage, readUses, type Use } from '../ledger/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import type { Door } from './door.ts';
import type { ReadScope } from './scope.ts';
import { resource } from './tables.ts';

export type Lineage = {
  edges: Omit<LineageEdge, 'about'>[];
  /** False when the lineage is larger than one answer. */
  complete: boolean;
};

/** Reads of the ledger that people ask about things: filtered by what they may know. */
export interface EvidenceReads {
  /**
   * The lineage of a thing, in PROV's words. An edge is shown when the thing that its entry is about may be seen, and
   * both of its ends, as far as they have a label of their own.
   *
   * @throws GenesisError `not-found` where nothing may be shown, whether or not there is anything
   */
  lineage(scope: ReadScope, id: string): Promise<Lineage>;
  /** Who used a thing, for what, and who was denied. Asking is itself decided, and entered in the ledger. */
  audit(principal: PrincipalFacts, id: string, limit: number): Promise<Use[]>;
}

export function createEvidenceReads(database: Database, door: Door): EvidenceReads {
  return {
    async lineage(scope, id) {
      const { edges, complete } = await readLineage(database, id);
      const named = new Set([
        id,
        ...edges.flatMap(({ subject, object, about }) => [subject, object, about ?? id]),
      ]);
      const governed = await scope.orm
        .select({ id: resource.id })
        .from(resource)
        .where(inArray(resource.id, [...named]));
      const admitted = await scope.orm
        .select({ id: resource.id })
        .from(resource)
        .where(and(inArray(resource.id, [...named]), scope.where));
      const seen = new Set(admitted.map((row) => row.id));
      const labelled = new Set(governed.map((row) => row.id));
      const open = (node: string): boolean => !labelled.has(node) || seen.has(node);
      const shown = edges.filter(
        ({ subject, object, about }) => about !== null && seen.has(about) && open(subject) && open(object),
      );
      if (!seen.has(id) && !shown.some(({ subject, object }) => subject === id || object === id)) {
        throw new GenesisError({
          code: 'not-found',
          message: 'There is nothing here under this id that you may see.',
        });
      }
      return { edges: shown.map(({ about: _about, ...edge }) => edge), complete };
    },
    async audit(principal, id, limit) {
      await door.perform({ principal, action: 'audit.read', resource: id, purpose: null }, async () => ({
        result: undefined,
        details: { limit },
      }));
      return await readUses(database, [id], limit);
    },
  };
}
