import { idSchema, purposeSchema } from '@genesis/contracts';
import { z } from 'zod';
import { principalOf } from '../identity/index.ts';
import type { App } from '../kernel/index.ts';
import type { Catalog } from './catalog.ts';
import type { SliceWanted } from './slices.ts';
import { tableSliceView } from './views.ts';

const tags = ['datasets'];
const params = z.strictObject({ id: idSchema('version') });
/** What the reader will do with what is shown. */
const purpose = purposeSchema.default('explore');

/** `0,10,5`: one number for each axis. */
const numbers = z
  .string()
  .max(400)
  .regex(
    /^\d{1,15}(,\d{1,15})*$/,
    'whole numbers from 0 are expected, one for each axis, separated by commas',
  )
  .transform((text) => text.split(',').map(Number));

const sliceQuery = z.strictObject({
  purpose,
  path: z.string().min(1).max(2000).exactOptional(),
  columns: z
    .union([z.string(), z.array(z.string())])
    .transform((names) => (Array.isArray(names) ? names : [names]))
    .exactOptional(),
  start: numbers.exactOptional(),
  stop: numbers.exactOptional(),
  step: numbers.exactOptional(),
  form: z.enum(['json', 'bytes']).default('json'),
});

/** A name that may stand in a header, whatever the file was called. */
const asciiName = (name: string): string => name.replace(/[^\w.,+=@ -]/g, '_');

/** Parts of a version: slices, the picture of a curve, and the file as it came. */
export function versionContentRoutes(app: App, catalog: Catalog): void {
  app.get(
    '/v1/versions/:id/slice',
    {
      schema: {
        tags,
        summary:
          'A part of a version: of a dataset of a tree by path, start, stop and step for each axis; of a table by columns (repeated for several) and a range of rows. Ends are exclusive. form=bytes gives little-endian values in row-major order, with their shape in the header genesis-slice',
        params,
        querystring: sliceQuery,
      },
    },
    async (request, reply) => {
      const { purpose: why, ...wanted } = request.query;
      const slice = await catalog.sliceVersion(
        principalOf(request),
        request.params.id,
        why,
        wanted as SliceWanted,
      );
      if (slice.kind === 'rows') return tableSliceView.parse(slice.slice);
      const type = wanted.form === 'json' ? 'application/json; charset=utf-8' : 'application/octet-stream';
      return reply
        .header('content-type', type)
        .header('genesis-slice', headerOf(slice.head))
        .send(slice.body);
    },
  );

  app.get(
    '/v1/versions/:id/preview.svg',
    {
      schema: {
        tags,
        summary: 'The measured curve of a version as a picture (SVG) with axes, units and error bars',
        params,
        querystring: z.strictObject({ purpose }),
      },
    },
    async (request, reply) => {
      const picture = await catalog.previewPicture(
        principalOf(request),
        request.params.id,
        request.query.purpose,
      );
      return reply
        .header('content-type', 'image/svg+xml; charset=utf-8')
        .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox")
        .send(picture);
    },
  );

  app.get(
    '/v1/versions/:id/file',
    { schema: { tags, summary: 'The file of a tree or plain file as it was imported', params } },
    async (request, reply) => {
      const { name, bytes, body } = await catalog.openOriginal(principalOf(request), request.params.id);
      return reply
        .header('content-type', 'application/octet-stream')
        .header('content-length', bytes)
        .header('x-content-type-options', 'nosniff')
        .header(
          'content-disposition',
          `attachment; filename="${asciiName(name)}"; filename*=UTF-8''${encodeURIComponent(name)}`,
        )
        .send(body);
    },
  );
}

/** JSON in ASCII, as headers are. */
const headerOf = (head: object): string =>
  JSON.stringify(head).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
