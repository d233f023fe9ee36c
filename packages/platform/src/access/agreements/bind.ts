import { and, arrayContains, eq, inArray, isNotNull, ne, not, sql } from 'drizzle-orm';
import type { WriteTx } from '../../door/index.ts';
import type { Tx } from '../../kernel/index.ts';
import { agreementsKnown, type PrincipalFacts } from '../../policy/index.ts';
import { agreement, agreementLink } from '../tables.ts';

/** What binds data to agreements has to ask this first, and to say it. */
export interface AgreementBinding {
  /**
   * The ids among `agreements` that may not bind data of the organisation: those that are no agreement that the principal may
   * know of, were never signed, are terminated, or to which the organisation is no party. All of these look the same.
   */
  mayBind(
    tx: Pick<Tx, 'select'>,
    principal: PrincipalFacts,
    wanted: { agreements: readonly string[]; organisation: string; at: number },
  ): Promise<string[]>;
  /** From now on the agreements give access to the dataset too: whom they cover sees its card, and may ask for it. */
  cover(tx: WriteTx, agreements: readonly string[], dataset: string): Promise<void>;
}

export const agreementsForBinding: AgreementBinding = {
  async mayBind(tx, principal, { agreements, organisation, at }) {
    const known = new Set(agreementsKnown(principal, at));
    const asked = agreements.filter((id) => known.has(id));
    const rows =
      asked.length === 0
        ? []
        : await tx
            .select({ id: agreement.id })
            .from(agreement)
            .innerJoin(
              agreementLink,
              and(
                eq(agreementLink.agreement, agreement.id),
                eq(agreementLink.version, agreement.inForce),
                eq(agreementLink.role, 'party'),
                eq(agreementLink.subject, organisation),
              ),
            )
            .where(
              and(
                inArray(agreement.id, asked),
                isNotNull(agreement.inForce),
                ne(agreement.state, 'terminated'),
              ),
            );
    const bindable = new Set(rows.map(({ id }) => id));
    return agreements.filter((id) => !bindable.has(id));
  },

  async cover(tx, agreements, dataset) {
    if (agreements.length === 0) return;
    await tx
      .update(agreement)
      .set({ datasets: sql`array_append(${agreement.datasets}, ${dataset}::text)` })
      .where(and(inArray(agreement.id, [...agreements]), not(arrayContains(agreement.datasets, [dataset]))));
  },
};
