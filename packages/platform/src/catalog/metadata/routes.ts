import { idSchema, purposeSchema } from '@genesis/contracts';
import { z } from 'zod';
import { principalOf } from '../../identity/index.ts';
import { type App, type Cursors, pageQuery } from '../../kernel/index.ts';
import { toDcatUsCatalog } from '../standards/dcat-us.ts';
import { metadataFormats, writeMetadata } from '../standards/formats.ts';
import { describeDataset, describePage, type MetadataParts } from './describe.ts';
import { landingPage } from './landing-page.ts';
import { oaiRoutes } from './oai-routes.ts';

const tags = ['metadata'];
const datasetParams = z.strictObject({ id: idSchema('dataset') });
const purposeQuery = { purpose: purposeSchema.default('explore') };

/** Descriptions of datasets in the standards of the field, for whoever may see them; without a token, of what is public. */
export function metadataRoutes(app: App, parts: MetadataParts & { cursors: Cursors }): void {
  const { door, site } = parts;

  app.get(
    '/v1/datasets/:id/metadata',
    {
      config: { public: true },
      schema: {
        tags,
        summary: 'The description of a dataset in a standard of the field',
        params: datasetParams,
        querystring: z.strictObject({ format: z.enum(metadataFormats), ...purposeQuery }),
      },
    },
    async (request, reply) => {
      const { format, purpose } = request.query;
      const { record } = await describeDataset(parts, principalOf(request), request.params.id, purpose, {
        lineage: format === 'prov',
      });
      const { mediaType, text } = writeMetadata(record, format, site().email);
      return await reply.header('content-type', mediaType).send(text);
    },
  );

  app.get(
    '/v1/catalog/dcat-us',
    {
      config: { public: true },
      schema: {
        tags,
        summary:
          'The catalog of what you may see, as a page of DCAT-US 3.0; the next page is in the header Link',
        querystring: z.strictObject({
          limit: pageQuery.limit,
          /** Begins after this dataset: they are listed by their ids. */
          after: idSchema('dataset').exactOptional(),
          ...purposeQuery,
        }),
      },
    },
    async (request, reply) => {
      const { limit, after, purpose } = request.query;
      const scope = door.authorize(principalOf(request), purpose);
      const { records, next } = await describePage(parts, scope, {
        limit,
        ...(after === undefined ? {} : { after }),
      });
      const { url, name, email } = site();
      const here = `${url}/v1/catalog/dcat-us`;
      if (next !== null) {
        const query = new URLSearchParams({ after: next, limit: String(limit), purpose });
        reply.header('link', `<${here}?${query.toString()}>; rel="next"`);
      }
      const catalog = toDcatUsCatalog(
        records.map(({ record }) => record),
        { url: here, title: name, email },
      );
      return await reply
        .header('content-type', 'application/json; charset=utf-8')
        .send(`${JSON.stringify(catalog, null, 2)}\n`);
    },
  );

  app.get(
    '/datasets/:id',
    { config: { public: true }, schema: { hide: true, params: datasetParams } },
    async (request, reply) => {
      const { record } = await describeDataset(parts, principalOf(request), request.params.id, 'explore');
      return await reply.header('content-type', 'text/html; charset=utf-8').send(landingPage(record));
    },
  );

  oaiRoutes(app, parts);
}
