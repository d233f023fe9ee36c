export {
  type Action,
  actionSchema,
  actions,
  type Decision,
  decisionSchema,
  type Obligation,
  obligations,
  type PrincipalKind,
  principalKindSchema,
  type Role,
  roleSchema,
  roles,
} from './decision.ts';
export {
  type ErrorCode,
  errorStatus,
  type FieldProblem,
  GenesisError,
  type GenesisFailure,
  invalidField,
} from './errors.ts';
export { type IdKind, idPrefixes, idSchema } from './ids.ts';
export {
  type Conditions,
  categorySchema,
  conditionsSchema,
  type Label,
  type Level,
  labelSchema,
  levelSchema,
  levels,
  type Purpose,
  purposeSchema,
  purposes,
} from './label.ts';
export {
  type EvidenceDetails,
  evidenceActions,
  evidenceDetailsSchema,
  instantSchema,
  type LedgerEntryBody,
  ledgerEntryBodySchema,
  opaqueIdSchema,
  sha256Schema,
} from './ledger-entry.ts';
