import type { GenesisFailure } from '@genesis/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { toOutgoing } from '../../kernel/index.ts';

/** MLflow's code and status for each failure. Its clients repeat 503, and nothing else of these. */
const codes = {
  'invalid-input': ['INVALID_PARAMETER_VALUE', 400],
  unauthenticated: ['UNAUTHENTICATED', 401],
  denied: ['PERMISSION_DENIED', 403],
  sealed: ['PERMISSION_DENIED', 403],
  'not-found': ['RESOURCE_DOES_NOT_EXIST', 404],
  conflict: ['RESOURCE_ALREADY_EXISTS', 400],
  'idempotency-mismatch': ['INVALID_PARAMETER_VALUE', 400],
  'too-large': ['INVALID_PARAMETER_VALUE', 413],
  exhausted: ['PERMISSION_DENIED', 403],
  'storage-full': ['TEMPORARILY_UNAVAILABLE', 503],
  unavailable: ['TEMPORARILY_UNAVAILABLE', 503],
  unsupported: ['NOT_IMPLEMENTED', 501],
  internal: ['INTERNAL_ERROR', 500],
} as const satisfies Record<GenesisFailure['code'], readonly [string, number]>;

/** Errors in MLflow's own form: `error_code` and `message`. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { failure } = toOutgoing(error, request);
  const [code, status] = codes[failure.code];
  if (status === 500) request.log.error({ err: error }, 'A request failed');
  if ('retryAfterSeconds' in failure && failure.retryAfterSeconds !== undefined)
    reply.header('retry-after', failure.retryAfterSeconds);
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="genesis"');
  return reply.status(status).send({ error_code: code, message: failure.message });
}

/** Paths of MLflow that are not here. */
export const noEndpoint = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  reply.status(404).send({
    error_code: 'ENDPOINT_NOT_FOUND',
    message: `There is no ${request.method} ${request.url.split('?')[0]} here.`,
  });
