import type { FieldProblem, GenesisFailure } from '@genesis/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { type Outgoing, problemDocument, toOutgoing } from '../../kernel/index.ts';

/**
 * The status that the facility API has for a failure. Its contract knows no 413, 415 and 507, and tells what a facility
 * does not do (501) from what it does not understand (422).
 */
function statusOf({ status, failure }: Outgoing, unknownParameter: boolean): number {
  if (unknownParameter) return 422;
  const byCode: Partial<Record<GenesisFailure['code'], number>> = {
    unsupported: status === 415 ? 400 : 501,
    'too-large': 422,
    'storage-full': 503,
    exhausted: 403,
  };
  return byCode[failure.code] ?? status;
}

/** Whether the query names a parameter that the operation does not have. */
const namesUnknown = (error: unknown): boolean =>
  hasZodFastifySchemaValidationErrors(error) &&
  'validationContext' in error &&
  error.validationContext === 'querystring' &&
  error.validation.some(({ keyword }) => keyword === 'unrecognized_keys');

/** `body.attributes.duration` as the contract names it: without the part of the request that it came in. */
const nameOf = (field: string): string => field.replace(/^(body|query|params|headers)\./, '');

const invalidParams = (problems: readonly FieldProblem[]) =>
  problems.flatMap(({ field, message }) => {
    const unknown = [...message.matchAll(/"([^"]*)"/g)].map(([, name = '']) => name);
    if (!message.startsWith('Unrecognized key')) return [{ name: nameOf(field), reason: message }];
    return unknown.map((name) => ({ name, reason: 'there is no such field here' }));
  });

/** Errors of the facility API: RFC 9457, with `invalid_params` where fields were wrong. */
export function answerProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const outgoing = toOutgoing(error, request);
  const { failure } = outgoing;
  const status = statusOf(outgoing, namesUnknown(error));
  if (status >= 500 && status !== 501 && status !== 503)
    request.log.error({ err: error }, 'A request failed');
  if ('retryAfterSeconds' in failure && failure.retryAfterSeconds !== undefined)
    reply.header('retry-after', failure.retryAfterSeconds);
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="genesis"');
  const { problems, ...document } = problemDocument({ status, failure }, request);
  return reply
    .status(status)
    .type('application/problem+json')
    .serializer((payload: unknown) => JSON.stringify(payload))
    .send({
      ...document,
      ...(Array.isArray(problems) ? { invalid_params: invalidParams(problems as FieldProblem[]) } : {}),
    });
}
