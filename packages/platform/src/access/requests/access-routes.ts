import { idSchema, requestStates } from '@genesis/contracts';
import { z } from 'zod';
import type { Door } from '../../door/index.ts';
import { idempotencyOf, principalOf } from '../../identity/index.ts';
import type { App, Clock } from '../../kernel/index.ts';
import type { Access } from '../access.ts';
import { listDisclosures } from '../agreements/disclosures.ts';
import {
  closeSchema,
  decisionBodySchema,
  formSchema,
  newRequestSchema,
  reasonSchema,
  renewalSchema,
} from '../model.ts';
import { disclosureView, grantView, requestView, viewDisclosure, viewGrant, viewRequest } from '../views.ts';
import { listNotices } from './notices.ts';
import { listReminders } from './reminders.ts';
import { dayMs } from './request-access.ts';
import { findGrant, findRequest, listGrants, listRequests } from './request-store.ts';

const tags = ['access'];
const ofRequest = z.strictObject({ id: idSchema('request') });
const ofGrant = z.strictObject({ id: idSchema('grant') });
const days = z.coerce.number().int().min(1).max(3650);
const done = z.strictObject({ done: z.literal(true) });
const listOf = <Item extends z.ZodType>(item: Item) => z.strictObject({ items: z.array(item) });
const decided = z.strictObject({
  id: z.string(),
  state: z.enum(requestStates.states),
  grant: z.string().nullable(),
  expiresAt: z.string().nullable(),
});
const changed = z.strictObject({ id: z.string(), state: z.string(), expiresAt: z.string() });

type Parts = { access: Access; door: Door; clock: Clock };

function requestRoutes(app: App, { access, door, clock }: Parts): void {
  const now = (): number => clock.now().getTime();

  app.post(
    '/v1/access/requests',
    {
      schema: {
        tags,
        summary: 'Ask for access to a dataset, for purposes and days',
        body: newRequestSchema,
        response: { 201: z.strictObject({ id: z.string(), state: z.string(), organisation: z.string() }) },
      },
    },
    async (request, reply) => {
      const made = await access.request(principalOf(request), request.body, idempotencyOf(request));
      return await reply.status(201).send(made);
    },
  );

  app.get(
    '/v1/access/requests',
    {
      schema: {
        tags,
        summary: 'Requests of yours, and those that you decide about, newest first',
        querystring: z.strictObject({ state: z.enum(requestStates.states).optional() }),
        response: { 200: listOf(requestView) },
      },
    },
    async (request) => {
      const { state } = request.query;
      const found = await listRequests(door.authorize(principalOf(request), null), now());
      const items = found.filter((one) => state === undefined || one.state === state);
      return { items: items.map(viewRequest) };
    },
  );

  app.get(
    '/v1/access/requests/:id',
    { schema: { tags, summary: 'A request', params: ofRequest, response: { 200: requestView } } },
    async (request) => {
      const scope = door.authorize(principalOf(request), null);
      return viewRequest(await findRequest(scope, request.params.id, now()));
    },
  );

  app.post(
    '/v1/access/requests/:id/decision',
    {
      schema: {
        tags,
        summary: 'Approve or refuse, with a reason (stewards of the owner and of the second party)',
        params: ofRequest,
        body: decisionBodySchema,
        response: { 200: decided },
      },
    },
    async (request) =>
      await access.decide(principalOf(request), request.params.id, request.body, idempotencyOf(request)),
  );

  app.post(
    '/v1/access/requests/:id/withdraw',
    {
      schema: {
        tags,
        summary: 'Take back a request of your own',
        params: ofRequest,
        response: { 200: decided },
      },
    },
    async (request) => await access.withdraw(principalOf(request), request.params.id, idempotencyOf(request)),
  );
}

function grantRoutes(app: App, { access, door, clock }: Parts): void {
  const now = (): number => clock.now().getTime();

  app.get(
    '/v1/access/grants',
    {
      schema: {
        tags,
        summary: 'Grants to you, and those that you decide about; the first to end first',
        querystring: z.strictObject({ expiringDays: days.optional() }),
        response: { 200: listOf(grantView) },
      },
    },
    async (request) => {
      const { expiringDays } = request.query;
      const until = expiringDays === undefined ? undefined : now() + expiringDays * dayMs;
      const scope = door.authorize(principalOf(request), null);
      return { items: (await listGrants(scope, access.projectsOf, now(), until)).map(viewGrant) };
    },
  );

  app.get(
    '/v1/access/grants/:id',
    { schema: { tags, summary: 'A grant', params: ofGrant, response: { 200: grantView } } },
    async (request) => {
      const scope = door.authorize(principalOf(request), null);
      return viewGrant(await findGrant(scope, access.projectsOf, request.params.id, now()));
    },
  );

  app.post(
    '/v1/access/grants/:id/revoke',
    {
      schema: {
        tags,
        summary: 'End a grant at once (stewards)',
        params: ofGrant,
        body: reasonSchema,
        response: { 200: changed },
      },
    },
    async (request) => {
      const { reason } = request.body;
      return await access.revoke(principalOf(request), request.params.id, reason, idempotencyOf(request));
    },
  );

  app.post(
    '/v1/access/grants/:id/renew',
    {
      schema: {
        tags,
        summary: 'Let a grant end later, as far as its agreement reaches (stewards)',
        params: ofGrant,
        body: renewalSchema,
        response: { 200: changed },
      },
    },
    async (request) =>
      await access.renew(principalOf(request), request.params.id, request.body, idempotencyOf(request)),
  );
}

