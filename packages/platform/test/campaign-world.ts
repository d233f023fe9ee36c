import { call, until } from './noninterference/client.ts';
import type { Server } from './noninterference/server.ts';

export type Hypothesis = {
  id: string;
  campaign: string;
  state: string;
  claim: { statement: string; source: { seedRoot?: string | null; scoredOn?: string } };
  verdict: { outcome: string; independence: string; n: number; counts: { missingUnits: number } } | null;
};
export type Person = { id: string; token: string };

/** Somebody of the platform's own organisation, with roles and a token. A steward clears people, and issues their tokens. */
export async function person(
  { url, admin }: Pick<Server, 'url' | 'admin'>,
  name: string,
  wanted: { roles?: readonly string[]; cleared?: { by: Person; clearance: object } } = {},
): Promise<Person> {
  const { roles = ['researcher'], cleared } = wanted;
  const ask = <T>(method: string, path: string, body?: unknown, token = admin) =>
    call<T>(url, token, { method, path, body });
  const { organisation } = await ask<{ organisation: string }>('GET', '/v1/me');
  const { id } = await ask<{ id: string }>('POST', '/v1/principals', { kind: 'person', name, organisation });
  for (const role of roles) await ask('POST', `/v1/principals/${id}/roles`, { organisation, role });
  const issuer = cleared?.by.token;
  if (cleared !== undefined) {
    const { clearance } = cleared;
    await ask('PUT', `/v1/principals/${id}/clearance`, { clearance }, issuer);
  }
  const tokens = `/v1/principals/${id}/tokens`;
  const { secret } = await ask<{ secret: string }>('POST', tokens, { name }, issuer);
  return { id, token: secret };
}

/** Asks as one person. */
export const asking =
  ({ url }: Pick<Server, 'url'>, { token }: Person) =>
  <T>(method: string, path: string, body?: unknown): Promise<T> =>
    call<T>(url, token, { method, path, body });
export type Asking = ReturnType<typeof asking>;

const common = { title: 'Test', challenge: 11, budget: 6, starts: 3 };
const silica = {
  source: { kind: 'capability', capability: 'stober-silica' },
  objective: { name: 'diameter', unit: 'nm', goal: { kind: 'target', value: 300 } },
  space: {
    parameters: [
      { kind: 'continuous', name: 'teos', min: 0.1, max: 0.5 },
      { kind: 'continuous', name: 'water', min: 0.5, max: 17 },
      { kind: 'continuous', name: 'ammonia', min: 0.5, max: 3 },
    ],
  },
};

/** An explored campaign, on the silica instrument unless the plan says otherwise. */
export async function explored(ask: Asking, plan: object): Promise<string> {
  const body = 'source' in plan ? { ...common, ...plan } : { ...common, ...silica, ...plan };
  const { id } = await ask<{ id: string }>('POST', '/v1/campaigns', body);
  await until(
    () => ask<{ campaign: { state: string } }>('GET', `/v1/campaigns/${id}`),
    ({ campaign }) => campaign.state === 'explored',
  );
  return id;
}

/** Trains a model of a campaign. */
export async function trained(ask: Asking, campaign: string): Promise<string> {
  const { run } = await ask<{ run: string }>('POST', `/v1/campaigns/${campaign}/models`, {});
  const done = await until(
    () => ask<{ run: { status: string }; output: { model: string } }>('GET', `/v1/runs/${run}`),
    (one) => one.run.status === 'succeeded' || one.run.status === 'failed',
  );
  return done.output.model;
}

export const freeze = (ask: Asking, campaign: string, wanted: object = {}): Promise<Hypothesis> =>
  ask<Hypothesis>('POST', `/v1/campaigns/${campaign}/hypotheses`, {
    kind: 'prediction',
    confidence: 0.8,
    ...wanted,
  });

/** Opens a hypothesis and waits for its verdict. */
export async function opened(ask: Asking, id: string): Promise<Hypothesis> {
  await ask('POST', `/v1/hypotheses/${id}/open`);
  return await concluded(ask, id);
}

export const concluded = (ask: Asking, id: string): Promise<Hypothesis> =>
  until(
    () => ask<Hypothesis>('GET', `/v1/hypotheses/${id}`),
    ({ state }) => state === 'concluded',
  );

/** Forty designs with two inputs, each twice. */
export const table = (offset = 0): string =>
  [
    'a,b,y',
    ...Array.from({ length: 80 }, (_, i) => {
      const [a, b] = [Math.floor(i / 2) % 8, Math.floor(i / 16)];
      return `${a},${b},${(a + b * 2 + (i % 2) / 10 + offset).toFixed(2)}`;
    }),
  ].join('\n');

/** Imports a table, cut by its inputs. */
export async function imported(
  server: Pick<Server, 'url'>,
  by: Person,
  content: string,
  wanted: object = {},
): Promise<{ version: string; split: string }> {
  const ask = asking(server, by);
  const { id } = await ask<{ id: string }>('POST', '/v1/imports', {
    name: 'table',
    split: { inputs: ['a', 'b'], seed: 'cut', confirmFraction: 0.4 },
    ...wanted,
  });
  await call(server.url, by.token, { method: 'PUT', path: `/v1/imports/${id}/content`, content });
  const job = await until(
    () =>
      ask<{ state: string; version: string; split: string; failure: unknown }>('GET', `/v1/imports/${id}`),
    ({ state }) => state === 'done' || state === 'failed',
  );
  if (job.state === 'failed') throw new Error(JSON.stringify(job.failure));
  return job;
}

/** The plan of a campaign that replays a table. */
export const replaying = ({ version, split }: { version: string; split: string }) => ({
  source: { kind: 'table', version, split, inputs: ['a', 'b'] },
  objective: { name: 'y', goal: { kind: 'maximize' } },
});
