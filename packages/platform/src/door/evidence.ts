import { GenesisError } from '@genesis/contracts';
import { eq, inArray, sql } from 'drizzle-orm';
import type { Clock, Database } from '../kernel/index.ts';
import {
  type LineageEdge,
  readLineage,
  readParts,
  readSubject,
  readUses,
  type Use,
} from '../ledger/index.ts';
import { isPublic, isVisible, type PrincipalFacts } from '../policy/index.ts';
import type { Door } from './door.ts';
import { factsOf } from './facts.ts';
import { platformFacts } from './platform.ts';
import type { ReadScope } from './scope.ts';
import { resource } from './tables.ts';

/** A use as an auditor sees it; the entry is null where it is about something that the auditor may not know of. */
export type AuditedUse = Omit<Use, 'entry' | 'about'> & { entry: string | null };

export type Lineage = {
  edges: LineageEdge[];
  /** False when the lineage is larger than one answer. */
  complete: boolean;
};

/** Reads of the ledger that people ask about things: filtered by what they may know. */
export interface EvidenceReads {
  /**
   * The lineage of a thing, in PROV's words. An edge is shown when the thing that its entry is about may be seen, and
   * both of its ends, as far as they have a label of their own; nothing is reached through what is not shown.
   *
   * @throws GenesisError `not-found` where nothing may be shown, whether or not there is anything
   */
  lineage(scope: ReadScope, id: string): Promise<Lineage>;
  /**
   * Whether somebody may have the body of an entry: it names the thing that it is about, so that has to be visible. An
   * entry about nothing governed is for its actor; those about the platform itself are for everyone.
   *
   * @throws GenesisError `not-found`, whether or not there is such an entry
   */
  assertMayProve(principal: PrincipalFacts, entry: string): Promise<void>;
  /** Who used a thing, for what, and who was denied. Asking is itself decided, and entered in the ledger. */
  audit(principal: PrincipalFacts, id: string, limit: number): Promise<AuditedUse[]>;
}

const missing = (): GenesisError =>
  new GenesisError({ code: 'not-found', message: 'There is nothing here under this id that you may see.' });

export function createEvidenceReads(parts: { database: Database; door: Door; clock: Clock }): EvidenceReads {
  const { database, door, clock } = parts;
  return {
    async lineage(scope, id) {
      const visible = sql`(select ${resource.id} from ${resource} where ${scope.where})`;
      const [own] = await scope.orm
        .select({ visible: sql<boolean>`${scope.where}` })
        .from(resource)
        .where(eq(resource.id, id));
      // From what is hidden no edge is ever shown. The walk begins nowhere, as for what does not exist, and takes as long.
      const start = own?.visible === false ? 'nothing' : id;
      const { edges, complete } = await readLineage(database, start, {
        thing: (about) => sql`${about} in ${visible}`,
        node: (node) =>
          sql`(${node} in ${visible} or not exists (select 1 from ${resource} where ${resource.id} = ${node}))`,
      });
      if (edges.length === 0 && own?.visible !== true) throw missing();
      return { edges, complete };
    },
    async assertMayProve(principal, entry) {
      const subject = await readSubject(database, entry);
      if (subject === undefined) throw missing();
      const { actor, resource: about } = subject;
      const [governed] =
        about === null ? [] : await database.orm.select().from(resource).where(eq(resource.id, about));
      const own = actor === principal.id && principal.uncleared !== true;
      const may =
        governed === undefined
          ? own || about === platformFacts.id
          : isVisible(principal, factsOf(governed), clock.now().getTime());
      if (!may) throw missing();
    },
    async audit(principal, id, limit) {
      const { result: audited } = await door.perform(
        { principal, action: 'audit.read', resource: id, purpose: null },
        async (_tx, facts) => ({ result: facts, details: { limit } }),
      );
      const uses = await readUses(database, [id, ...(await readParts(database, id))], limit);
      const named = [...new Set(uses.flatMap(({ about }) => about ?? []))];
      const rows =
        named.length === 0
          ? []
          : await database.orm.select().from(resource).where(inArray(resource.id, named));
      const now = clock.now().getTime();
      const hidden = new Set(
        rows.filter((row) => !isVisible(principal, factsOf(row), now)).map(({ id: one }) => one),
      );
      return uses.flatMap(({ about, entry, ...use }): AuditedUse[] => {
        if (about === null || !hidden.has(about)) return [{ ...use, entry }];
        // Who answers for data must learn of its use, but not of what came of it; of public things nobody answers.
        return isPublic(audited.label) ? [] : [{ ...use, entry: null }];
      });
    },
  };
}
