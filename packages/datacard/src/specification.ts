import fieldData from './specification/fields.json' with { type: 'json' };
import ruleData from './specification/rules.json' with { type: 'json' };
import spdxData from './specification/spdx.json' with { type: 'json' };

/* Genesis Data Card v1.2 as data. A test checks the shape of all three files, so the types below can be relied on. */

export const blocks = [
  'discoverability',
  'accessibility',
  'interoperability',
  'reusability',
  'governed_use',
  'ai_usability',
] as const;
export type Block = (typeof blocks)[number];

/** A leaf field. Lists have `[]` in their path; `{FIELD_NAME}` stands for any key. */
export type Field = {
  path: string;
  /** `required` (the six flags), `<block>_required`, `<block>_if_applicable`, `reference_only_do_not_include`. */
  requirement: string;
  type: 'string' | 'enum' | 'list' | 'date' | 'number' | 'boolean';
  summary: string;
  vocabulary?: readonly string[];
  /** The vocabulary is a suggestion: other words are fine. */
  suggested?: true;
  /** When the field is asked for, in words. Without one it is asked for always. */
  condition?: string;
};

export type Comparison = {
  path: string;
  op: string;
  value?: string | number | readonly string[];
  key?: string;
  other?: string;
};

export type Condition =
  | { always: true }
  | { all: readonly Condition[] }
  | { any: readonly Condition[] }
  | { not: Condition }
  | { judgement: string }
  | Comparison;

export type Check =
  | { all: readonly Check[] }
  | { any: readonly Check[] }
  | { judgement: string }
  | { fields_with_requirement: string; op: 'filled' }
  | { fields_with_vocabulary_containing: readonly string[]; op: 'is_string' }
  | { fields_with_type: string; op: 'matches_if_filled'; value: string }
  | { every_key: string; op: 'matches_if_filled'; value: string }
  | { text_op: 'no_match'; value: string }
  | { body_op: 'snapshot_rows_equal_flags' | 'sections_for_declared_capabilities' }
  | Comparison;

export type RuleSeverity = 'error' | 'warn' | 'info' | 'suggestion' | 'conflict' | 'principle';

/** A rule. A principle has no check: it says how cards are read. */
export type Rule = {
  id: string;
  severity: RuleSeverity;
  when: Condition;
  check: Check | null;
  says: string;
};

export const fields = fieldData as readonly unknown[] as readonly Field[];
export const rules = ruleData as readonly unknown[] as readonly Rule[];

/** Identifiers of the SPDX licence list, deprecated ones included. */
export const spdxIds: ReadonlySet<string> = new Set(spdxData);

/** The one place where flag and block are spelled together. */
export const flagOf = (block: Block): string => `supports_${block}`;
