import type { Obligation } from '@genesis/contracts';
import type { DecisionRequest } from './request.ts';

/**
 * What a rule says about one request. A `forbid` always wins. `silent` is "no objection, no permission"; it may
 * still say what would make this rule permit, which is told to the caller if nothing else permits.
 */
export type Finding =
  | { effect: 'permit'; reason: string }
  | { effect: 'forbid'; reason: string; needed: readonly string[] }
  | { effect: 'oblige'; reason: string; obligation: Obligation }
  | { effect: 'silent'; needed?: readonly string[] };

/** A rule is pure. One that throws makes the whole decision throw: an error never counts as permission. */
export type Rule = {
  /** Stable name, for example `label-not-dominated`; it becomes the rationale code. */
  readonly name: string;
  /** One sentence for the documentation. */
  readonly says: string;
  readonly judge: (request: DecisionRequest) => Finding;
};

export const silent: Finding = Object.freeze({ effect: 'silent' });

export const forbid = (reason: string, ...needed: readonly [string, ...string[]]): Finding => ({
  effect: 'forbid',
  reason,
  needed,
});
