import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { configSchema } from '@genesis/contracts';
import { startPlatform } from '../../src/main.ts';

/** JSON as it came: tests look into it and fail where it is another. */
const parsed = (text: string) => (text === '' ? null : JSON.parse(text));
export type Answer = { status: number; body: ReturnType<typeof parsed>; headers: Headers };
export type Person = { id: string; token: string };

/** A platform in this process. */
export async function startWorld(dataFolder: string, config: Partial<Record<string, unknown>> = {}) {
  const platform = await startPlatform(
    configSchema.parse({ dataFolder, port: 0, logLevel: 'error', reserveBytes: 0, ...config }),
  );
  return await worldAt(platform.url, dataFolder, () => platform.close());
}

/** A platform with its own machine, as its users meet it: over HTTP. */
export async function worldAt(url: string, dataFolder: string, close: () => Promise<void>) {
  const admin = (await readFile(join(dataFolder, 'admin.token'), 'utf8')).trim();

  async function call(
    who: Pick<Person, 'token'> | null,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const answer = await fetch(url + path, {
      method,
      headers: {
        connection: 'close',
        ...(who === null ? {} : { authorization: `Bearer ${who.token}` }),
        ...(body === undefined || body instanceof FormData ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: body instanceof FormData ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: parsed(text), headers: answer.headers };
  }

  /** For what must succeed. */
  async function must(...given: Parameters<typeof call>): Promise<Answer['body']> {
    const { status, body } = await call(...given);
    if (status >= 300) throw new Error(`${given[1]} ${given[2]}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  const root = { token: admin };
  const home: string = (await must(root, 'GET', '/v1/me')).organisation;

  async function newOrganisation(name: string): Promise<string> {
    return (await must(root, 'POST', '/v1/organisations', { name })).id;
  }

  /** Somebody of an organisation with roles there, or on the platform itself. */
  async function newPerson(name: string, roles: readonly string[], organisation = home): Promise<Person> {
    const belongsTo = organisation === 'platform' ? home : organisation;
    const wanted = { kind: 'person', name, organisation: belongsTo };
    const { id } = await must(root, 'POST', '/v1/principals', wanted);
    for (const role of roles) await must(root, 'POST', `/v1/principals/${id}/roles`, { organisation, role });
    const { secret } = await must(root, 'POST', `/v1/principals/${id}/tokens`, { name: 'first' });
    return { id, token: secret };
  }

  /** A token that carries the person's clearance: made by a steward. */
  async function clear(steward: Person, who: Person, clearance: object): Promise<Person> {
    await must(steward, 'PUT', `/v1/principals/${who.id}/clearance`, { clearance });
    const { secret } = await must(steward, 'POST', `/v1/principals/${who.id}/tokens`, { name: 'cleared' });
    return { id: who.id, token: secret };
  }

  async function newProject(steward: Person, members: readonly Person[], wanted: object = {}) {
    const { id } = await must(steward, 'POST', '/v1/projects', { name: 'fusion', ...wanted });
    for (const member of members) await must(steward, 'PUT', `/v1/projects/${id}/members/${member.id}`);
    const found = await must(steward, 'GET', `/v1/projects/${id}`);
    return { id: id as string, folder: found.folder as string };
  }

  const resources: { id: string; name: string }[] = await must(null, 'GET', '/api/v2/status/resources');
  const idOf = (name: string): string => {
    const found = resources.find((one) => one.name === name);
    if (found === undefined) throw new Error(`there is no resource ${name}`);
    return found.id;
  };
  const machine = idOf('local');
  const store = idOf('projects');

  /** Asks for an operation on files and waits for its end; an answer that is no success comes back as it is. */
  async function file(who: Person, name: string, body: unknown): Promise<Answer> {
    const asked = await call(who, 'POST', `/api/v2/filesystem/${name}/${store}`, body);
    return asked.status >= 300 ? asked : await taskEnd(who, asked.body.task_id);
  }

  async function taskEnd(who: Person, id: string): Promise<Answer> {
    for (;;) {
      const found = await call(who, 'GET', `/api/v2/task/${id}`);
      if (found.status !== 200 || !['pending', 'active'].includes(found.body.status)) return found;
      await pause(25);
    }
  }

  async function upload(
    who: Person,
    path: string,
    content: string | Uint8Array<ArrayBuffer>,
  ): Promise<Answer> {
    const form = new FormData();
    form.set('file', new Blob([content]), 'file');
    const query = new URLSearchParams({ path });
    const asked = await call(who, 'POST', `/api/v2/filesystem/upload/${store}?${query.toString()}`, form);
    return asked.status >= 300 ? asked : await taskEnd(who, asked.body.task_id);
  }

  const submit = (who: Person, spec: unknown, headers: Record<string, string> = {}, on = machine) =>
    call(who, 'POST', `/api/v2/compute/job/${on}`, spec, headers);

  async function jobEnd(who: Person, id: string, on = machine): Promise<Answer['body']> {
    for (;;) {
      const { body } = await call(who, 'GET', `/api/v2/compute/status/${on}/${id}`);
      if (!['new', 'queued', 'active'].includes(body.status?.state)) return body;
      await pause(50);
    }
  }

  return {
    ...{ url, home, root, machine, store, call, must, newOrganisation, newPerson, clear, newProject },
    ...{ file, taskEnd, upload, submit, jobEnd },
    close,
  };
}
export type World = Awaited<ReturnType<typeof startWorld>>;
