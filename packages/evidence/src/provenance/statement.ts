import { z } from 'zod';
import { canonicalBytes } from '../canonical.ts';
import { MalformedError } from '../malformed.ts';

const digest = z.strictObject({
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits'),
});
const text = z.string().max(2000);

/** A thing by its digest, in the words of in-toto. */
const descriptorSchema = z.strictObject({
  name: text.optional(),
  uri: text.optional(),
  digest,
  annotations: z.record(text, z.json()).optional(),
});
export type ResourceDescriptor = z.infer<typeof descriptorSchema>;

/** How a training run is told in SLSA's words: docs/models.md says what each parameter is. */
export const modelBuildType = 'urn:genesis:build:training-run:1';

/** An in-toto Statement v1 with a SLSA Provenance v1 predicate. */
const statementSchema = z.strictObject({
  _type: z.literal('https://in-toto.io/Statement/v1'),
  subject: z.array(descriptorSchema).min(1).max(1000),
  predicateType: z.literal('https://slsa.dev/provenance/v1'),
  predicate: z.strictObject({
    buildDefinition: z.strictObject({
      buildType: text,
      externalParameters: z.record(text, z.json()),
      internalParameters: z.record(text, z.json()).optional(),
      resolvedDependencies: z.array(descriptorSchema).max(10_000),
    }),
    runDetails: z.strictObject({
      builder: z.strictObject({ id: text, version: z.record(text, text).optional() }),
      metadata: z.strictObject({
        invocationId: text,
        startedOn: text.optional(),
        finishedOn: text.optional(),
      }),
      byproducts: z.array(descriptorSchema).max(1000).optional(),
    }),
  }),
});
export type ProvenanceStatement = z.infer<typeof statementSchema>;

/** The exact bytes that are signed: canonical JSON. */
export const statementBytes = (statement: ProvenanceStatement): Uint8Array =>
  canonicalBytes(statement as never);

/** @throws MalformedError for what is no such statement */
export function parseStatement(payload: Uint8Array): ProvenanceStatement {
  let given: unknown;
  try {
    given = JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch (error) {
    throw new MalformedError('statement', 'it is no JSON', { cause: error });
  }
  const parsed = statementSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  throw new MalformedError(
    'statement',
    `${first?.path.join('.') ?? ''}: ${first?.message ?? 'does not fit'}`,
  );
}
