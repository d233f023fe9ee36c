import type { RuleSeverity } from '../specification.ts';

/** From what makes a card invalid to what is only good to know. */
export const severities = [
  'error',
  'warn',
  'conflict',
  'info',
  'suggestion',
] as const satisfies readonly Exclude<RuleSeverity, 'principle'>[];
export type Severity = (typeof severities)[number];

/** One thing about a card that a rule does not like. */
export type Finding = {
  /** Id of the rule; those that begin with `FIELD-` are the types and vocabularies of the list of fields. */
  rule: string;
  severity: Severity;
  field: string;
  /** Where the card was read from a text, and the field or one around it is there. */
  line?: number;
  /** What the rule says. */
  message: string;
  /** What to write. */
  write: string;
  /** The reason is a blank, which means "not known yet", rather than something that was written. */
  missing: boolean;
};

/** A finding before it is known which rule asked. */
export type Problem = { field: string; write: string; missing: boolean };
