import { type Action, type AgreementAct, agreementMoves, GenesisError } from '@genesis/contracts';
import { eq } from 'drizzle-orm';
import type { Idempotency } from '../../kernel/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import type { AccessParts } from '../parts.ts';
import { isStewardOf } from '../steward.ts';
import { agreement } from '../tables.ts';
import { type AgreementRow, assertMay, lockAgreement, stateOf, versionOf } from './agreement-state.ts';
import type { Moved } from './draft-agreement.ts';

const actionOf = {
  review: 'agreement.review',
  suspend: 'agreement.suspend',
  resume: 'agreement.resume',
  terminate: 'agreement.terminate',
} as const satisfies Partial<Record<AgreementAct, Action>>;

/** Party for which a steward acts: the home organisation where that is one. */
function actingFor(principal: PrincipalFacts, parties: readonly string[], at: number): string | null {
  const own = parties.filter((organisation) => isStewardOf(principal, organisation, at));
  return own.includes(principal.organisation) ? principal.organisation : (own[0] ?? null);
}

/**
 * Puts an agreement up for review, suspends, resumes or terminates it. It takes effect at the next decision: nothing is
 * copied anywhere. `reason` is kept and goes into the ledger.
 */
export async function changeAgreement(
  { door, clock }: AccessParts,
  principal: PrincipalFacts,
  id: string,
  { act, reason }: { act: keyof typeof actionOf; reason: string | null },
  idempotency?: Idempotency,
): Promise<Moved> {
  const { result } = await door.perform(
    { principal, action: actionOf[act], resource: id, purpose: null, idempotency },
    async (tx) => {
      const row = await lockAgreement(tx, id);
      const at = clock.now().getTime();
      const from = assertMay(row, act, at);
      if (act === 'resume' && row.suspendedBy !== null && !isStewardOf(principal, row.suspendedBy, at)) {
        const message = `${row.suspendedBy} suspended it: a steward of that party must resume it.`;
        throw new GenesisError({ code: 'conflict', message });
      }
      const { terms, text } = await versionOf(tx, id, row.inForce ?? row.latest);
      const parties = terms.parties.map(({ organisation }) => organisation);
      const next: Partial<AgreementRow> = {
        state: agreementMoves[act].to ?? row.state,
        changedAt: at,
        ...(act === 'review' ? { shared: true } : { reason }),
        ...(act === 'suspend' ? { suspendedBy: actingFor(principal, parties, at) } : {}),
        ...(act === 'resume' ? { suspendedBy: null } : {}),
      };
      await tx.update(agreement).set(next).where(eq(agreement.id, id));
      const state = stateOf({ ...row, ...next }, at);
      return {
        result: { id, version: row.latest, state, sha256: text.sha256 },
        details: { from, state, reason },
      };
    },
  );
  return result;
}
