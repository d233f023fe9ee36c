import {
  agreementPurposeSchema,
  agreementPurposes,
  agreementTypeSchema,
  idSchema,
  purposeSchema,
} from '@genesis/contracts';
import { z } from 'zod';

/** Text that people read in a terminal: line breaks and tabs, no other control characters. */
const proseSchema = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(/^[^\p{Cc}\p{Cf}]*(?:[\n\t\r][^\p{Cc}\p{Cf}]*)*$/u, 'control characters are not allowed');
const lineSchema = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(/^[^\p{Cc}\p{Cf}]+$/u, 'one line, without control characters');

export const reasonSchema = z.strictObject({ reason: proseSchema(2000) });

const unique = <T extends z.ZodType<string>>(item: T, most: number) =>
  z
    .array(item)
    .max(most)
    .overwrite((values) => [...new Set(values)].sort());

const organisationId = idSchema('organisation');
const principalId = idSchema('principal');

const partySchema = z.strictObject({
  organisation: organisationId,
  /** The person who signs for it, one of its own. */
  representative: principalId,
  /** Covers all its people, without naming them. */
  everybody: z.boolean().default(false),
});

/** What the parties agreed, as far as the platform acts on it or shows it. */
export const termsSchema = z
  .strictObject({
    parties: z.array(partySchema).min(2).max(20),
    /** People who are covered, by name. */
    people: unique(principalId, 1000).default([]),
    datasets: unique(idSchema('dataset'), 500).default([]),
    purposes: z
      .array(agreementPurposeSchema)
      .min(1, `expected some of ${agreementPurposes.join(', ')}`)
      .max(agreementPurposes.length)
      .overwrite((values) => [...new Set(values)].sort()),
    derived: z.strictObject({
      /** The party that owns what is derived. */
      owner: organisationId,
      /** Parties that may publish it. */
      mayPublish: unique(organisationId, 20).default([]),
    }),
    intellectualProperty: proseSchema(20_000),
    /** What was agreed on inventions that are made with agents or by them. */
    inventions: z
      .strictObject({
        disclosure: z.boolean(),
        withinDays: z.int().min(1).max(3650).nullable().default(null),
        owner: organisationId.nullable().default(null),
      })
      .default({ disclosure: false, withinDays: null, owner: null }),
    /** Access under it has to be approved by another party besides the owner of the data. */
    secondParty: z.boolean().default(false),
    startsAt: z.iso.datetime(),
    endsAt: z.iso.datetime(),
  })
  .superRefine(({ parties, derived, inventions, startsAt, endsAt }, context) => {
    const problem = (path: (string | number)[], message: string): void =>
      context.addIssue({ code: 'custom', path, message });
    const among = new Set(parties.map(({ organisation }) => organisation));
    if (among.size < parties.length) problem(['parties'], 'each organisation is a party once');
    if (!among.has(derived.owner)) problem(['derived', 'owner'], 'expected one of the parties');
    for (const [i, one] of derived.mayPublish.entries())
      if (!among.has(one)) problem(['derived', 'mayPublish', i], 'expected one of the parties');
    if (inventions.owner !== null && !among.has(inventions.owner))
      problem(['inventions', 'owner'], 'expected one of the parties, or null');
    if (inventions.disclosure && inventions.withinDays === null)
      problem(
        ['inventions', 'withinDays'],
        'a disclosure that is demanded needs the days within which it is due',
      );
    if (Date.parse(endsAt) <= Date.parse(startsAt)) problem(['endsAt'], 'expected a time after startsAt');
  });
export type Terms = z.infer<typeof termsSchema>;

const mostText = 500_000;
const textFields = {
  /** The whole text, in Markdown. */
  text: z.string().min(1).max(mostText).optional(),
  /** Or the name of a template, and what its blanks are filled with. */
  template: z.string().min(1).max(100).optional(),
  fill: z
    .record(z.string().regex(/^[a-z][a-z0-9-]{0,49}$/, 'expected the name of a blank'), proseSchema(10_000))
    .default({}),
};

const oneText = ({ text, template }: { text?: string | undefined; template?: string | undefined }): boolean =>
  (text === undefined) !== (template === undefined);
const oneTextProblem = { path: ['text'], message: 'give either the text or the name of a template' };

export const newAgreementSchema = z
  .strictObject({ title: lineSchema(200), type: agreementTypeSchema, terms: termsSchema, ...textFields })
  .refine(oneText, oneTextProblem);
export type NewAgreement = z.infer<typeof newAgreementSchema>;

export const amendmentSchema = z
  .strictObject({ terms: termsSchema, ...textFields })
  .refine(oneText, oneTextProblem);
export type Amendment = z.infer<typeof amendmentSchema>;

export const signatureSchema = z.strictObject({
  version: z.int().min(1),
  /** SHA-256 of the exact text that the signer read. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hexadecimal digits'),
});

const questionSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z][a-z0-9-]{0,49}$/, 'expected lower-case words joined by hyphens'),
    text: lineSchema(500),
    type: z.enum(['text', 'choice', 'yes-no']),
    choices: z.array(lineSchema(200)).min(2).max(50).optional(),
    required: z.boolean().default(true),
  })
  .refine(({ type, choices }) => (type === 'choice') === (choices !== undefined), {
    path: ['choices'],
    message: 'a choice has choices, and nothing else has',
  });
export type Question = z.infer<typeof questionSchema>;

export const formSchema = z.strictObject({
  /** Left out: for every dataset of the organisation that has no form of its own. */
  dataset: idSchema('dataset').optional(),
  questions: z
    .array(questionSchema)
    .max(50)
    .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'each id is used once'),
  /** Terms that whoever asks has to accept. */
  terms: proseSchema(20_000).nullable().default(null),
  /** An organisation, of which somebody has to approve besides; one's own demands a second steward. */
  secondParty: organisationId.nullable().default(null),
});
export type NewForm = z.infer<typeof formSchema>;

export const newRequestSchema = z
  .strictObject({
    dataset: idSchema('dataset'),
    purposes: z
      .array(purposeSchema)
      .min(1)
      .overwrite((values) => [...new Set(values)].sort()),
    /** For whom: people, a project or an organisation; left out, for oneself. */
    people: unique(principalId, 100).optional(),
    project: idSchema('project').optional(),
    organisation: organisationId.optional(),
    days: z.int().min(1).max(3650),
    reason: proseSchema(5000),
    agreement: idSchema('agreement').optional(),
    answers: z.record(z.string().max(50), z.union([z.string().max(5000), z.boolean()])).default({}),
    acceptTerms: z.boolean().default(false),
  })
  .refine(
    ({ people, project, organisation }) =>
      [people, project, organisation].filter((one) => one !== undefined).length <= 1,
    { path: ['people'], message: 'ask for people, a project or an organisation, one of them' },
  );
export type NewRequest = z.infer<typeof newRequestSchema>;

export const decisionBodySchema = z.strictObject({
  approve: z.boolean(),
  reason: proseSchema(2000),
  /** The agreement that the grant rests on; the one that was asked for, when left out. */
  agreement: idSchema('agreement').optional(),
  /** Fewer days than were asked for. */
  days: z.int().min(1).max(3650).optional(),
});
export type DecisionBody = z.infer<typeof decisionBodySchema>;

export const renewalSchema = z.strictObject({
  days: z.int().min(1).max(3650),
  reason: proseSchema(2000),
});
export const closeSchema = z.strictObject({ note: proseSchema(5000) });
