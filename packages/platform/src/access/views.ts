import {
  type AgreementPurpose,
  type AgreementType,
  agreementPurposeSchema,
  agreementStates,
  agreementTypeSchema,
  cardAgreementOf,
  purposeSchema,
  requestStates,
} from '@genesis/contracts';
import { z } from 'zod';
import { type AgreementRow, stateOf, type VersionRow } from './agreements/agreement-state.ts';
import type { FoundAgreement } from './agreements/agreement-store.ts';
import type { DisclosureRow } from './agreements/disclosures.ts';
import { termsSchema } from './model.ts';
import type { FoundGrant, FoundRequest } from './requests/request-store.ts';

const iso = (at: number): string => new Date(at).toISOString();
const isoOrNull = (at: number | null): string | null => (at === null ? null : iso(at));

export const agreementView = z.strictObject({
  id: z.string(),
  title: z.string(),
  type: agreementTypeSchema,
  /** The agreement type of data cards that it satisfies. */
  satisfies: z.string(),
  organisation: z.string(),
  state: z.enum(agreementStates),
  inForce: z.int().nullable(),
  latest: z.int(),
  purposes: z.array(agreementPurposeSchema),
  datasets: z.array(z.string()),
  startsAt: z.string().nullable(),
  endsAt: z.string().nullable(),
  reason: z.string().nullable(),
  createdAt: z.string(),
});

export const viewAgreement = (row: AgreementRow, at: number): z.output<typeof agreementView> => ({
  ...{ id: row.id, title: row.title, type: row.type as AgreementType, organisation: row.organisation },
  satisfies: cardAgreementOf[row.type as AgreementType],
  state: stateOf(row, at),
  ...{ inForce: row.inForce, latest: row.latest, datasets: row.datasets, reason: row.reason },
  purposes: row.purposes as AgreementPurpose[],
  startsAt: isoOrNull(row.startsAt),
  endsAt: isoOrNull(row.endsAt),
  createdAt: iso(row.createdAt),
});

const signatureView = z.strictObject({
  version: z.int(),
  organisation: z.string(),
  principal: z.string(),
  sha256: z.string(),
  signedAt: z.string(),
});
const versionView = z.strictObject({
  number: z.int(),
  terms: termsSchema,
  sha256: z.string(),
  proposedBy: z.string(),
  proposedAt: z.string(),
  inForceAt: z.string().nullable(),
});
const viewVersion = (row: VersionRow): z.output<typeof versionView> => ({
  ...{ number: row.number, terms: row.terms, sha256: row.text.sha256, proposedBy: row.proposedBy },
  proposedAt: iso(row.proposedAt),
  inForceAt: isoOrNull(row.inForceAt),
});

export const agreementDetail = z.strictObject({
  agreement: agreementView,
  version: versionView,
  proposed: versionView.nullable(),
  signatures: z.array(signatureView),
});

export const viewDetail = (
  { row, current, proposed, signatures }: FoundAgreement,
  at: number,
): z.output<typeof agreementDetail> => ({
  agreement: viewAgreement(row, at),
  version: viewVersion(current),
  proposed: proposed === null ? null : viewVersion(proposed),
  signatures: signatures.map(({ version, organisation, principal, sha256, signedAt }) => ({
    ...{ version, organisation, principal, sha256, signedAt: iso(signedAt) },
  })),
});

export const requestView = z.strictObject({
  id: z.string(),
  dataset: z.string(),
  organisation: z.string(),
  requestedBy: z.string(),
  purposes: z.array(purposeSchema),
  holders: z.array(z.string()),
  days: z.int(),
  reason: z.string(),
  agreement: z.string().nullable(),
  answers: z.array(
    z.strictObject({ id: z.string(), question: z.string(), answer: z.union([z.string(), z.boolean()]) }),
  ),
  acceptedTerms: z.string().nullable(),
  secondParty: z.string().nullable(),
  state: z.enum(requestStates.states),
  requestedAt: z.string(),
  lapsesAt: z.string(),
  decisions: z.array(
    z.strictObject({
      principal: z.string(),
      organisation: z.string(),
      approves: z.boolean(),
      reason: z.string(),
      decidedAt: z.string(),
    }),
  ),
});

export const viewRequest = ({ row, state, decisions }: FoundRequest): z.output<typeof requestView> => {
  const { requestedAt, lapsesAt, endedAt: _ended, ...rest } = row;
  return {
    ...rest,
    state,
    requestedAt: iso(requestedAt),
    lapsesAt: iso(lapsesAt),
    decisions: decisions.map(({ principal, organisation, approves, reason, decidedAt }) => ({
      ...{ principal, organisation, approves, reason, decidedAt: iso(decidedAt) },
    })),
  };
};

export const grantView = z.strictObject({
  id: z.string(),
  request: z.string(),
  dataset: z.string(),
  organisation: z.string(),
  purposes: z.array(purposeSchema),
  agreement: z.string().nullable(),
  holders: z.array(z.string()),
  grantedAt: z.string(),
  expiresAt: z.string(),
  revokedAt: z.string().nullable(),
  reason: z.string().nullable(),
  ended: z.enum(['expired', 'revoked', 'agreement-ended']).nullable(),
});

export const viewGrant = ({ row, holders, ended }: FoundGrant): z.output<typeof grantView> => ({
  ...row,
  ...{ holders, ended: ended ?? null },
  grantedAt: iso(row.grantedAt),
  expiresAt: iso(row.expiresAt),
  revokedAt: isoOrNull(row.revokedAt),
});

export const disclosureView = z.strictObject({
  id: z.string(),
  agreement: z.string(),
  hypothesis: z.string(),
  campaign: z.string(),
  owner: z.string().nullable(),
  openedAt: z.string(),
  dueAt: z.string(),
  closedAt: z.string().nullable(),
  closedBy: z.string().nullable(),
  note: z.string().nullable(),
});

export const viewDisclosure = (row: DisclosureRow): z.output<typeof disclosureView> => ({
  ...row,
  openedAt: iso(row.openedAt),
  dueAt: iso(row.dueAt),
  closedAt: isoOrNull(row.closedAt),
});
