import { beforeAll, expect, test } from 'vitest';
import {
  type Asking,
  asking,
  concluded,
  explored,
  freeze,
  imported,
  type Person,
  person,
  replaying,
  table,
  trained,
} from './campaign-world.ts';
import { send } from './noninterference/client.ts';
import { type Server, startServer } from './noninterference/server.ts';

// A confirming run that failed for good left its hypothesis opened for ever: no verdict, no crate, alpha gone.

let server: Server;
let researcher: Person;
let ask: Asking;
let campaign: string;
let cut: { version: string; split: string };
beforeAll(async () => {
  server = await startServer();
  researcher = await person(server, 'researcher', { roles: ['researcher', 'steward'] });
  ask = asking(server, researcher);
  cut = await imported(server, researcher, table());
  campaign = await explored(ask, { ...replaying(cut), seed: 'revive' });
  await trained(ask, campaign);
});

const spent = async (): Promise<number> =>
  Number((await server.query<{ n: string }>('select count(*) as n from opening'))[0]!.n);
const narrow = async (scopes: string[]): Promise<string> =>
  (
    await ask<{ secret: string }>('POST', `/v1/principals/${researcher.id}/tokens`, {
      name: 'narrow',
      scopes,
    })
  ).secret;
const open = (id: string, token: string) =>
  send(server.url, token, { method: 'POST', path: `/v1/hypotheses/${id}/open` });

test('a token under which the confirming run could not end opens nothing and spends nothing', async () => {
  const made = await freeze(ask, campaign);
  const scopes = ['campaign.*', 'hypothesis.*', 'run.execute', 'dataset.read', 'split.unseal', 'model.read'];
  for (const left of ['hypothesis.*', 'run.execute', 'split.unseal', 'model.read']) {
    const without = [
      ...scopes.filter((scope) => scope !== left),
      ...(left === 'hypothesis.*' ? ['hypothesis.open'] : []),
    ];
    const refused = await open(made.id, await narrow(without));
    // Without the right to read a model it may not even be known of.
    expect([left, refused.status]).toEqual([left, left === 'model.read' ? 404 : 403]);
  }
  expect(await spent()).toBe(0);

  // Its delegation ends before the run has begun: the tries are used up in vain.
  await server.query(
    `create function end_at_once() returns trigger language plpgsql as
     $$ begin new.expires_at := 0; return new; end $$`,
  );
  await server.query(
    'create trigger end_at_once before insert on delegation for each row execute function end_at_once()',
  );
  const broken = await open(made.id, researcher.token);
  expect(broken.status).toBe(202);
  await server.query('drop trigger end_at_once on delegation');
  for (;;) {
    await server.query(
      `update pgboss.job set retry_limit = 0, start_after = now() where name = 'hypothesis.confirm' and state < 'active'`,
    );
    const [job] = await server.query<{ state: string }>(
      `select state::text from pgboss.job where name = 'hypothesis.confirm'`,
    );
    if (job?.state === 'failed') break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const stuck = await send(server.url, researcher.token, {
    method: 'POST',
    path: `/v1/campaigns/${campaign}/crate`,
    body: {},
  });
  expect([stuck.status, stuck.text]).toEqual([409, expect.stringContaining('open it again')]);

  const again = await open(made.id, researcher.token);
  expect(again.status).toBe(202);
  const { verdict } = await concluded(ask, made.id);
  expect(verdict?.independence).toBe('self-imported');
  expect(await spent()).toBe(1);
  expect((await open(made.id, researcher.token)).status).toBe(409);
});

test('a retired split is refused before alpha is spent', async () => {
  const made = await freeze(ask, campaign, { confidence: 0.6 });
  const before = await spent();
  await server.query('update seal set retired_at = 1');
  expect((await open(made.id, researcher.token)).status).toBeGreaterThanOrEqual(400);
  expect(await spent()).toBe(before);
});
