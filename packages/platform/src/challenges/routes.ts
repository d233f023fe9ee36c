import { idSchema } from '@genesis/contracts';
import { z } from 'zod';
import { type Campaigns, listCampaignsOf } from '../campaigns/index.ts';
import type { Door } from '../door/index.ts';
import { principalOf } from '../identity/index.ts';
import type { App } from '../kernel/index.ts';
import { findChallenge, listChallenges } from './challenges.ts';

const tags = ['challenges'];
const challengeView = z.strictObject({
  number: z.int(),
  name: z.string(),
  area: z.string(),
  summary: z.string(),
});

export function challengeRoutes(app: App, { door, campaigns }: { door: Door; campaigns: Campaigns }): void {
  app.get(
    '/v1/challenges',
    {
      schema: {
        tags,
        summary: 'The national challenges',
        response: { 200: z.strictObject({ items: z.array(challengeView) }) },
      },
    },
    async (request) => ({ items: await listChallenges(door.authorize(principalOf(request), 'explore')) }),
  );

  app.get(
    '/v1/campaigns/:id/report',
    {
      schema: {
        tags: ['campaigns'],
        summary: 'The report of a campaign: one self-contained HTML page with pictures and no script',
        params: z.strictObject({ id: idSchema('campaign') }),
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const nameOf = async (number: number): Promise<string | undefined> =>
        (await listChallenges(door.authorize(principal, 'explore'))).find((one) => one.number === number)
          ?.name;
      const page = await campaigns.report(principal, request.params.id, nameOf);
      return await reply
        .type('text/html; charset=utf-8')
        // The page carries a stricter policy of its own; this one lets its style through and nothing else.
        .header(
          'content-security-policy',
          "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        )
        .send(page);
    },
  );

  app.get(
    '/v1/challenges/:number',
    {
      schema: {
        tags,
        summary: 'A challenge, and the campaigns for it that you may see',
        params: z.strictObject({ number: z.coerce.number().int().min(1).max(1000) }),
        response: {
          200: z.strictObject({
            challenge: challengeView,
            campaigns: z.array(z.strictObject({ id: z.string(), title: z.string(), state: z.string() })),
          }),
        },
      },
    },
    async (request) => {
      const scope = door.authorize(principalOf(request), 'explore');
      const challenge = await findChallenge(scope, request.params.number);
      return { challenge, campaigns: await listCampaignsOf(scope, challenge.number) };
    },
  );
}
