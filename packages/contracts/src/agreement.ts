import { z } from 'zod';
import { type Purpose, purposes } from './label.ts';

/** What sort of organisation somebody works for. */
export const organisationKinds = ['laboratory', 'university', 'agency', 'firm', 'other'] as const;
export const organisationKindSchema = z.enum(organisationKinds);
export type OrganisationKind = z.infer<typeof organisationKindSchema>;

export const agreementTypes = [
  'crada',
  'user-facility',
  'data-use',
  'nda',
  'mou',
  'licence',
  'work-for-others',
] as const;
export const agreementTypeSchema = z.enum(agreementTypes);
export type AgreementType = z.infer<typeof agreementTypeSchema>;

/** The agreement types that a Genesis Data Card can demand, and which agreement satisfies which. */
export const cardAgreementOf = {
  crada: 'CRADA',
  'user-facility': 'OTHER',
  'data-use': 'DUA',
  nda: 'NDA',
  mou: 'MOU',
  licence: 'LICENSE',
  'work-for-others': 'WFO',
} as const satisfies Record<AgreementType, string>;

/** What an agreement can allow: the purposes of data, and handing it on, which no decision of the platform does by itself. */
export const agreementPurposes = [...purposes, 'redistribute'] as const;
export const agreementPurposeSchema = z.enum(agreementPurposes);
export type AgreementPurpose = z.infer<typeof agreementPurposeSchema>;

/** What one purpose brings along: who may train on data has to look into it, who may hand it on may publish it. */
const alsoAllows: Partial<Record<AgreementPurpose, readonly Purpose[]>> = {
  train: ['explore'],
  redistribute: ['publish'],
};

/** The purposes that decisions ask for, with what they bring along; sorted, without repetitions. */
export function impliedPurposes(given: readonly AgreementPurpose[]): Purpose[] {
  const all = new Set(given.flatMap((purpose) => [purpose, ...(alsoAllows[purpose] ?? [])]));
  return purposes.filter((purpose) => all.has(purpose)).sort();
}
