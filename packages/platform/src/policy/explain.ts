import type { Action, Decision } from '@genesis/contracts';
import { decide } from './decide.ts';
import type { DecisionRequest } from './request.ts';
import { isVisible } from './scope.ts';

const headline: Record<Decision['effect'], string> = {
  allow: 'Allowed',
  conditional: 'Allowed on a condition',
  deny: 'Denied',
};

const render = (action: Action, id: string, decision: Decision): string =>
  [
    `${headline[decision.effect]}: ${action} on ${id} (${decision.rationaleCode}).`,
    ...decision.rules.map(({ rule, effect, reason }) => `  ${effect} by ${rule}: ${reason}`),
    ...decision.obligations.map((obligation) => `  condition: ${obligation.replace('_', ' ')}`),
    ...decision.needed.map((needed) => `  needed: ${needed}`),
  ].join('\n');

/**
 * A decision in plain words, before anyone acts. `request` is undefined when there is no such resource. For a
 * resource that the principal may not know of, the text is the same as for one that does not exist: it depends on
 * `action` and `id` only.
 */
export function explain(action: Action, id: string, request: DecisionRequest | undefined): string {
  if (request === undefined || !isVisible(request.principal, request.resource, request.at)) {
    return [
      `Denied: ${action} on ${id}.`,
      '  There is no such thing, or nothing that you may know of.',
      '  needed: if you know that it exists, ask a steward of the organisation that owns it for a role there and',
      '  one of your own organisation for the clearance; check that your token and delegation cover the action.',
    ].join('\n');
  }
  return render(action, id, decide(request));
}
