import type { Label } from '@genesis/contracts';
import { call, send } from './client.ts';
import type { Server } from './server.ts';
import type { World } from './world.ts';

const internal: Label = { level: 'internal', categories: [] };

/**
 * Two people follow the log of a run that says `before`, waits, and says `after`. Between the two, one loses the
 * clearance and the other the token. What each has received in the end.
 */
export async function followWhileLosing(
  server: Server,
  { cast }: World,
  words: { before: string; after: string },
): Promise<{ uncleared: string; revoked: string; owner: string }> {
  const { url, admin } = server;
  const { orgA, owner } = cast;
  const make = <T>(token: string, method: string, path: string, body: unknown) =>
    call<T>(url, token, { method, path, body });
  const watcher = await make<{ id: string }>(admin, 'POST', '/v1/principals', {
    kind: 'person',
    name: `watcher ${words.before}`,
    organisation: orgA,
  });
  await make(admin, 'POST', `/v1/principals/${watcher.id}/roles`, { organisation: orgA, role: 'auditor' });
  const clear = (clearance: Label) =>
    make(owner.token, 'PUT', `/v1/principals/${watcher.id}/clearance`, { clearance });
  await clear(internal);
  const token = (of: string) =>
    make<{ id: string; secret: string }>(owner.token, 'POST', `/v1/principals/${of}/tokens`, {
      name: 'watch',
    });
  const [watching, borrowed] = [await token(watcher.id), await token(owner.id)];

  const name = `c${words.before}`;
  await make(owner.token, 'POST', '/v1/capabilities', {
    name,
    version: '1.0.0',
    summary: 'waits between two lines',
    profile: 'analysis',
    implementation: {
      kind: 'command',
      executable: '/bin/sh',
      arguments: ['-c', `echo ${words.before}; sleep 4; echo ${words.after}; echo {} > output.json`],
    },
    input: {},
    output: {},
    labelRule: { atLeast: internal },
  });
  const { id } = await make<{ id: string }>(owner.token, 'POST', '/v1/runs', { capability: name, input: {} });
  const streams = [watching.secret, borrowed.secret, owner.token].map((bearer) => follow(url, bearer, id));
  while (streams.some((stream) => !stream.text().includes(words.before) && !stream.ended()))
    await new Promise((resolve) => setTimeout(resolve, 50));
  await clear({ level: 'public', categories: [] });
  await send(url, owner.token, {
    method: 'DELETE',
    path: `/v1/principals/${owner.id}/tokens/${borrowed.id}`,
  });
  const [uncleared, revoked, whole] = await Promise.all(streams.map((stream) => stream.all));
  return { uncleared: uncleared!, revoked: revoked!, owner: whole! };
}

function follow(url: string, token: string, run: string) {
  let text = '';
  let ended = false;
  const all = (async () => {
    const answer = await fetch(`${url}/v1/runs/${run}/logs`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const decoder = new TextDecoder();
    for await (const chunk of answer.body!) text += decoder.decode(chunk, { stream: true });
    ended = true;
    return text;
  })();
  return { text: () => text, ended: () => ended, all };
}
