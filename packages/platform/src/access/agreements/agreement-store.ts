/** Reads of agreements: whatever the scope does not admit does not exist. */
import { GenesisError } from '@genesis/contracts';
import { and, asc, desc, eq } from 'drizzle-orm';
import { type ReadScope, resource } from '../../door/index.ts';
import { agreement, agreementSignature } from '../tables.ts';
import { type AgreementRow, type VersionRow, versionOf } from './agreement-state.ts';

type SignatureRow = typeof agreementSignature.$inferSelect;
export type FoundAgreement = {
  row: AgreementRow;
  /** The version in force, or the latest where none is. */
  current: VersionRow;
  /** A version that waits for signatures, beside the one in force. */
  proposed: VersionRow | null;
  signatures: SignatureRow[];
};

const missing = (): GenesisError =>
  new GenesisError({ code: 'not-found', message: 'There is no agreement under this id that you may see.' });

/** Agreements that the principal may know of, newest first. */
export async function listAgreements(scope: ReadScope): Promise<AgreementRow[]> {
  const rows = await scope.orm
    .select({ row: agreement })
    .from(agreement)
    .innerJoin(resource, eq(resource.id, agreement.id))
    .where(scope.where)
    .orderBy(desc(agreement.createdAt), desc(agreement.id));
  return rows.map(({ row }) => row);
}

export async function findAgreement(scope: ReadScope, id: string): Promise<FoundAgreement> {
  const [found] = await scope.orm
    .select({ row: agreement })
    .from(agreement)
    .innerJoin(resource, eq(resource.id, agreement.id))
    .where(and(scope.where, eq(agreement.id, id)));
  if (found === undefined) throw missing();
  const { row } = found;
  const current = await versionOf(scope.orm, id, row.inForce ?? row.latest);
  const proposed =
    row.inForce !== null && row.latest > row.inForce ? await versionOf(scope.orm, id, row.latest) : null;
  const signatures = await scope.orm
    .select()
    .from(agreementSignature)
    .where(eq(agreementSignature.agreement, id))
    .orderBy(asc(agreementSignature.version), asc(agreementSignature.organisation));
  return { row, current, proposed, signatures };
}

/** A version of an agreement, or the latest. */
export async function findVersion(
  scope: ReadScope,
  id: string,
  number: number | undefined,
): Promise<VersionRow> {
  const { row } = await findAgreement(scope, id);
  return await versionOf(scope.orm, id, number ?? row.latest);
}
