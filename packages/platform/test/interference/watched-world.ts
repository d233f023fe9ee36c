import { createHash } from 'node:crypto';
import type { Label, Role } from '@genesis/contracts';
import { asCui, cardText } from '../card-for-tests.ts';
import { call, send as sendOnce, until } from '../noninterference/client.ts';
import type { Server } from '../noninterference/running-server.ts';
import { createCanaries } from '../noninterference/world.ts';

export type Person = { name: string; id: string; token: string };
export const nobody: Person = { name: 'without a token', id: '', token: '' };

/** What observers are not cleared for. */
export const secret: Label = { level: 'controlled', categories: ['cui', 'cui:propin', 'pii'] };
const everything: Label = {
  level: 'classified',
  categories: ['cui', 'cui:propin', 'export:itar', 'pii'],
};
export const internal: Label = { level: 'internal', categories: [] };

/** The same for the card itself, so that not even it is shown. */
export const asHiddenCard = {
  ...asCui,
  ...Object.fromEntries(
    Object.entries(asCui)
      .filter(([field]) => field.startsWith('discoverability.sensitivity.'))
      .map(([field, value]) => [field.replace('discoverability.', 'discoverability.datacard.'), value]),
  ),
};

export const visibleWord = 'zirconolite';

/**
 * A laboratory and a partner whose people do what nobody else may see, a firm that has a part in something, and observers of
 * all kinds, each with something to see. Made through the API alone.
 */
