import { setTimeout as pause } from 'node:timers/promises';
import { type Person, startWorld } from '../iri/world.ts';

type Imported = { dataset: string; version: string };

/** A platform over HTTP with a steward, a cleared steward, and somebody of another firm. */
export async function startMetadataWorld(dataFolder: string, config: Record<string, unknown> = {}) {
  const world = await startWorld(dataFolder, config);
  // The first steward of an organisation vouches for the others.
  const head = await world.newPerson('Hanna', ['steward']);
  const internal = { level: 'internal', categories: [] };
  const controlled = { level: 'controlled', categories: ['cui', 'cui:propin', 'proprietary'] };
  const member = (name: string) => world.newPerson(name, ['steward', 'researcher', 'auditor']);
  const steward = await world.clear(head, await member('Rosa'), internal);
  const cleared = await world.clear(head, await member('Carla'), controlled);
  const firm = await world.newOrganisation('Firm');
  const boss = await world.newPerson('Frida', ['steward'], firm);
  const guest = await world.newPerson('Fred', ['steward', 'researcher'], firm);
  const stranger = await world.clear(boss, guest, internal);

  async function call(
    who: Pick<Person, 'token'> | null,
    method: string,
    path: string,
    body?: string | Uint8Array<ArrayBuffer>,
    type?: string,
  ) {
    const answer = await fetch(world.url + path, {
      method,
      headers: {
        connection: 'close',
        ...(who === null ? {} : { authorization: `Bearer ${who.token}` }),
        ...(type === undefined ? {} : { 'content-type': type }),
      },
      ...(body === undefined ? {} : { body }),
    });
    return { status: answer.status, body: await answer.text(), headers: answer.headers };
  }
  async function text(who: Pick<Person, 'token'> | null, path: string, method = 'GET'): Promise<string> {
    const { status, body } = await call(who, method, path);
    if (status !== 200) throw new Error(`${method} ${path}: ${status} ${body}`);
    return body;
  }
  const json = async (who: Pick<Person, 'token'> | null, path: string, method = 'GET') =>
    JSON.parse(await text(who, path, method));

  async function oai(who: Pick<Person, 'token'> | null, query: string, method = 'GET'): Promise<string> {
    const answer =
      method === 'GET'
        ? await call(who, 'GET', `/oai?${query}`)
        : await call(who, 'POST', '/oai', query, 'application/x-www-form-urlencoded');
    if (answer.status !== 200) throw new Error(`/oai?${query}: ${answer.status} ${answer.body}`);
    return answer.body;
  }

  async function waitFor(who: Person, job: string): Promise<Imported> {
    for (;;) {
      const found = await world.must(who, 'GET', `/v1/imports/${job}`);
      if (found.state === 'failed') throw new Error(JSON.stringify(found.failure));
      if (found.state === 'done') return found;
      await pause(50);
    }
  }

  /** Imports bytes as a dataset, or a further version of one. */
  async function imported(
    request: object,
    content: string | Uint8Array<ArrayBuffer>,
    who: Person = steward,
  ): Promise<Imported> {
    const { id } = await world.must(who, 'POST', '/v1/imports', request);
    const sent = await call(who, 'PUT', `/v1/imports/${id}/content`, content, 'application/octet-stream');
    if (sent.status !== 202) throw new Error(sent.body);
    return await waitFor(who, id);
  }

  return { ...world, call, text, json, oai, waitFor, imported, steward, cleared, stranger };
}
export type MetadataWorld = Awaited<ReturnType<typeof startMetadataWorld>>;
