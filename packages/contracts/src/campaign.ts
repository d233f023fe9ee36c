import { z } from 'zod';
import { computeChoiceSchema } from './compute.ts';
import { idSchema } from './ids.ts';
import { conditionsSchema, labelSchema } from './label.ts';
import { goalSchema, spaceSchema } from './space.ts';

const text = (longest: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(longest)
    .regex(/^[^\p{Cc}\u202A-\u202E\u2066-\u2069]*$/u, 'control characters are not allowed');

/** How an arm chooses its next experiments. `random` is the control. */
export const strategies = [
  'adaptive',
  'log-expected-improvement',
  'upper-confidence-bound',
  'thompson-sampling',
  'random',
] as const;
const strategySchema = z.enum(strategies);
export type Strategy = z.infer<typeof strategySchema>;

export const armSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'expected lower-case letters, digits and "-"'),
  strategy: strategySchema,
});
export type Arm = z.infer<typeof armSchema>;

/** Where measurements come from. */
const sourceSchema = z.discriminatedUnion('kind', [
  /** A capability that measures one design: a virtual instrument, a simulator, a person's own program. */
  z.strictObject({ kind: z.literal('capability'), capability: z.string().min(1).max(200) }),
  /** The explore part of an imported table, replayed. */
  z.strictObject({
    kind: z.literal('table'),
    version: idSchema('version'),
    split: idSchema('split'),
    inputs: z.array(z.string().min(1).max(200)).min(1).max(200),
  }),
  /** People: `suggest` proposes, `record` takes the results. */
  z.strictObject({ kind: z.literal('people') }),
]);
export type CampaignSource = z.infer<typeof sourceSchema>;

const most = { budget: 10_000, repeats: 100 };

export const campaignPlanSchema = z
  .strictObject({
    title: text(200),
    /** Number of the national challenge that it serves. */
    challenge: z.int().min(1).max(1000).nullable().default(null),
    source: sourceSchema,
    objective: z.strictObject({ name: text(200), unit: text(50).nullable().default(null), goal: goalSchema }),
    /** Where experiments run; without it, trusted instruments run in the platform itself and commands where it is best. */
    compute: computeChoiceSchema.exactOptional(),
    /** Required for capabilities and people; for a table it follows from the explored designs. */
    space: spaceSchema.exactOptional(),
    /** Experiments of each arm in each repeat, the starts included. */
    budget: z.int().min(2).max(most.budget),
    /** Random designs that all arms of a repeat share. */
    starts: z.int().min(1).max(1000).default(2),
    /** Experiments that an arm proposes before it learns from any of them. */
    batch: z.int().min(1).max(100).default(1),
    /** Independent repetitions with seeds of their own. */
    repeats: z.int().min(1).max(most.repeats).default(1),
    arms: z
      .array(armSchema)
      .min(2)
      .max(8)
      .default([
        { name: 'clever', strategy: 'log-expected-improvement' },
        { name: 'random', strategy: 'random' },
      ]),
    /** Everything random in the campaign follows from it. */
    seed: z.string().min(1).max(200),
    label: labelSchema.default({ level: 'public', categories: [] }),
    conditions: conditionsSchema.prefault({}),
  })
  .superRefine((plan, context) => {
    const issue = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    if (plan.arms.filter((arm) => arm.strategy === 'random').length !== 1) {
      issue(['arms'], 'exactly one arm is the control, with the strategy "random"');
    }
    if (new Set(plan.arms.map((arm) => arm.name)).size !== plan.arms.length)
      issue(['arms'], 'two arms share a name');
    if (plan.starts > plan.budget) issue(['starts'], `at most the budget of ${plan.budget}`);
    if (plan.source.kind !== 'table' && plan.space === undefined)
      issue(['space'], 'required for this source');
    if (plan.compute !== undefined && plan.source.kind !== 'capability')
      issue(['compute'], 'only the experiments of a capability run somewhere: leave it out');
    if (plan.source.kind === 'table') {
      if (plan.space !== undefined)
        issue(['space'], 'for a table it follows from the measured designs: leave it out');
      if (plan.source.inputs.includes(plan.objective.name))
        issue(['objective', 'name'], 'it is one of the inputs');
      if (new Set(plan.source.inputs).size < plan.source.inputs.length) {
        issue(['source', 'inputs'], 'a column is named twice');
      }
    }
  });
export type CampaignPlan = z.infer<typeof campaignPlanSchema>;
export type CampaignPlanInput = z.input<typeof campaignPlanSchema>;
