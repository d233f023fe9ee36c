import { z } from 'zod';
import { listCampaignsOf } from '../campaigns/index.ts';
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

export function challengeRoutes(app: App, { door }: { door: Door }): void {
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
