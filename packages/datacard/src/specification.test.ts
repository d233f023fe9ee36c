import { expect, test } from 'vitest';
import { z } from 'zod';
import { blocks, type Check, type Condition, fields, rules, spdxIds } from './specification.ts';

const fieldSchema = z.strictObject({
  path: z.string().regex(/^[a-z0-9_{}A-Z[\].]+$/),
  requirement: z.enum([
    'required',
    'reference_only_do_not_include',
    ...blocks.flatMap((block) => [`${block}_required`, `${block}_if_applicable`]),
  ]),
  type: z.enum(['string', 'enum', 'list', 'date', 'number', 'boolean']),
  summary: z.string().min(5),
  vocabulary: z.array(z.string().min(1)).min(1).optional(),
  suggested: z.literal(true).optional(),
  condition: z.string().min(5).optional(),
});

const comparison = z.strictObject({
  path: z.string().min(1),
  op: z.string().min(1),
  value: z.union([z.string(), z.number(), z.array(z.string())]).optional(),
  key: z.string().optional(),
  other: z.string().optional(),
});

const conditionSchema: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    z.strictObject({ always: z.literal(true) }),
    z.strictObject({ all: z.array(conditionSchema).min(1) }),
    z.strictObject({ any: z.array(conditionSchema).min(1) }),
    z.strictObject({ not: conditionSchema }),
    z.strictObject({ judgement: z.string() }),
    comparison,
  ]),
) as z.ZodType<Condition>;

const checkSchema: z.ZodType<Check> = z.lazy(() =>
  z.union([
    z.strictObject({ all: z.array(checkSchema).min(1) }),
    z.strictObject({ any: z.array(checkSchema).min(1) }),
    z.strictObject({ judgement: z.string() }),
    z.strictObject({ fields_with_requirement: z.string(), op: z.literal('filled') }),
    z.strictObject({ fields_with_vocabulary_containing: z.array(z.string()), op: z.literal('is_string') }),
    z.strictObject({ fields_with_type: z.string(), op: z.literal('matches_if_filled'), value: z.string() }),
    z.strictObject({ every_key: z.string(), op: z.literal('matches_if_filled'), value: z.string() }),
    z.strictObject({ text_op: z.literal('no_match'), value: z.string() }),
    z.strictObject({ body_op: z.enum(['snapshot_rows_equal_flags', 'sections_for_declared_capabilities']) }),
    comparison,
  ]),
) as z.ZodType<Check>;

const ruleSchema = z.strictObject({
  id: z.string().regex(/^[A-Z]+-/),
  severity: z.enum(['error', 'warn', 'info', 'suggestion', 'conflict', 'principle']),
  when: conditionSchema,
  check: checkSchema.nullable(),
  says: z.string().min(5),
});

test('the fields are as their type says', () => {
  expect(z.array(fieldSchema).parse(fields)).toEqual(fields);
  expect(fields).toHaveLength(347);
  expect(new Set(fields.map(({ path }) => path)).size).toBe(347);
  for (const { path, requirement } of fields) {
    const block = blocks.find((name) => path.startsWith(`${name}.`));
    if (block !== undefined) expect(requirement).toMatch(new RegExp(`^${block}_`));
  }
  for (const { type, vocabulary, path } of fields)
    if (type === 'enum') expect(vocabulary, path).toBeDefined();
});

test('the rules are as their type says', () => {
  expect(z.array(ruleSchema).parse(rules)).toEqual(rules);
  expect(rules).toHaveLength(119);
  expect(new Set(rules.map(({ id }) => id)).size).toBe(119);
});

test('principles have no check, and all others have one', () => {
  const without = rules.filter(({ check }) => check === null);
  expect(without.map(({ severity }) => severity)).toEqual(without.map(() => 'principle'));
  expect(rules.filter(({ severity }) => severity === 'principle')).toEqual(without);
  expect(without).toHaveLength(12);
});

test('the list of licences has those that data carry', () => {
  for (const id of ['CC-BY-4.0', 'CC0-1.0', 'Apache-2.0', 'MIT', 'GPL-2.0']) expect(spdxIds).toContain(id);
  expect(spdxIds.size).toBeGreaterThan(700);
});
