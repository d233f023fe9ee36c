export { readActionOf, readableKinds } from './actions.ts';
export { decide } from './decide.ts';
export { explain } from './explain.ts';
export {
  atLeastAsStrict,
  bottom,
  describeLabel,
  dominates,
  isPublic,
  join,
  joinConditions,
  meet,
  unrestricted,
} from './lattice.ts';
export {
  type DecisionRequest,
  type DelegationFacts,
  type GrantFacts,
  type HeldAgreement,
  type PartyFacts,
  type PrincipalFacts,
  platformOrganisation,
  type ResourceFacts,
  type RoleBinding,
  type SourceFacts,
} from './request.ts';
export type { Rule } from './rule.ts';
export { agreementsBehind, custodianOf } from './rules/access.ts';
export { agreementsKnown } from './rules/agreements.ts';
export { ownerOfDerived } from './rules/labels.ts';
export { admits, isVisible, type ReadPredicate, readScopeOf } from './scope.ts';
export { standardRules } from './standard-rules.ts';
