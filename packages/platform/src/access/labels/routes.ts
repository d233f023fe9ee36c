import { conditionsSchema, GenesisError, labelSchema, purposeSchema } from '@genesis/contracts';
import { z } from 'zod';
import { idempotencyOf, principalOf } from '../../identity/index.ts';
import { type App, type Cursors, pageOf, pageQuery, toPage } from '../../kernel/index.ts';
import { unrestricted } from '../../policy/index.ts';
import { type Before, becomesPublic, type Effect } from './preview.ts';
import { previewRaise, raise } from './raise.ts';
import {
  askRelease,
  decideRelease,
  findRelease,
  isLapsed,
  listReleases,
  previewRelease,
  type ReleaseParts,
  type ReleaseRow,
} from './release.ts';

const tags = ['labels'];
const anyId = z.strictObject({ id: z.string().regex(/^[a-z]{3}_[0-9a-z]{26}$/, 'expected an id') });
const reason = z
  .string()
  .trim()
  .min(1)
  .max(2000)
  .regex(/^[^\p{Cc}\u202A-\u202E\u2066-\u2069]*$/u, 'control characters are not allowed');

const effectView = z.strictObject({
  /** How many things change, by kind. */
  changes: z.record(z.string(), z.int()),
  /** Everybody sees something of it afterwards that was not public. */
  becomesPublic: z.boolean(),
  /** Who sees more of them, and who sees fewer: the owner's people, and for raising those whom it granted access. */
  people: z.array(z.strictObject({ principal: z.string(), gains: z.int(), loses: z.int() })),
});

function viewEffect({ changes, effects }: { changes: Before[]; effects: Effect[] }) {
  const kinds: Record<string, number> = {};
  for (const { before } of changes) kinds[before.kind] = (kinds[before.kind] ?? 0) + 1;
  return { changes: kinds, becomesPublic: becomesPublic(changes), people: effects };
}

const releaseView = z.strictObject({
  id: z.string(),
  resource: z.string(),
  from: labelSchema,
  label: labelSchema,
  purposes: z.array(purposeSchema),
  reason: z.string(),
  state: z.enum(['asked', 'released', 'refused', 'lapsed']),
  askedBy: z.string(),
  askedAt: z.string(),
  decidedBy: z.string().nullable(),
  decidedAt: z.string().nullable(),
  decision: z.string().nullable(),
});

const viewRelease = (row: ReleaseRow, at: number): z.output<typeof releaseView> => ({
  ...row,
  state: isLapsed(row, at) ? 'lapsed' : row.state,
  askedAt: new Date(row.askedAt).toISOString(),
  decidedAt: row.decidedAt === null ? null : new Date(row.decidedAt).toISOString(),
});

/** What something is to have at least; what is left out stays as it is. */
const atLeast = {
  label: labelSchema.default({ level: 'public', categories: [] }),
  purposes: conditionsSchema.shape.purposes,
};
const lower = { label: labelSchema, purposes: z.array(purposeSchema).max(5).default([]) };

export function labelRoutes(app: App, parts: ReleaseParts & { cursors: Cursors }): void {
  const { door, clock, cursors } = parts;
  const now = (): number => clock.now().getTime();
  const stricter = (body: {
    label: z.output<typeof labelSchema>;
    purposes: z.output<typeof atLeast.purposes>;
  }) => ({
    label: body.label,
    conditions: { ...unrestricted, purposes: body.purposes },
  });

  app.post(
    '/v1/resources/:id/raise/preview',
    {
      schema: {
        tags,
        summary: 'What raising the label of a dataset would change, and who would see less',
        params: anyId,
        body: z.strictObject(atLeast),
        response: { 200: effectView },
      },
    },
    async (request) =>
      viewEffect(await previewRaise(parts, principalOf(request), request.params.id, stricter(request.body))),
  );

  app.post(
    '/v1/resources/:id/raise',
    {
      schema: {
        tags,
        summary: 'Raise the label, or narrow the purposes, of something and of everything derived from it',
        params: anyId,
        body: z.strictObject({ ...atLeast, reason }),
        response: { 200: z.strictObject({ changed: z.int() }) },
      },
    },
    (request) => {
      const { params, body } = request;
      const principal = principalOf(request);
      return raise(parts, principal, params.id, stricter(body), body.reason, idempotencyOf(request));
    },
  );

  app.post(
    '/v1/resources/:id/releases/preview',
    {
      schema: {
        tags,
        summary: 'What a release at a lower label would show, and to whom',
        params: anyId,
        body: z.strictObject(lower),
        response: { 200: effectView },
      },
    },
    async (request) =>
      viewEffect(await previewRelease(parts, principalOf(request), request.params.id, request.body)),
  );

  app.post(
    '/v1/resources/:id/releases',
    {
      schema: {
        tags,
        summary: 'Ask for a release at a lower label; another person decides',
        params: anyId,
        body: z.strictObject({ ...lower, reason }),
        response: { 201: releaseView },
      },
    },
    async (request, reply) => {
      const { params, body } = request;
      const row = await askRelease(parts, principalOf(request), params.id, body, idempotencyOf(request));
      return await reply.status(201).send(viewRelease(row, now()));
    },
  );

  app.get(
    '/v1/releases',
    {
      schema: {
        tags,
        summary: 'Releases of what you may see, newest first',
        querystring: z.strictObject({ ...pageQuery, purpose: purposeSchema.default('explore') }),
        response: { 200: pageOf(releaseView) },
      },
    },
    async (request) => {
      const { limit, cursor, purpose } = request.query;
      const before = cursor === undefined ? {} : { before: cursors.decode('releases', cursor, z.string()) };
      const scope = door.authorize(principalOf(request), purpose);
      const rows = await listReleases(scope, { limit: limit + 1, ...before });
      const at = now();
      return toPage(
        rows,
        limit,
        (row) => viewRelease(row, at),
        ({ id }) => cursors.encode('releases', id),
      );
    },
  );

  app.post(
    '/v1/releases/:id/decide',
    {
      schema: {
        tags,
        summary: 'Agree to a release, or refuse it; whoever asked cannot',
        params: anyId,
        querystring: z.strictObject({ purpose: purposeSchema.default('explore') }),
        body: z.strictObject({ agree: z.boolean(), reason }),
        response: { 200: releaseView },
      },
    },
    async (request) => {
      const principal = principalOf(request);
      const asked = await findRelease(door.authorize(principal, request.query.purpose), request.params.id);
      if (asked === undefined) {
        const message = 'There is nothing here under this id that you may see.';
        throw new GenesisError({ code: 'not-found', message });
      }
      const decided = await decideRelease(parts, principal, asked, request.body, idempotencyOf(request));
      return viewRelease(decided, now());
    },
  );
}
