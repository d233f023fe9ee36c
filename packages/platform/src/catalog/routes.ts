import { Readable } from 'node:stream';
import { idSchema, invalidField, purposeSchema } from '@genesis/contracts';
import { z } from 'zod';
import type { Door } from '../door/index.ts';
import { idempotencyOf, principalNow, principalOf } from '../identity/index.ts';
import { type App, type Cursors, pageOf, pageQuery, sendEvents, toPage } from '../kernel/index.ts';
import { cardRoutes } from './cards/routes.ts';
import type { Catalog } from './catalog.ts';
import { cutSchema, importRequestSchema } from './model.ts';
import { noTable } from './read.ts';
import { searchRoutes } from './search/routes.ts';
import { uploadRoutes } from './uploads/routes.ts';
import { versionContentRoutes } from './version-routes.ts';
import {
  datasetView,
  jobView,
  retiredRowsView,
  splitView,
  versionSummary,
  versionView,
  viewDataset,
  viewSplit,
  viewSummary,
  viewVersion,
} from './views.ts';
import { watchJob } from './watch-job.ts';

const tags = ['datasets'];
const jobParams = z.strictObject({ id: idSchema('upload') });
const datasetParams = z.strictObject({ id: idSchema('dataset') });
const versionParams = z.strictObject({ id: idSchema('version') });
const splitParams = z.strictObject({ id: idSchema('split') });
/** What the reader will do with what is shown. */
const purposeQuery = { purpose: purposeSchema.default('explore') };
const exportTypes = { csv: 'text/csv; charset=utf-8', parquet: 'application/vnd.apache.parquet' } as const;
const position = z.strictObject({ createdAt: z.number(), id: z.string() });

