import { GenesisError, invalidField } from '@genesis/contracts';
import { and, arrayContains, eq, gt, isNull } from 'drizzle-orm';
import { resource, type WriteTx } from '../../door/index.ts';
import type { Idempotency } from '../../kernel/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import type { AccessParts } from '../parts.ts';
import { accessGrant, agreement, agreementSignature, agreementVersion } from '../tables.ts';
import {
  type AgreementRow,
  assertMay,
  lockAgreement,
  stateOf,
  type VersionRow,
  versionOf,
} from './agreement-state.ts';
import type { Moved } from './draft-agreement.ts';

const conflict = (message: string): GenesisError => new GenesisError({ code: 'conflict', message });

/** From now on these terms hold. Grants that rest on the agreement end with it at the latest. */
async function setInForce(
  tx: WriteTx,
  row: AgreementRow,
  { number, terms }: VersionRow,
  at: number,
): Promise<AgreementRow> {
  const endsAt = Date.parse(terms.endsAt);
  const bound = await tx
    .select({ id: resource.id })
    .from(resource)
    .where(and(eq(resource.kind, 'dataset'), arrayContains(resource.agreements, [row.id])));
  const next = {
    inForce: number,
    startsAt: Date.parse(terms.startsAt),
    endsAt,
    purposes: terms.purposes,
    // What was imported under it stays covered, whatever the terms name besides.
    datasets: [...new Set([...terms.datasets, ...bound.map(({ id }) => id)])].sort(),
    state: row.state === 'in-review' ? 'signed' : row.state,
    changedAt: at,
  };
  await tx.update(agreement).set(next).where(eq(agreement.id, row.id));
  await tx
    .update(agreementVersion)
    .set({ inForceAt: at })
    .where(and(eq(agreementVersion.agreement, row.id), eq(agreementVersion.number, number)));
  await tx
    .update(accessGrant)
    .set({ expiresAt: endsAt })
    .where(
      and(
        eq(accessGrant.agreement, row.id),
        gt(accessGrant.expiresAt, endsAt),
        isNull(accessGrant.revokedAt),
      ),
    );
  return { ...row, ...next };
}

/**
 * Signs the exact text of the latest version for the party whose representative the principal is. With the last signature the
 * version is in force. Two who sign at once are taken one after the other.
 */
export async function signAgreement(
  { door, clock }: AccessParts,
  principal: PrincipalFacts,
  id: string,
  signature: { version: number; sha256: string },
  idempotency?: Idempotency,
): Promise<Moved & { missing: string[] }> {
  const { result } = await door.perform(
    { principal, action: 'agreement.sign', resource: id, purpose: null, idempotency },
    async (tx) => {
      const row = await lockAgreement(tx, id);
      const at = clock.now().getTime();
      assertMay(row, 'sign', at);
      if (signature.version !== row.latest)
        throw conflict(`Version ${signature.version} is not up for signing; the latest is ${row.latest}.`);
      const version = await versionOf(tx, id, row.latest);
      if (version.inForceAt !== null)
        throw conflict(`Version ${row.latest} is in force: everybody has signed it.`);
      if (Date.parse(version.terms.endsAt) <= at)
        throw conflict('What it says ends before now: a steward must amend it first.');
      if (version.text.sha256 !== signature.sha256)
        throw invalidField(
          'sha256',
          `this is not the SHA-256 of the text of version ${row.latest}: read the text again`,
        );
      const { parties } = version.terms;
      const mine = parties.filter(({ representative }) => representative === principal.id);
      const signed = await tx
        .select()
        .from(agreementSignature)
        .where(and(eq(agreementSignature.agreement, id), eq(agreementSignature.version, row.latest)));
      const done = new Set(signed.map(({ organisation }) => organisation));
      const open = mine.filter(({ organisation }) => !done.has(organisation));
      if (open.length === 0) throw conflict('You have signed this version already.');
      for (const { organisation } of open) {
        await tx.insert(agreementSignature).values({
          ...{ agreement: id, version: row.latest, organisation, principal: principal.id },
          ...{ sha256: signature.sha256, signedAt: at },
        });
        done.add(organisation);
      }
      const missing = parties.map(({ organisation }) => organisation).filter((one) => !done.has(one));
      const now = missing.length === 0 ? await setInForce(tx, row, version, at) : row;
      return {
        result: {
          ...{ id, version: row.latest, state: stateOf(now, at), sha256: signature.sha256, missing },
        },
        details: {
          version: row.latest,
          text: signature.sha256,
          parties: open.map(({ organisation }) => organisation),
          inForce: missing.length === 0,
        },
      };
    },
  );
  return result;
}
