import { Readable } from 'node:stream';
import { type Door, platformFacts } from '../../door/index.ts';
import { principalOf } from '../../identity/index.ts';
import type { App } from '../../kernel/index.ts';

/**
 * The whole platform as one archive. It holds the keys and every row, the sealed ones too, so that only administrators
 * and operators get it; that they asked is in the ledger, and in the archive itself.
 */
export function backupRoutes(app: App, parts: { door: Door; backup: () => AsyncIterable<Buffer> }): void {
  app.post(
    '/v1/backup',
    {
      schema: {
        tags: ['backup'],
        summary: 'A backup of everything, keys included, made while the platform runs (tar); keep it safe',
        produces: ['application/x-tar'],
      },
    },
    async (request, reply) => {
      await parts.door.perform(
        {
          principal: principalOf(request),
          action: 'backup.create',
          resource: { about: platformFacts },
          purpose: null,
        },
        async () => ({ result: undefined, details: {} }),
      );
      return await reply
        .type('application/x-tar')
        .header('content-disposition', 'attachment; filename="genesis-backup.tar"')
        .send(Readable.from(parts.backup()));
    },
  );
}
