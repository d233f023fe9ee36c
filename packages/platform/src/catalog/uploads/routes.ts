import { Readable } from 'node:stream';
import { idSchema, invalidField } from '@genesis/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { principalOf } from '../../identity/index.ts';
import { type App, problemDocument } from '../../kernel/index.ts';
import { assertVersion, bytesOf, checksumOf, metadataOf, TusRefusal, tus } from './headers.ts';
import type { Uploads } from './uploads.ts';

const path = '/v1/imports/:id/upload';
const params = z.strictObject({ id: idSchema('upload') });
const schemaOf = (summary: string) => ({ tags: ['datasets'], summary, params });

/** Every answer names the version, refusals too. */
const onSend = async (_request: FastifyRequest, reply: FastifyReply): Promise<void> => {
  reply.header('tus-resumable', tus.version);
};

/** Refusals whose status only this protocol has. */
const answering = async (
  request: FastifyRequest,
  reply: FastifyReply,
  answer: () => Promise<unknown>,
): Promise<unknown> => {
  try {
    assertVersion(request.headers);
    await answer();
    return await reply.send();
  } catch (error) {
    if (!(error instanceof TusRefusal)) throw error;
    if (error.status === 412) reply.header('tus-version', tus.version);
    return await reply
      .status(error.status)
      .type('application/problem+json')
      .serializer((payload: unknown) => JSON.stringify(payload))
      .send(problemDocument(error, request));
  }
};

/** The tus protocol for the content of an accepted import: one upload each, at an address of its own. */
export function uploadRoutes(app: App, parts: { uploads: Uploads; maxUploadBytes: number }): void {
  const { uploads, maxUploadBytes } = parts;

  app.options(
    path,
    { onSend, schema: schemaOf('What of the tus protocol is there') },
    async (_request, reply) =>
      await reply
        .status(204)
        .header('tus-version', tus.version)
        .header('tus-extension', tus.extensions)
        .header('tus-checksum-algorithm', tus.algorithm)
        .header('tus-max-size', maxUploadBytes)
        .send(),
  );

  app.post(
    path,
    { onSend, schema: schemaOf('Begin to send the content of an import in parts (tus 1.0.0)') },
    (request, reply) =>
      answering(request, reply, async () => {
        if (request.body instanceof Readable)
          throw invalidField('body', 'nothing is taken here: send the bytes by PATCH');
        const { id } = request.params;
        const { text, sha256 } = metadataOf(request.headers);
        const length = bytesOf(request.headers, 'Upload-Length');
        if (length === 0) throw invalidField('Upload-Length', 'expected at least one byte');
        const wanted = { length, metadata: text, sha256 };
        const { expires } = await uploads.begin(principalOf(request), id, wanted, maxUploadBytes);
        reply
          .status(201)
          .header('location', path.replace(':id', id))
          .header('upload-expires', expires.toUTCString());
      }),
  );

  app.head(
    path,
    { onSend, schema: schemaOf('How many bytes of an upload are on disk for good') },
    (request, reply) =>
      answering(request, reply, async () => {
        const state = await uploads.look(principalOf(request), request.params.id);
        reply
          .status(200)
          .header('upload-offset', state.offset)
          .header('upload-length', state.length)
          .header('upload-expires', state.expires.toUTCString());
        if (state.metadata !== '') reply.header('upload-metadata', state.metadata);
      }),
  );

  app.patch(
    path,
    { onSend, schema: schemaOf('Send bytes from exactly the offset of an upload on') },
    (request, reply) => {
      // Bytes that were refused are still on their way: nothing else can come over this connection.
      reply.header('connection', 'close');
      return answering(request, reply, async () => {
        const content: unknown = request.body;
        const type = request.headers['content-type'];
        if (!(content instanceof Readable) || type !== 'application/offset+octet-stream') {
          const message = 'Content-Type: expected application/offset+octet-stream';
          throw new TusRefusal(415, { code: 'unsupported', message });
        }
        const announced = request.headers['content-length'];
        const from = {
          offset: bytesOf(request.headers, 'Upload-Offset'),
          checksum: checksumOf(request.headers),
          announced: announced === undefined ? undefined : Number(announced),
        };
        const { id } = request.params;
        const { offset, expires } = await uploads.append(principalOf(request), id, from, content);
        reply.removeHeader('connection');
        reply.status(204).header('upload-offset', offset).header('upload-expires', expires.toUTCString());
      });
    },
  );

  app.delete(
    path,
    { onSend, schema: schemaOf('End an upload; its import may be sent again') },
    (request, reply) =>
      answering(request, reply, async () => {
        await uploads.end(principalOf(request), request.params.id);
        reply.status(204);
      }),
  );
}
