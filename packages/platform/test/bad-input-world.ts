import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { makeCast } from './noninterference/cast.ts';
import { call, until } from './noninterference/client.ts';
import type { Actor } from './noninterference/oracle.ts';
import type { Server } from './noninterference/server.ts';

/** A request that may be as broken as HTTP lets it be. */
export type Broken = {
  method?: string;
  path: string;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is. */
  raw?: string | Buffer;
  type?: string | null;
  token?: string | null;
  headers?: Record<string, string>;
};
export type Answer = { status: number; problem: Problem; text: string };
type Problem = { status?: number; detail?: string; problems?: { field: string; message: string }[] };

/** Sends one request as its bytes are given; answers with what came back. */
export async function ask(url: string, token: string, broken: Broken): Promise<Answer> {
  const { method = 'POST', path, body, raw, headers = {} } = broken;
  const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const type = broken.type === undefined ? 'application/json' : broken.type;
  const bearer = broken.token === undefined ? token : broken.token;
  const target = new URL(url);
  return await new Promise((resolve, reject) => {
    const sent = httpRequest(
      {
        ...{ host: target.hostname, port: target.port, method, path },
        headers: {
          ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
          ...(content === undefined || type === null ? {} : { 'content-type': type }),
          ...(content === undefined ? {} : { 'content-length': String(Buffer.byteLength(content)) }),
          ...headers,
        },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const problem = text.startsWith('{') ? (JSON.parse(text) as Problem) : {};
          resolve({ status: answer.statusCode ?? 0, problem, text });
        });
      },
    );
    sent.on('error', reject);
    sent.end(content);
  });
}

const volatile = ['ledger_entry', 'ledger_detail', 'ledger_edge', 'ledger_node', 'ledger_checkpoint'];

/**
 * Everything that is stored: a digest of each table, the entries that are no denials, and the names of all blobs.
 * `without` names tables that the case itself may write.
 */
export async function everythingStored(server: Server, without: readonly string[] = []): Promise<string[]> {
  const tables = await server.query<{ name: string }>(
    `select relname as name from pg_class
     where relkind = 'r' and relnamespace = 'public'::regnamespace and not relname = any($1) order by 1`,
    [[...volatile, ...without]],
  );
  const lines: string[] = [];
  for (const { name } of tables) {
    const [row] = await server.query<{ rows: string; digest: string | null }>(
      `select count(*) as rows, md5(string_agg(t::text, e'\\n' order by t::text)) as digest from public."${name}" t`,
    );
    lines.push(`${name}: ${row?.rows} rows, ${row?.digest}`);
  }
  if (!without.includes('ledger_entry')) {
    const [row] = await server.query<{ entries: string }>(
      `select count(*) as entries from ledger_entry where effect <> 'deny'`,
    );
    lines.push(`entries: ${row?.entries}`);
  }
  const entries = await readdir(join(server.dataFolder, 'blobs'), { recursive: true, withFileTypes: true });
  const blobs = entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  const digest = createHash('sha256').update(blobs.sort().join('\n')).digest('hex');
  return [...lines, `blobs: ${blobs.length}, ${digest}`];
}

export type Job = {
  id: string;
  state: string;
  dataset: string;
  version: string;
  split: string;
  failure: { code: string; message: string; problems?: { field: string; message: string }[] } | null;
};

/** Imports bytes and waits for the end, good or bad. */
export async function importBytes(
  server: Server,
  token: string,
  request: object,
  content: string | Buffer,
): Promise<Job> {
  const { id } = await call<Job>(server.url, token, { method: 'POST', path: '/v1/imports', body: request });
  const sent = await ask(server.url, token, {
    method: 'PUT',
    path: `/v1/imports/${id}/content`,
    raw: content,
    type: 'application/octet-stream',
  });
  if (sent.status !== 202) throw new Error(`${sent.status}: ${sent.text}`);
  return await until(
    () => call<Job>(server.url, token, { method: 'GET', path: `/v1/imports/${id}` }),
    ({ state }) => state === 'done' || state === 'failed',
  );
}

export type World = {
  owner: Actor;
  rival: Actor;
  ids: Record<
    | 'dataset'
    | 'version'
    | 'split'
    | 'people'
    | 'waiting'
    | 'recorded'
    | 'replay'
    | 'model'
    | 'opened'
    | 'abandoned'
    | 'greedy'
    | 'tool'
    | 'ended',
    string
  >;
  tokens: { admin: string; narrow: string; revoked: string; expired: string; cursor: string };
};

const nobody = { level: 'public' as const, categories: [] };

