import { Readable } from 'node:stream';
import { GenesisError, invalidField } from '@genesis/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { App } from '../../kernel/index.ts';
import {
  type Caller,
  deleteArtifacts,
  findOwner,
  listArtifacts,
  openArtifact,
  proxyPlace,
  putArtifact,
  type TrackingParts,
} from '../../tracking/index.ts';
import { answerError } from './errors.ts';
import type { CallerOf } from './operation.ts';

const missing = (): GenesisError =>
  new GenesisError({
    code: 'not-found',
    message:
      'There are no artifacts under this path that you may see: paths are EXPERIMENT/RUN/artifacts/... here.',
  });

async function placeOf(parts: TrackingParts, caller: Caller, text: string) {
  const place = proxyPlace(text);
  if (place === undefined) throw missing();
  return { owner: await findOwner(parts, caller, place.owner, place.experiment), path: place.path };
}

const fileOf = (path: string | undefined): string => {
  if (path === undefined) throw invalidField('path', 'expected the path of a file');
  return path;
};

/** What lies after the prefix of the route, as the router decoded it. */
const rest = (request: FastifyRequest): string => (request.params as { '*': string })['*'];

/** Whatever a client says of the type of a file: its bytes pass as they are. */
function takeAnything(app: App): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
}

const hidden = { hide: true, params: z.any(), querystring: z.any() };

/** Clients that would send a file in parts to an object store send it whole when they read this. */
const noParts = () => {
  throw new GenesisError({
    code: 'unsupported',
    message: 'Multipart upload is not supported for the current artifact repository',
  });
};

/** The proxy of artifacts: `/api/2.0/mlflow-artifacts/artifacts/EXPERIMENT/RUN/artifacts/PATH`. */
export function artifactRoutes(app: App, parts: TrackingParts, callerOf: CallerOf): void {
  app.register((scope, _options, done) => {
    const inner = scope as unknown as App;
    takeAnything(inner);
    inner.setErrorHandler(answerError);
    for (const base of ['/api/2.0/mlflow-artifacts', '/api/3.0/mlflow-artifacts']) {
      inner.put(
        `${base}/artifacts/*`,
        { schema: { ...hidden, body: z.any() }, bodyLimit: Number.MAX_SAFE_INTEGER },
        async (request: FastifyRequest, reply: FastifyReply) => {
          const { body } = request;
          const caller = callerOf(request);
          const { owner, path } = await placeOf(parts, caller, rest(request));
          const content = body instanceof Readable ? body : Readable.from([]);
          await putArtifact(parts, caller, owner, { path: fileOf(path), content });
          return await reply.send({});
        },
      );
      inner.get(`${base}/artifacts/*`, { schema: hidden }, async (request, reply) => {
        const caller = callerOf(request);
        const { owner, path } = await placeOf(parts, caller, rest(request));
        const { bytes, content } = await openArtifact(parts, caller, owner, fileOf(path));
        // A file of strangers: a browser saves it and shows nothing of it.
        return await reply
          .type('application/octet-stream')
          .header('content-length', bytes)
          .header('content-disposition', 'attachment')
          .send(Readable.from(content));
      });
      inner.delete(
        `${base}/artifacts/*`,
        { schema: { ...hidden, body: z.any() } },
        async (request, reply) => {
          const caller = callerOf(request);
          const { owner, path } = await placeOf(parts, caller, rest(request));
          await deleteArtifacts(parts, caller, owner, path);
          return await reply.send({});
        },
      );
      inner.get(`${base}/artifacts`, { schema: hidden }, async (request, reply) => {
        const { path: asked } = request.query as { path?: unknown };
        if (typeof asked !== 'string') throw invalidField('path', 'Missing value for required parameter');
        const caller = callerOf(request);
        const { owner, path } = await placeOf(parts, caller, asked);
        const found = await listArtifacts(parts, caller, owner, path);
        const files = found.map((one) => ({
          path: one.path.slice(one.path.lastIndexOf('/') + 1),
          is_dir: one.isFolder,
          ...(one.bytes === null ? {} : { file_size: one.bytes }),
        }));
        return await reply.send({ files });
      });
      inner.post(`${base}/mpu/*`, { schema: { ...hidden, body: z.any() } }, noParts);
      inner.get(`${base}/presigned/*`, { schema: hidden }, noParts);
    }
    done();
  });
}
