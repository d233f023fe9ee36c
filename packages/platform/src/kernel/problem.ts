import {
  type ErrorCode,
  errorStatus,
  type FieldProblem,
  GenesisError,
  type GenesisFailure,
} from '@genesis/contracts';
import { MalformedError } from '@genesis/evidence';
import type { FastifyError, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { asGenesisError, isUnstorableText } from './database-error.ts';

/** A failure on its way out, with the status that it gets. */
export type Outgoing = { status: number; failure: GenesisFailure };

const titles = {
  'invalid-input': 'The request is not valid',
  unauthenticated: 'Who are you?',
  denied: 'This is not allowed',
  'not-found': 'There is no such thing here',
  conflict: 'This does not fit the present state',
  'idempotency-mismatch': 'This idempotency key was used for another request',
  'too-large': 'This is too large',
  exhausted: 'Nothing is left to spend',
  sealed: 'This is sealed',
  'storage-full': 'There is no room left',
  unavailable: 'Not available just now',
  unsupported: 'This is not supported',
  internal: 'Something went wrong here',
} as const satisfies Record<ErrorCode, string>;

const outgoing = (failure: GenesisFailure, status: number = errorStatus[failure.code]): Outgoing => ({
  status,
  failure,
});

const invalid = (problems: FieldProblem[]): Outgoing =>
  outgoing({
    code: 'invalid-input',
    message: problems.map((problem) => `${problem.field}: ${problem.message}`).join('; '),
    problems,
  });

/** Where a wrong value was: `body.columns.0.unit`, or `query.limit`. */
const fieldOf = (context: string | undefined, path: string): string => {
  const part = context === 'querystring' ? 'query' : (context ?? 'request');
  return [part, ...path.split('/').filter((step) => step !== '')].join('.');
};

const fromFastify = (error: FastifyError, request: FastifyRequest): Outgoing | undefined => {
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE': {
      const limitBytes = request.routeOptions.bodyLimit ?? 0;
      return outgoing({
        code: 'too-large',
        message: `The body is larger than ${limitBytes} bytes.`,
        limitBytes,
      });
    }
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE': {
      const given = request.headers['content-type'] ?? 'none';
      return outgoing(
        { code: 'unsupported', message: `The content type "${given}" is not taken here.` },
        415,
      );
    }
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return invalid([{ field: 'body', message: 'expected JSON, but it is empty' }]);
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return invalid([{ field: 'body', message: 'is not JSON' }]);
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return invalid([{ field: 'body', message: 'has another length than Content-Length says' }]);
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return invalid([{ field: 'path', message: 'a part of it is too long' }]);
    case 'FST_ERR_BAD_URL':
      return invalid([{ field: 'path', message: 'is not a valid URL path' }]);
    default:
      // What the parser refuses has a 4xx status and no code of its own, for example `__proto__` in JSON.
      return error.statusCode === 400
        ? invalid([{ field: 'body', message: 'is not acceptable JSON' }])
        : undefined;
  }
};

/** What was wrong with a request that held a value which can be neither stored nor hashed, and got as far as that. */
const whyUnwritable = (error: unknown): string | undefined => {
  if (isUnstorableText(error)) return 'a text in it holds a NUL character or half a character';
  return error instanceof MalformedError && error.format === 'canonical-json' ? error.message : undefined;
};

/** What the caller learns of an error; of everything unforeseen only that it happened. */
export const toOutgoing = (error: unknown, request: FastifyRequest): Outgoing => {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const context = 'validationContext' in error ? String(error.validationContext) : undefined;
    return invalid(
      error.validation.map(({ instancePath, message }) => ({
        field: fieldOf(context, instancePath),
        message: message ?? 'is not valid',
      })),
    );
  }
  const unwritable = whyUnwritable(error);
  if (unwritable !== undefined) return invalid([{ field: 'request', message: unwritable }]);
  const known = asGenesisError(error);
  if (known instanceof GenesisError && known.failure.code !== 'internal') return outgoing(known.failure);
  const answer =
    error instanceof Error && !(error instanceof GenesisError) && fromFastify(error as FastifyError, request);
  if (answer) return answer;
  return outgoing({
    code: 'internal',
    message: `The server failed. Its log has the details under ${request.id}.`,
  });
};

/** RFC 9457 problem details: the standard members, then the fields of the failure. */
export const problemDocument = (
  { status, failure }: Outgoing,
  request: Pick<FastifyRequest, 'id' | 'url'>,
): Record<string, unknown> => {
  const { message, ...fields } = failure;
  return {
    type: `urn:genesis:problem:${failure.code}`,
    title: titles[failure.code],
    status,
    detail: message,
    instance: request.url.split('?')[0],
    requestId: request.id,
    ...fields,
    ...(failure.code === 'denied' ? { needed: failure.decision.needed } : {}),
  };
};
