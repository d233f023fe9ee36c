import type { Rule } from './rule.ts';
import {
  agreementDemanded,
  agreementInForce,
  coveredByAgreement,
  embargo,
  environmentApproved,
  grantDemanded,
  granted,
} from './rules/access.ts';
import {
  delegationAction,
  delegationAlive,
  delegationGrants,
  delegationPurpose,
  delegationResource,
  tokenScope,
} from './rules/credentials.ts';
import { agentApproval, agentLimits, bornWithoutClearance, notOneself, sealed } from './rules/duties.ts';
import {
  declassification,
  destinationCleared,
  exportAllowed,
  labelNotDominated,
  noLooseConditions,
  noWriteDown,
  ownerKept,
  purposeOfAction,
  purposeStated,
  twoPeople,
} from './rules/labels.ts';
import { membersOnly, ownTokens, publicToAll, roleInOrganisation } from './rules/permissions.ts';

/** The mandatory rules, in the order in which a denial names them: who asks, what for, what about, then permissions. */
export const standardRules: readonly Rule[] = [
  tokenScope,
  delegationAlive,
  delegationAction,
  delegationPurpose,
  delegationResource,
  delegationGrants,
  agentLimits,
  sealed,
  declassification,
  twoPeople,
  labelNotDominated,
  noWriteDown,
  noLooseConditions,
  ownerKept,
  purposeOfAction,
  purposeStated,
  exportAllowed,
  embargo,
  agreementInForce,
  agreementDemanded,
  grantDemanded,
  destinationCleared,
  environmentApproved,
  membersOnly,
  notOneself,
  bornWithoutClearance,
  agentApproval,
  roleInOrganisation,
  publicToAll,
  ownTokens,
  granted,
  coveredByAgreement,
];
