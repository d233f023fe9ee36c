import { GenesisError } from '@genesis/contracts';
import type { z } from 'zod';

/** A specification that does not fit its schema, with every field that is wrong. */
export function invalidSpec(error: z.ZodError): GenesisError {
  const problems = error.issues.map((issue) => ({
    field: issue.path.join('.') || 'job',
    message: issue.message,
  }));
  const message = problems.map(({ field, message: text }) => `${field}: ${text}`).join('; ');
  return new GenesisError({ code: 'invalid-input', message, problems }, { cause: error });
}