const formView = z.strictObject({
  organisation: z.string(),
  questions: z.array(
    z.strictObject({
      id: z.string(),
      text: z.string(),
      type: z.enum(['text', 'choice', 'yes-no']),
      choices: z.array(z.string()).optional(),
      required: z.boolean(),
    }),
  ),
  terms: z.string().nullable(),
  secondParty: z.string().nullable(),
});

function formRoutes(app: App, { access }: Parts): void {
  app.get(
    '/v1/access/forms/:dataset',
    {
      schema: {
        tags,
        summary: 'What whoever asks for this dataset has to answer and accept',
        params: z.strictObject({ dataset: idSchema('dataset') }),
        response: { 200: formView },
      },
    },
    async (request) => await access.showForm(principalOf(request), request.params.dataset),
  );

  app.put(
    '/v1/access/forms',
    {
      schema: {
        tags,
        summary: 'Set the form of a dataset, or of your organisation (stewards)',
        body: formSchema,
        response: { 200: done },
      },
    },
    async (request) => {
      await access.setForm(principalOf(request), request.body, idempotencyOf(request));
      return { done: true as const };
    },
  );
}

const reminderView = z.strictObject({
  kind: z.enum(['grant', 'agreement', 'request', 'disclosure']),
  id: z.string(),
  text: z.string(),
  due: z.string(),
});
const noticeView = z.strictObject({
  id: z.string(),
  recipient: z.string(),
  about: z.string(),
  text: z.string(),
  due: z.string(),
  createdAt: z.string(),
});
const iso = (at: number): string => new Date(at).toISOString();

function dueRoutes(app: App, { access, door, clock }: Parts): void {
  app.get(
    '/v1/access/reminders',
    {
      schema: {
        tags,
        summary: 'What ends, is due or waits for you within so many days; the first first',
        querystring: z.strictObject({ days: days.default(14) }),
        response: { 200: listOf(reminderView) },
      },
    },
    async (request) => {
      const scope = door.authorize(principalOf(request), null);
      const now = clock.now().getTime();
      const found = await listReminders(scope, access.projectsOf, now, request.query.days);
      return { items: found.map((one) => ({ ...one, due: iso(one.due) })) };
    },
  );

  app.get(
    '/v1/notices',
    {
      schema: {
        tags,
        summary: 'What you, your projects and the organisations that you look after were told, newest first',
        querystring: z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50) }),
        response: { 200: listOf(noticeView) },
      },
    },
    async (request) => {
      const scope = door.authorize(principalOf(request), null);
      const found = await listNotices(scope, access.projectsOf, request.query.limit);
      return { items: found.map((one) => ({ ...one, due: iso(one.due), createdAt: iso(one.createdAt) })) };
    },
  );

  app.get(
    '/v1/disclosures',
    {
      schema: {
        tags,
        summary: 'Inventions to disclose under agreements of your organisation, by the day they are due',
        querystring: z.strictObject({ open: z.stringbool().default(false) }),
        response: { 200: listOf(disclosureView) },
      },
    },
    async (request) => {
      const { open } = request.query;
      const found = await listDisclosures(door.authorize(principalOf(request), null), { open });
      return { items: found.map(viewDisclosure) };
    },
  );

  app.post(
    '/v1/disclosures/:id/close',
    {
      schema: {
        tags,
        summary: 'Say what was done about an invention (stewards of a party)',
        params: z.strictObject({ id: idSchema('disclosure') }),
        body: closeSchema,
        response: { 200: z.strictObject({ id: z.string(), closedAt: z.string() }) },
      },
    },
    async (request) => {
      const { note } = request.body;
      return await access.closeDisclosure(
        principalOf(request),
        request.params.id,
        note,
        idempotencyOf(request),
      );
    },
  );
}

export function accessRoutes(app: App, parts: Parts): void {
  requestRoutes(app, parts);
  grantRoutes(app, parts);
  formRoutes(app, parts);
  dueRoutes(app, parts);
}
