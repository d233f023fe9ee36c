import type { Rule } from './rule.ts';
import {
  delegationAction,
  delegationAlive,
  delegationGrants,
  delegationPurpose,
  delegationResource,
  tokenScope,
} from './rules/credentials.ts';
import {
  agentApproval,
  agentLimits,
  bornWithoutClearance,
  notOneself,
  sealed,
  signIn,
} from './rules/duties.ts';
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
} from './rules/labels.ts';
import { membersOnly, ownCredentials, publicToAll, roleInOrganisation } from './rules/permissions.ts';

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
  labelNotDominated,
  noWriteDown,
  noLooseConditions,
  ownerKept,
  purposeOfAction,
  purposeStated,
  exportAllowed,
  destinationCleared,
  membersOnly,
  notOneself,
  bornWithoutClearance,
  signIn,
  agentApproval,
  roleInOrganisation,
  publicToAll,
  ownCredentials,
];