/** A platform in the middle of its work, so that every request has something to be wrong about. */
export async function buildBusyWorld(server: Server): Promise<World> {
  const { owner, rival } = await makeCast(
    server,
    'bad input',
    Array.from({ length: 5 }, () => nobody),
  );
  const post = <T>(path: string, body: unknown = {}) =>
    call<T>(server.url, owner.token, { method: 'POST', path, body });
  const get = <T>(path: string) => call<T>(server.url, owner.token, { method: 'GET', path });
  const rows = Array.from({ length: 40 }, (_, i) => `${i % 20},${i % 7},${i * 1.5},word,7`);
  const table = await importBytes(
    server,
    owner.token,
    { name: 'table', split: { inputs: ['a', 'b'], seed: 'cut', confirmFraction: 0.4 } },
    `a,b,y,note,same\n${rows.join('\n')}\n`,
  );
  if (table.state !== 'done') throw new Error(JSON.stringify(table));
  await importBytes(server, owner.token, { name: 'second' }, 'a\n1\n2\n');
  const { nextCursor } = await get<{ nextCursor: string }>('/v1/datasets?limit=1');

  const people = await post<{ id: string }>('/v1/campaigns', peoplePlan);
  const { items } = await post<{ items: { id: string }[] }>(`/v1/campaigns/${people.id}/suggestions`);
  const [first, second] = items as [{ id: string }, { id: string }];
  await post(`/v1/campaigns/${people.id}/results`, {
    results: [{ experiment: first.id, outcome: { status: 'measured', value: 1 } }],
  });

  const replay = await post<{ id: string }>('/v1/campaigns', replayPlan(table));
  await until(
    () => get<{ campaign: { state: string } }>(`/v1/campaigns/${replay.id}`),
    ({ campaign }) => campaign.state === 'explored',
  );
  const { run } = await post<{ run: string }>(`/v1/campaigns/${replay.id}/models`);
  const trained = await until(
    () => get<{ run: { status: string }; output: { model: string } | null }>(`/v1/runs/${run}`),
    (one) => ['succeeded', 'failed'].includes(one.run.status),
  );
  const freeze = (confidence: number) =>
    post<{ id: string }>(`/v1/campaigns/${replay.id}/hypotheses`, {
      kind: 'prediction',
      confidence,
      alpha: 0.03,
    });
  const opened = await freeze(0.7);
  const abandoned = await freeze(0.8);
  const greedy = await freeze(0.9);
  await post(`/v1/hypotheses/${abandoned.id}/abandon`);
  await post(`/v1/hypotheses/${opened.id}/open`);
  await until(
    () => get<{ state: string }>(`/v1/hypotheses/${opened.id}`),
    ({ state }) => state === 'concluded',
  );

  const tokens = `/v1/principals/${owner.id}/tokens`;
  const revoked = await post<{ id: string; secret: string }>(tokens, { name: 'revoked' });
  await call(server.url, owner.token, { method: 'DELETE', path: `${tokens}/${revoked.id}` }).catch(() =>
    call(server.url, server.admin, { method: 'DELETE', path: `${tokens}/${revoked.id}` }),
  );
  const expired = await post<{ id: string; secret: string }>(tokens, { name: 'expired' });
  await server.query('update token set expires_at = 1 where id = $1', [expired.id]);
  const narrow = await post<{ secret: string }>(tokens, { name: 'narrow', scopes: ['dataset.read'] });
  await call(server.url, owner.token, {
    method: 'POST',
    path: '/v1/campaigns',
    body: peoplePlan,
    headers: { 'idempotency-key': 'used' },
  });
  await post('/v1/capabilities', {
    ...{ name: 'copier', version: '1.0.0', summary: 'x', profile: 'analysis' },
    implementation: { kind: 'command', executable: '/bin/true' },
    ...{ input: { type: 'object' }, output: { type: 'object' } },
  });
  const { id: ended } = await post<{ id: string }>('/v1/runs', { capability: 'copier', input: {} });
  await until(
    () => get<{ run: { status: string } }>(`/v1/runs/${ended}`),
    (one) => ['succeeded', 'failed'].includes(one.run.status),
  );
  return {
    owner,
    rival,
    ids: {
      dataset: table.dataset,
      version: table.version,
      split: table.split,
      people: people.id,
      waiting: second.id,
      recorded: first.id,
      replay: replay.id,
      model: trained.output!.model,
      opened: opened.id,
      abandoned: abandoned.id,
      greedy: greedy.id,
      tool: 'copier',
      ended,
    },
    tokens: {
      admin: server.admin,
      narrow: narrow.secret,
      revoked: revoked.secret,
      expired: expired.secret,
      cursor: nextCursor,
    },
  };
}

export const peoplePlan = {
  title: 'People measure',
  source: { kind: 'people' },
  objective: { name: 'y', goal: { kind: 'maximize' } },
  space: { parameters: [{ kind: 'continuous', name: 'x', min: 0, max: 1 }] },
  budget: 4,
  seed: 'one',
};

export const replayPlan = (table: { version: string; split: string }) => ({
  title: 'Replay',
  source: { kind: 'table', version: table.version, split: table.split, inputs: ['a', 'b'] },
  objective: { name: 'y', goal: { kind: 'maximize' } },
  budget: 4,
  seed: 'two',
});
