import { canonicalHash } from '@genesis/evidence';
import { eq } from 'drizzle-orm';
import type { Idempotency } from '../../kernel/index.ts';
import { bottom, type PrincipalFacts, type ResourceFacts, unrestricted } from '../../policy/index.ts';
import type { Amendment, NewAgreement } from '../model.ts';
import type { AccessParts } from '../parts.ts';
import { agreement, agreementVersion } from '../tables.ts';
import { assertMay, insertLinks, lockAgreement, stateOf, versionOf } from './agreement-state.ts';
import { checkTerms } from './check-terms.ts';
import { textOf } from './templates.ts';

/** What became of an act on an agreement. */
export type Moved = { id: string; version: number; state: string; sha256: string };

/**
 * Drafts an agreement for the principal's organisation. Only its own stewards and auditors know of it until it is put up for
 * review. The text is stored before anything refers to it; without the entry in the ledger it is nothing.
 */
export async function draftAgreement(
  parts: AccessParts,
  principal: PrincipalFacts,
  wanted: NewAgreement,
  idempotency?: Idempotency,
): Promise<Moved> {
  const { door, blobs, ids, clock, templatesFolder } = parts;
  const { title, type, terms } = wanted;
  const text = await blobs.put(Buffer.from(await textOf(templatesFolder, title, terms, wanted)), {
    labelKey: 'agreement',
  });
  const id = ids.next('agreement');
  const { organisation } = principal;
  const facts: ResourceFacts = {
    ...{ kind: 'agreement', id, organisation, label: bottom, conditions: unrestricted },
  };
  const { result } = await door.perform(
    { principal, action: 'agreement.draft', resource: { create: facts }, purpose: null, idempotency },
    async (tx) => {
      await checkTerms(parts, tx, principal, { terms, before: null, owner: organisation });
      const at = clock.now().getTime();
      await tx.insert(agreement).values({
        ...{ id, title, type, organisation, state: 'drafted', shared: false, latest: 1 },
        ...{ purposes: [], datasets: [], createdAt: at, changedAt: at },
      });
      await tx
        .insert(agreementVersion)
        .values({ agreement: id, number: 1, terms, text, proposedBy: principal.id, proposedAt: at });
      await insertLinks(tx, id, 1, terms);
      return {
        result: { id, version: 1, state: 'drafted', sha256: text.sha256 },
        details: { type, version: 1, text: text.sha256, terms: canonicalHash(terms) },
      };
    },
  );
  return result;
}

/**
 * Proposes a new version. Before one is signed it takes the place of the draft, which has to be put up for review again;
 * afterwards the version in force stays in force until every representative has signed the new one.
 */
export async function amendAgreement(
  parts: AccessParts,
  principal: PrincipalFacts,
  id: string,
  wanted: Amendment,
  idempotency?: Idempotency,
): Promise<Moved> {
  const { door, blobs, clock, templatesFolder } = parts;
  const { result } = await door.perform(
    { principal, action: 'agreement.amend', resource: id, purpose: null, idempotency },
    async (tx) => {
      const row = await lockAgreement(tx, id);
      const at = clock.now().getTime();
      assertMay(row, 'amend', at);
      const { terms } = wanted;
      const before = (await versionOf(tx, id, row.latest)).terms;
      await checkTerms(parts, tx, principal, { terms, before, owner: row.organisation });
      const text = await blobs.put(Buffer.from(await textOf(templatesFolder, row.title, terms, wanted)), {
        labelKey: 'agreement',
      });
      const number = row.latest + 1;
      const state = row.inForce === null ? 'drafted' : row.state;
      await tx
        .insert(agreementVersion)
        .values({ agreement: id, number, terms, text, proposedBy: principal.id, proposedAt: at });
      await insertLinks(tx, id, number, terms);
      await tx.update(agreement).set({ latest: number, state, changedAt: at }).where(eq(agreement.id, id));
      return {
        result: { id, version: number, state: stateOf({ ...row, state }, at), sha256: text.sha256 },
        details: { version: number, text: text.sha256, terms: canonicalHash(terms) },
      };
    },
  );
  return result;
}