export async function watchedWorld(server: Server, tag: string) {
  const { word } = createCanaries(`watched ${tag}`);
  const admin: Person = { name: 'administrator of the platform', id: '', token: server.admin };
  const send = <T>(by: Person, method: string, path: string, body?: unknown) =>
    call<T>(server.url, by.token, { method, path, ...(body === undefined ? {} : { body }) });
  const organisation = async (name: string) =>
    (await send<{ id: string }>(admin, 'POST', '/v1/organisations', { name: `${name} ${tag}` })).id;
  const [lab, firm, elsewhere, partner] = [
    ...[await organisation('Laboratory'), await organisation('Firm')],
    ...[await organisation('Elsewhere'), await organisation('Partner')],
  ] as [string, string, string, string];
  const clerks = new Map<string, Person>();

  async function person(
    name: string,
    home: string,
    held: readonly Role[],
    clearance?: Label,
    scopes = ['*'],
  ): Promise<Person> {
    const made = { kind: 'person', name: `${name} ${tag} ${word()}`, organisation: home };
    const { id } = await send<{ id: string }>(admin, 'POST', '/v1/principals', made);
    for (const role of held)
      await send(admin, 'POST', `/v1/principals/${id}/roles`, { organisation: home, role });
    const clerk = clerks.get(home) ?? admin;
    if (clearance !== undefined) await send(clerk, 'PUT', `/v1/principals/${id}/clearance`, { clearance });
    const issued = { name: 'test', scopes };
    const token = await send<{ secret: string }>(clerk, 'POST', `/v1/principals/${id}/tokens`, issued);
    return { name, id, token: token.secret };
  }
  for (const home of [lab, firm, elsewhere, partner])
    clerks.set(home, await person('clerk', home, ['steward']));

  const owner = await person('owner', lab, ['researcher', 'steward', 'operator'], everything);
  const second = await person('second steward', lab, ['steward'], everything);
  const insider = await person('insider', lab, ['researcher'], everything);
  const ally = await person('ally', partner, ['researcher', 'steward'], everything);
  const firmSteward = await person('steward of the firm', firm, ['steward'], internal);
  const guest = await person('guest', firm, ['researcher'], internal);
  const narrow = await send<{ secret: string }>(
    clerks.get(firm)!,
    'POST',
    `/v1/principals/${guest.id}/tokens`,
    {
      ...{ name: 'narrow', scopes: ['dataset.*', 'card.read'] },
    },
  );
  const observers: Person[] = [
    ...[guest, await person('low researcher', lab, ['researcher'], internal)],
    await person(
      'outsider with every clearance',
      elsewhere,
      ['steward', 'researcher', 'auditor'],
      everything,
    ),
    await person('auditor of the firm', firm, ['auditor'], internal),
    { ...guest, name: 'guest, by a narrow token', token: narrow.secret },
    ...[firmSteward, admin, nobody],
  ];

  async function imported(by: Person, request: object, csv: string) {
    const { id } = await send<{ id: string }>(by, 'POST', '/v1/imports', request);
    await call(server.url, by.token, { method: 'PUT', path: `/v1/imports/${id}/content`, content: csv });
    const done = await until(
      () =>
        send<{ state: string; dataset: string; version: string; split: string | null }>(
          ...([by, 'GET', `/v1/imports/${id}`] as const),
        ),
      ({ state }) => state === 'done' || state === 'failed',
    );
    if (done.state !== 'done') throw new Error(JSON.stringify(done));
    return { ...done, upload: id };
  }

  /** An agreement between the laboratory and others, drafted, told and signed by all. */
  async function agreed(
    parties: readonly { organisation: string; representative: string; by: Person }[],
    more: object,
    acts: readonly ('review' | 'sign')[] = ['review', 'sign'],
  ): Promise<string> {
    const terms = {
      parties: parties.map(({ by: _by, ...party }) => party),
      derived: { owner: lab, mayPublish: [] },
      ...{ purposes: ['train'], intellectualProperty: word() },
      ...{ startsAt: '2026-01-01T00:00:00Z', endsAt: '2099-01-01T00:00:00Z', ...more },
    };
    const draft = { title: word(), type: 'crada', text: `# ${word()}\n`, terms };
    const made = await send<{ id: string; sha256: string }>(owner, 'POST', '/v1/agreements', draft);
    if (acts.includes('review')) await send(owner, 'POST', `/v1/agreements/${made.id}/review`);
    if (acts.includes('sign'))
      for (const { by } of parties)
        await send(by, 'POST', `/v1/agreements/${made.id}/signatures`, { version: 1, sha256: made.sha256 });
    return made.id;
  }

  // What is to be seen: by everybody, by people of the laboratory, by the guest under a grant, and a card without its data.
  const open = await imported(
    owner,
    { name: `Open ${visibleWord}`, label: { level: 'public' }, source: tag },
    'a,b\n1,2\n3,4\n',
  );
  const card = cardText();
  const shared = await imported(
    owner,
    { name: `Shared ${visibleWord}`, label: internal, card },
    'a,b\n1,2\n3,4\n5,6\n',
  );
  const carded = await imported(owner, { name: word(), label: secret, card: cardText(asCui) }, 'a,b\n1,2\n');
  const agreement = await agreed(
    [
      { organisation: lab, representative: owner.id, by: owner },
      { organisation: firm, representative: firmSteward.id, by: firmSteward },
    ],
    { people: [guest.id], datasets: [shared.dataset] },
  );
  const wish = { dataset: shared.dataset, purposes: ['train'], days: 30, reason: 'A model.' };
  const request = await send<{ id: string }>(guest, 'POST', '/v1/access/requests', wish);
  const decision = { approve: true, reason: 'Fits.', agreement };
  const { grant } = await send<{ grant: string }>(
    ...([owner, 'POST', `/v1/access/requests/${request.id}/decision`, decision] as const),
  );
  const saved = await send<{ id: string }>(guest, 'POST', '/v1/saved-searches', {
    ...{ name: 'mine', q: visibleWord, facets: {}, sort: 'newest', purpose: 'train' },
  });
  const project = await send<{ id: string }>(owner, 'POST', '/v1/projects', { name: `open-${tag}` });
  const visible = [
    ...[open.dataset, open.version, shared.dataset, shared.version, carded.dataset, agreement],
    ...[request.id, grant, saved.id, project.id],
  ];
  return {
    ...{ server, send, word, imported, agreed, admin, lab, firm, partner, owner, second, insider, ally },
    ...{ observers, visible, carded, shared, observed: guest },
    /** Any answer, of whoever asks. */
    look: (by: Person, ask: Parameters<typeof sendOnce>[2]) => sendOnce(server.url, by.token, ask),
    sha256: (text: string) => createHash('sha256').update(text).digest('hex'),
  };
}
export type WatchedWorld = Awaited<ReturnType<typeof watchedWorld>>;
