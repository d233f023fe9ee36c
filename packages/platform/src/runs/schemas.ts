import { GenesisError, invalidField } from '@genesis/contracts';
import { Ajv2020 } from 'ajv/dist/2020.js';

/** Schemas come from people: no references to elsewhere, and a bound on what compiling one may cost. */
const mostSchemaBytes = 100_000;

const compiler = (): Ajv2020 =>
  new Ajv2020({ strict: false, allErrors: true, validateFormats: false, ownProperties: true });

/** Refuses what is not a JSON Schema (2020-12). */
export function assertSchema(schema: Record<string, unknown>, field: string): void {
  if (JSON.stringify(schema).length > mostSchemaBytes)
    throw invalidField(field, `longer than ${mostSchemaBytes} bytes`);
  try {
    compiler().compile(schema);
  } catch (error) {
    throw invalidField(
      field,
      `not a JSON Schema: ${error instanceof Error ? error.message : 'cannot be compiled'}`,
      {
        cause: error,
      },
    );
  }
}

/** Checks a value against a schema and names every field that does not fit. */
export function assertFits(schema: Record<string, unknown>, value: unknown, field: string): void {
  const validate = compiler().compile(schema);
  if (validate(value) === true) return;
  const problems = (validate.errors ?? []).slice(0, 20).map((error) => ({
    field: `${field}${error.instancePath.replaceAll('/', '.')}`,
    message: error.message ?? 'does not fit',
  }));
  const message = problems.map((problem) => `${problem.field}: ${problem.message}`).join('; ');
  throw new GenesisError({ code: 'invalid-input', message, problems });
}
