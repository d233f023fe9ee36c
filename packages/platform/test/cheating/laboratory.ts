import type { Label } from '@genesis/contracts';
import { canonicalRowKey, type SplitRule, sideOf } from '@genesis/evidence';
import { type Answer, type Ask, call, send, until } from '../noninterference/client.ts';
import type { Server } from '../noninterference/running-server.ts';
import { createCanaries } from '../noninterference/world.ts';

export type Row = { a: number; b: string; note: string; y: number };
export type Person = { id: string; organisation: string; token: string };
export type Imported = { dataset: string; version: string; split: string; seal: string; rule: SplitRule };
export type Frozen = { id: string; state: string; claim: { alpha: number; source: Record<string, unknown> } };

const open: Label = { level: 'public', categories: [] };

/** A platform with a researcher, a table that was cut at import, and a campaign with a model: where cheats begin. */
export async function openLaboratory(server: Server) {
  const canaries = createCanaries('cheating');
  const rows = Array.from(
    { length: 60 },
    (_, i): Row => ({ a: i % 30, b: `kind${(i * 7) % 5}`, note: canaries.word(), y: canaries.number() }),
  );
  const as = (token: string) => ({
    send: (method: string, path: string, body?: unknown): Promise<Answer> =>
      send(server.url, token, { method, path, ...(body === undefined ? {} : { body }) }),
    ask: <T>(method: string, path: string, body?: unknown): Promise<T> =>
      call<T>(server.url, token, { method, path, ...(body === undefined ? {} : { body }) }),
    upload: (ask: Ask): Promise<Answer> => send(server.url, token, ask),
  });
  const admin = as(server.admin);

  async function person(kind: 'person' | 'agent', organisation: string, roles: string[]): Promise<Person> {
    const name = `${kind} ${canaries.word()}`;
    const { id } = await admin.ask<{ id: string }>('POST', '/v1/principals', { kind, name, organisation });
    for (const role of roles) await admin.ask('POST', `/v1/principals/${id}/roles`, { organisation, role });
    const { secret } = await admin.ask<{ secret: string }>('POST', `/v1/principals/${id}/tokens`, {
      name: 'test',
    });
    return { id, organisation, token: secret };
  }
  const organisation = async (): Promise<string> =>
    (await admin.ask<{ id: string }>('POST', '/v1/organisations', { name: canaries.word() })).id;
  const home = await organisation();
  const cheat = await person('person', home, ['researcher', 'operator']);
  const agent = await person('agent', home, ['researcher']);
  const accomplice = await person('person', await organisation(), ['researcher']);

  const csv = (table: readonly Row[], header = 'a,b,note,y'): string =>
    `${header}\n${table.map(({ a, b, note, y }) => `${a},${b},${note},${y}`).join('\n')}\n`;

  /** Imports a table, cut, and says what became of it. */
  async function importTable(by: Person, text: string, seed: string, inputs = ['a', 'b']): Promise<Imported> {
    const { ask, upload } = as(by.token);
    const split = { inputs, seed, confirmFraction: 0.5 };
    const { id } = await ask<{ id: string }>('POST', '/v1/imports', { name: 'table', label: open, split });
    await upload({ method: 'PUT', path: `/v1/imports/${id}/content`, content: text });
    const job = await until(
      () =>
        ask<{ state: string; dataset: string; version: string; split: string; failure: unknown }>(
          'GET',
          `/v1/imports/${id}`,
        ),
      ({ state }) => state === 'done' || state === 'failed',
    );
    if (job.state === 'failed') throw new Error(JSON.stringify(job.failure));
    const { seal, rule } = await ask<{ seal: string; rule: SplitRule }>('GET', `/v1/splits/${job.split}`);
    return { dataset: job.dataset, version: job.version, split: job.split, seal, rule };
  }

  /** A campaign on a table, explored and with a model. */
  async function explore(by: Person, table: Imported, inputs = ['a', 'b']): Promise<string> {
    const { ask } = as(by.token);
    const { id } = await ask<{ id: string }>('POST', '/v1/campaigns', {
      title: 'replay',
      source: { kind: 'table', version: table.version, split: table.split, inputs },
      objective: { name: 'y', goal: { kind: 'maximize' } },
      budget: 4,
      seed: canaries.word(),
    });
    await until(
      () => ask<{ campaign: { state: string } }>('GET', `/v1/campaigns/${id}`),
      ({ campaign }) => campaign.state === 'explored',
    );
    const { run } = await ask<{ run: string }>('POST', `/v1/campaigns/${id}/models`, {});
    await until(
      () => ask<{ run: { status: string } }>('GET', `/v1/runs/${run}`),
      (one) => one.run.status === 'succeeded',
    );
    return id;
  }

  let confidence = 0.5;
  const freeze = (by: Person, campaign: string, alpha: number, kind = 'prediction'): Promise<Frozen> => {
    confidence += 0.001;
    return as(by.token).ask('POST', `/v1/campaigns/${campaign}/hypotheses`, { kind, alpha, confidence });
  };
  const openIt = (by: Person, id: string): Promise<Answer> =>
    as(by.token).send('POST', `/v1/hypotheses/${id}/open`);
  const concluded = (by: Person, id: string) =>
    until(
      () => as(by.token).ask<{ state: string; verdict: unknown }>('GET', `/v1/hypotheses/${id}`),
      ({ state }) => state === 'concluded',
    );

  const table = await importTable(cheat, csv(rows), 'first');
  const campaign = await explore(cheat, table);
  const sealed = rows
    .filter(({ a, b }) => sideOf(table.rule, canonicalRowKey({ a, b })) === 'confirm')
    .flatMap(({ note, y }) => [note, String(y)]);
  return {
    ...{ server, cheat, agent, accomplice, rows, sealed, table, campaign, canaries },
    ...{ as, csv, importTable, explore, freeze, openIt, concluded },
  };
}
export type Laboratory = Awaited<ReturnType<typeof openLaboratory>>;
