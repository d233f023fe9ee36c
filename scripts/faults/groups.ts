import { accessFaults } from './access.ts';
import { budgetFaults } from './budget.ts';
import { domainFaults } from './domains.ts';
import { doorFaults } from './door.ts';
import type { Fault } from './fault.ts';
import { governedFaults } from './governed.ts';
import { policyFaults } from './policy.ts';

/** All faults, in the lists that `--group` names. */
export const groups: Readonly<Record<string, readonly Fault[]>> = {
  policy: policyFaults,
  door: doorFaults,
  domain: domainFaults,
  budget: budgetFaults,
  access: accessFaults,
  governed: governedFaults,
};
