import type { Decision } from '@genesis/contracts';
import type { DecisionRequest } from './request.ts';
import type { Rule } from './rule.ts';
import { standardRules } from './standard-rules.ts';

/**
 * Decides one request: pure, without memory of earlier ones. A forbid always wins; without a permit the answer is
 * deny; an obligation makes an allowed request conditional. Every rule that spoke is listed in the order of the
 * rules. `rationaleCode` is the first forbid, else `default-deny`, else the first obligation, else the first permit.
 * The text names the label and the owner of the resource: show it only to those who may know of it (`isVisible`).
 */
export function decide(request: DecisionRequest, rules: readonly Rule[] = standardRules): Decision {
  const decision: Decision = {
    effect: 'deny',
    rationaleCode: 'default-deny',
    rules: [],
    obligations: [],
    needed: [],
  };
  let forbidden: string | undefined;
  let permitted: string | undefined;
  let obliged: string | undefined;
  const toPermit: string[] = [];
  for (const { name, judge } of rules) {
    const finding = judge(request);
    if (finding.effect === 'silent') {
      if (finding.needed !== undefined) toPermit.push(...finding.needed);
      continue;
    }
    decision.rules.push({ rule: name, effect: finding.effect, reason: finding.reason });
    if (finding.effect === 'forbid') {
      forbidden ??= name;
      decision.needed.push(...finding.needed);
    } else if (finding.effect === 'permit') {
      permitted ??= name;
    } else {
      obliged ??= name;
      if (!decision.obligations.includes(finding.obligation)) decision.obligations.push(finding.obligation);
    }
  }
  if (permitted === undefined) decision.needed.push(...toPermit);
  if (forbidden !== undefined) decision.rationaleCode = forbidden;
  if (forbidden !== undefined || permitted === undefined) {
    decision.obligations = [];
    return decision;
  }
  decision.effect = obliged === undefined ? 'allow' : 'conditional';
  decision.rationaleCode = obliged ?? permitted;
  return decision;
}