export function catalogRoutes(
  app: App,
  parts: { catalog: Catalog; door: Door; cursors: Cursors; maxUploadBytes: number },
): void {
  const { catalog, door, cursors } = parts;
  cardRoutes(app, { catalog });
  versionContentRoutes(app, catalog);
  searchRoutes(app, { catalog, door, cursors });
  uploadRoutes(app, { uploads: catalog.uploads, maxUploadBytes: parts.maxUploadBytes });

  app.post(
    '/v1/imports',
    {
      schema: {
        tags,
        summary: 'Begin an import: decided before any byte is sent',
        body: importRequestSchema,
        response: { 201: jobView },
      },
    },
    async (request, reply) =>
      await reply
        .status(201)
        .send(await catalog.acceptImport(principalOf(request), request.body, idempotencyOf(request))),
  );

  app.put(
    '/v1/imports/:id/content',
    {
      schema: {
        tags,
        summary: 'Send the file of an import, whatever its format',
        params: jobParams,
        response: { 202: jobView },
      },
    },
    async (request, reply) => {
      const content: unknown = request.body;
      if (!(content instanceof Readable))
        throw invalidField('body', 'expected the bytes of a file, for example as application/octet-stream');
      // Bytes that were refused are still on their way: nothing else can come over this connection.
      reply.header('connection', 'close');
      const view = await catalog.receiveContent(
        principalOf(request),
        request.params.id,
        content,
        parts.maxUploadBytes,
      );
      reply.removeHeader('connection');
      return await reply.status(202).send(view);
    },
  );

  app.get(
    '/v1/imports/:id',
    {
      schema: {
        tags,
        summary: 'How far an import or cut of yours is',
        params: jobParams,
        response: { 200: jobView },
      },
    },
    (request) => catalog.findJob(door.authorize(principalOf(request), null), request.params.id),
  );

  app.get(
    '/v1/imports/:id/events',
    { schema: { tags, summary: 'Progress of an import as server-sent events', params: jobParams } },
    async (request, reply) => {
      const { id } = request.params;
      const look = async () => catalog.findJob(door.authorize(await principalNow(request), null), id);
      await look();
      return sendEvents(request, reply, (_last, signal) => watchJob(look, signal));
    },
  );

  app.get(
    '/v1/datasets',
    {
      schema: {
        tags,
        summary: 'Datasets that you may see, newest first',
        querystring: z.strictObject({ ...pageQuery, ...purposeQuery }),
        response: { 200: pageOf(datasetView) },
      },
    },
    async (request) => {
      const { limit, cursor, purpose } = request.query;
      const after = cursor === undefined ? {} : { after: cursors.decode('datasets', cursor, position) };
      const scope = door.authorize(principalOf(request), purpose);
      const rows = await catalog.listDatasets(scope, { limit: limit + 1, ...after });
      await door.noteUse(
        scope,
        'dataset.read',
        rows.slice(0, limit).map(({ facts }) => facts),
      );
      return toPage(rows, limit, viewDataset, ({ createdAt, dataset }) =>
        cursors.encode('datasets', { createdAt, id: dataset.id }),
      );
    },
  );

  app.get(
    '/v1/datasets/:id',
    {
      schema: {
        tags,
        summary: 'A dataset with its versions',
        params: datasetParams,
        querystring: z.strictObject(purposeQuery),
        response: { 200: z.strictObject({ dataset: datasetView, versions: z.array(versionSummary) }) },
      },
    },
    async (request) => {
      const { dataset, versions } = await catalog.showDataset(
        principalOf(request),
        request.params.id,
        request.query.purpose,
      );
      return { dataset: viewDataset(dataset), versions: versions.map(viewSummary) };
    },
  );

  app.get(
    '/v1/versions/:id',
    {
      schema: {
        tags,
        summary:
          'A version: what kind it is, what it states of itself, and a table with statistics and first rows of what may be seen (its explore part, once it is cut), or a tree with its nodes',
        params: versionParams,
        querystring: z.strictObject(purposeQuery),
        response: { 200: versionView },
      },
    },
    async (request) =>
      viewVersion(await catalog.showVersion(principalOf(request), request.params.id, request.query.purpose)),
  );

  app.get(
    '/v1/versions/:id/export',
    {
      config: { public: true },
      schema: {
        tags,
        summary: 'The rows that may be seen, as CSV or as the Parquet that is stored (columns c0, c1, ...)',
        params: versionParams,
        querystring: z.strictObject({ form: z.enum(['csv', 'parquet']).default('csv') }),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { form } = request.query;
      const rows = await catalog.exportVisible(principalOf(request), id, form);
      return reply
        .header('content-type', exportTypes[form])
        .header('content-disposition', `attachment; filename="${id}.${form}"`)
        .send(rows);
    },
  );

  app.post(
    '/v1/versions/:id/splits',
    {
      schema: {
        tags,
        summary: 'Cut a version into explore and confirm; the confirm rows are sealed',
        params: versionParams,
        body: cutSchema,
        response: { 202: jobView },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const { dataset, version } = await catalog.showVersion(principal, request.params.id, 'explore');
      if (version.content !== 'table') throw noTable(version);
      const wanted = { dataset: dataset.id, version: request.params.id, cut: request.body };
      return await reply.status(202).send(await catalog.acceptCut(principal, wanted, idempotencyOf(request)));
    },
  );

  app.get(
    '/v1/splits/:id',
    {
      schema: {
        tags,
        summary: 'A split: its rule, sizes and seal, never its sealed rows',
        params: splitParams,
        querystring: z.strictObject(purposeQuery),
        response: { 200: splitView },
      },
    },
    async (request) =>
      viewSplit(await catalog.showSplit(principalOf(request), request.params.id, request.query.purpose)),
  );

  app.post(
    '/v1/splits/:id/retire',
    {
      schema: {
        tags,
        summary: 'Export the sealed rows, which retires every split of the same rows for good',
        params: splitParams,
        body: z.strictObject({ confirm: z.literal('retire', 'write "retire": it cannot be undone') }),
        response: { 200: retiredRowsView },
      },
    },
    async (request) => await catalog.retireSplit(principalOf(request), request.params.id),
  );
}
