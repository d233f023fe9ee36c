import {
  type AgreementAct,
  type AgreementState,
  agreementMayMove,
  agreementMoves,
  agreementStateAt,
  GenesisError,
  type StoredAgreementState,
} from '@genesis/contracts';
import { and, eq } from 'drizzle-orm';
import type { Tx } from '../../kernel/index.ts';
import { agreement, agreementLink, agreementVersion } from '../tables.ts';

export type AgreementRow = typeof agreement.$inferSelect;
export type VersionRow = typeof agreementVersion.$inferSelect;

/** The state as it is at a moment. */
export const stateOf = (
  { state, startsAt, endsAt }: Pick<AgreementRow, 'state' | 'startsAt' | 'endsAt'>,
  at: number,
): AgreementState => agreementStateAt(state as StoredAgreementState, { startsAt, endsAt }, at);

const words: Record<AgreementAct, string> = {
  amend: 'amended',
  review: 'put up for review',
  sign: 'signed',
  suspend: 'suspended',
  resume: 'resumed',
  terminate: 'terminated',
};

/** @throws GenesisError `conflict` where the act is not possible in the state that the agreement is in */
export function assertMay(row: AgreementRow, act: AgreementAct, at: number): AgreementState {
  const state = stateOf(row, at);
  if (!agreementMayMove(state, act)) {
    const message = `The agreement is ${state}: it can be ${words[act]} while it is ${agreementMoves[act].from.join(', ')}.`;
    throw new GenesisError({ code: 'conflict', message });
  }
  return state;
}

/** An agreement, locked until the transaction ends, so that one act follows the other. */
export async function lockAgreement(tx: Tx, id: string): Promise<AgreementRow> {
  const [row] = await tx.select().from(agreement).where(eq(agreement.id, id)).for('update');
  if (row === undefined) throw new Error(`the agreement ${id} has no row of its own`);
  return row;
}

export async function versionOf(tx: Pick<Tx, 'select'>, id: string, number: number): Promise<VersionRow> {
  const [row] = await tx
    .select()
    .from(agreementVersion)
    .where(and(eq(agreementVersion.agreement, id), eq(agreementVersion.number, number)));
  if (row === undefined)
    throw new GenesisError({ code: 'not-found', message: `This agreement has no version ${number}.` });
  return row;
}

/** Makes what a version names findable. */
export async function insertLinks(
  tx: Tx,
  id: string,
  number: number,
  { parties, people }: VersionRow['terms'],
): Promise<void> {
  const link = (subject: string, role: (typeof agreementLink.$inferInsert)['role']) => ({
    ...{ subject, role, agreement: id, version: number },
  });
  await tx
    .insert(agreementLink)
    .values([
      ...parties.flatMap(({ organisation, representative, everybody }) => [
        link(organisation, 'party'),
        link(representative, 'representative'),
        ...(everybody ? [link(organisation, 'everybody')] : []),
      ]),
      ...people.map((person) => link(person, 'covered')),
    ])
    .onConflictDoNothing();
}
