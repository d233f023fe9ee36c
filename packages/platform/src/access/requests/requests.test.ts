import type { Purpose } from '@genesis/contracts';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { accessPlatform, day } from '../../../test/access-platform.ts';
import { bottom } from '../../policy/index.ts';
import { formSchema, newRequestSchema } from '../model.ts';
import { listNotices } from './notices.ts';
import { findRequest, listGrants, listRequests } from './request-store.ts';

type World = Awaited<ReturnType<typeof accessPlatform>>;
const failure = (code: string, says?: RegExp) =>
  expect.objectContaining({
    failure: expect.objectContaining({ code, ...(says && { message: expect.stringMatching(says) }) }),
  });
const approve = async ({ access, as }: World, by: string, id: string, more: object = {}) =>
  await access.decide(await as(by), id, { approve: true, reason: 'Fits.', ...more });
/** Whether somebody may use a dataset now, with the rule that settled it. */
const use = async ({ door, as }: World, by: string, dataset: string, purpose: Purpose = 'train') =>
  await door.use(await as(by), 'dataset.read', dataset, purpose).then(
    () => 'allowed',
    (error: { failure: { code: string; decision?: { rationaleCode: string } } }) =>
      error.failure.decision?.rationaleCode ?? error.failure.code,
  );
/** A dataset under an agreement of laboratory and firm, granted to the guest. */
const granted = async (world: World, days = 30) => {
  const dataset = await world.dataset();
  const agreement = await world.agreed({ datasets: [dataset] });
  const { id } = await world.ask(dataset, { days });
  const { grant, expiresAt } = await approve(world, world.who.steward, id);
  return { dataset, agreement, request: id, grant: grant!, expiresAt: expiresAt! };
};

test('ask, be granted, use, and no longer once the days have gone', async () => {
  const world = await accessPlatform();
  const { access, agreed, ask, as, clock, dataset, door, who } = world;
  const wanted = await dataset();
  const agreement = await agreed({ datasets: [wanted] });
  expect(await use(world, who.guest, wanted)).toBe('not-found');
  const { id } = await ask(wanted);
  const found = await findRequest(door.authorize(await as(who.guest), null), id, clock.now().getTime());
  expect(found).toMatchObject({
    state: 'asked',
    row: { agreement, purposes: ['explore', 'train'], holders: [who.guest] },
  });
  const told = await listNotices(door.authorize(await as(who.second), null), access.projectsOf, 10);
  expect(told).toMatchObject([{ about: id, recipient: world.lab }]);
  expect(await approve(world, who.steward, id)).toMatchObject({ state: 'granted' });
  expect(await use(world, who.guest, wanted)).toBe('allowed');
  expect(await use(world, who.guest, wanted, 'explore')).toBe('allowed');
  expect(await use(world, who.guest, wanted, 'publish')).toBe('default-deny');
  expect(await use(world, who.colleague, wanted)).toBe('not-found');
  clock.advance(30 * day);
  expect(await use(world, who.guest, wanted)).toBe('default-deny');
  const asked = await ask(wanted);
  expect(asked.id).not.toBe(id);
});

test('a grant ends with its agreement: at its end, when it is terminated, suspended, or amended away', async () => {
  const world = await accessPlatform();
  const { access, as, clock, who, sign, termsOf } = world;
  const one = await granted(world, 3650);
  expect(Date.parse(one.expiresAt)).toBe(Date.parse(termsOf().endsAt));
  const reason = 'The work is over.';
  const change = async (act: 'suspend' | 'resume' | 'terminate') =>
    await access.change(await as(who.steward), one.agreement, { act, reason });
  await change('suspend');
  expect(await use(world, who.guest, one.dataset)).toBe('default-deny');
  await change('resume');
  expect(await use(world, who.guest, one.dataset)).toBe('allowed');
  await change('terminate');
  const after = await as(who.guest);
  expect(after.grants).toMatchObject([{ id: one.grant, ended: 'agreement-ended' }]);
  expect(await use(world, who.guest, one.dataset)).toBe('default-deny');

  const two = await granted(world);
  const { id: agreement, ...shorter } = await access.amend(await as(who.steward), two.agreement, {
    ...{ text: '# Shorter', fill: {} },
    terms: termsOf({
      datasets: [two.dataset],
      endsAt: new Date(clock.now().getTime() + 2 * day).toISOString(),
    }),
  });
  await sign(agreement, who.labSigns, shorter);
  await sign(agreement, who.firmSigns, shorter);
  const { grants = [] } = await as(who.guest);
  expect(grants.find(({ id }) => id === two.grant)?.expiresAt).toBe(clock.now().getTime() + 2 * day);

  const three = await granted(world);
  const { id: last, ...without } = await access.amend(await as(who.steward), three.agreement, {
    ...{ terms: termsOf({ datasets: [] }), text: '# Without', fill: {} },
  });
  await sign(last, who.labSigns, without);
  await sign(last, who.firmSigns, without);
  expect(await use(world, who.guest, three.dataset)).toBe('default-deny');
});

test('renewal and revocation count at the next decision', async () => {
  const world = await accessPlatform();
  const { access, as, clock, who } = world;
  const one = await granted(world);
  const renew = async (by: string, days: number) =>
    await access.renew(await as(by), one.grant, { days, reason: 'Not done yet.' });
  await expect(renew(who.guest, 60)).rejects.toEqual(failure('denied'));
  await expect(renew(who.steward, 5)).rejects.toEqual(failure('invalid-input', /days: it ends/));
  await renew(who.steward, 60);
  clock.advance(45 * day);
  expect(await use(world, who.guest, one.dataset)).toBe('allowed');
  // The agreement ends after 365 days: no renewal reaches further.
  expect(Date.parse((await renew(who.steward, 3650)).expiresAt)).toBe(clock.now().getTime() + 320 * day);
  await expect(renew(who.steward, 3650)).rejects.toEqual(failure('invalid-input', /reaches no further/));
  const revoke = async (by: string) => await access.revoke(await as(by), one.grant, 'Misused.');
  await expect(revoke(who.guest)).rejects.toEqual(failure('denied'));
  await expect(revoke(who.outsider)).rejects.toEqual(failure('not-found'));
  await revoke(who.second);
  expect(await use(world, who.guest, one.dataset)).toBe('default-deny');
  await expect(revoke(who.second)).rejects.toEqual(failure('conflict', /revoked already/));
  await expect(renew(who.steward, 60)).rejects.toEqual(failure('conflict'));
});

test('a grant whose days have gone is asked for again, and not renewed', async () => {
  const world = await accessPlatform();
  const { access, as, clock, who } = world;
  const one = await granted(world);
  clock.advance(40 * day);
  const late = access.renew(await as(who.steward), one.grant, { days: 60, reason: 'Not done yet.' });
  await expect(late).rejects.toEqual(failure('conflict', /has ended: ask again/));
  expect(await use(world, who.guest, one.dataset)).toBe('default-deny');
});

test('nobody decides about themselves, and whoever may not know of a request finds none', async () => {
  const world = await accessPlatform();
  const { access, agreed, ask, as, clock, dataset, door, ids, who } = world;
  const wanted = await dataset();
  await agreed({ datasets: [wanted], people: [who.guest, who.steward] });
  const own = await ask(wanted, {}, who.steward);
  await expect(approve(world, who.steward, own.id)).rejects.toEqual(failure('denied', /not-own-request/));
  expect(await approve(world, who.second, own.id)).toMatchObject({ state: 'granted' });
  const { id } = await ask(wanted);
  const never = ids.next('request');
  for (const by of [who.outsider, who.colleague, who.member, who.firmSteward])
    for (const of of [id, never]) await expect(approve(world, by, of)).rejects.toEqual(failure('not-found'));
  await expect(approve(world, who.guest, id)).rejects.toEqual(failure('denied'));
  await expect(approve(world, who.auditor, id)).rejects.toEqual(failure('denied'));
  const agent = await as(who.second, { kind: 'agent' });
  await expect(access.decide(agent, id, { approve: true, reason: 'x' })).rejects.toEqual(failure('denied'));
  const at = clock.now().getTime();
  expect(await listRequests(door.authorize(await as(who.outsider), null), at)).toEqual([]);
  // A token that does not cover it, one that an administrator made, and a confined delegation see none.
  const narrow = await as(who.guest, { tokenScopes: ['dataset.*'] });
  const unvouched = await as(who.guest, { uncleared: true });
  for (const principal of [narrow, unvouched])
    expect(await listRequests(door.authorize(principal, null), at)).toEqual([]);
});

test('whoever may neither see the card nor the dataset asks for something that does not exist', async () => {
  const world = await accessPlatform();
  const { access, agreed, as, ask, database, dataset, ids, who } = world;
  const hidden = await dataset({ level: 'internal', categories: [] });
  const bare = await dataset(null);
  const never = ids.next('dataset');
  const same: unknown[] = [];
  for (const of of [hidden, bare, never]) {
    same.push(await ask(of, {}, who.outsider).catch((error: { failure: unknown }) => error.failure));
    await expect(access.showForm(await as(who.outsider), of)).rejects.toEqual(failure('not-found'));
  }
  expect(same[0]).toEqual(same[2]);
  expect(same[1]).toEqual(same[2]);
  const { rows } = await database.orm.execute(
    sql`select distinct effect from ledger_entry where action = 'access.request'`,
  );
  expect(rows).toEqual([{ effect: 'deny' }]);
  // Members see the dataset itself; people whom an agreement covers see the card.
  expect(await ask(bare, {}, who.member)).toMatchObject({ state: 'asked' });
  await agreed({ datasets: [hidden] });
  expect(await ask(hidden)).toMatchObject({ state: 'asked' });
  await expect(ask(hidden, {}, who.colleague)).rejects.toEqual(failure('not-found'));
});

test('an agreement has to cover dataset, purpose and person', async () => {
  const world = await accessPlatform();
  const { access, agreed, ask, as, dataset, who } = world;
  const [wanted, other] = [await dataset(), await dataset()];
  const agreement = await agreed({ datasets: [other] });
  const { id } = await ask(wanted);
  const decide = async (more: object) => await approve(world, who.steward, id, more);
  await expect(decide({ agreement })).rejects.toEqual(failure('invalid-input', /does not cover the dataset/));
  const narrow = await agreed({ datasets: [wanted], purposes: ['explore'] });
  await expect(decide({ agreement: narrow })).rejects.toEqual(failure('invalid-input', /purpose train/));
  const others = await agreed({ datasets: [wanted], people: [who.colleague] });
  await expect(decide({ agreement: others })).rejects.toEqual(
    failure('invalid-input', /does not cover prn_/),
  );
  await expect(ask(wanted, { agreement: others })).rejects.toEqual(
    failure('invalid-input', /agreement: there is no agreement with this id/),
  );
  const over = await agreed({ datasets: [wanted] });
  await access.change(await as(who.steward), over, { act: 'terminate', reason: 'x' });
  await expect(decide({ agreement: over })).rejects.toEqual(failure('invalid-input', /it is terminated/));
  const fits = await agreed({ datasets: [wanted] });
  expect(await decide({ agreement: fits, days: 3 })).toMatchObject({ state: 'granted' });
  expect((await as(who.guest)).grants).toMatchObject([
    { agreement: fits, expiresAt: world.clock.now().getTime() + 3 * day },
  ]);
});

test('what a grant is made to: people, a project with whoever is in it, an organisation', async () => {
  const world = await accessPlatform();
  const { ask, as, dataset, firm, ids, projects, who } = world;
  const [forPeople, forProject, forAll] = [await dataset(), await dataset(), await dataset()];
  const project = ids.next('project');
  await expect(ask(forProject, { project })).rejects.toEqual(failure('invalid-input', /project: /));
  await projects.join(who.guest, project);
  await expect(ask(forPeople, { people: [who.member] })).rejects.toEqual(
    failure('invalid-input', /people\.0/),
  );
  await expect(ask(forAll, { organisation: world.lab })).rejects.toEqual(
    failure('invalid-input', /organisation: /),
  );
  const grant = async (of: string, more: object) =>
    await approve(world, who.steward, (await ask(of, more)).id);
  await grant(forPeople, { people: [who.guest, who.colleague] });
  await grant(forProject, { project });
  await grant(forAll, { organisation: firm });
  const colleague = async () => (await as(who.colleague)).grants!.map(({ dataset: of }) => of).sort();
  expect(await colleague()).toEqual([forPeople, forAll].sort());
  await projects.join(who.colleague, project);
  expect(await colleague()).toEqual([forPeople, forProject, forAll].sort());
  await projects.leave(who.colleague);
  expect(await use(world, who.colleague, forProject)).toBe('not-found');
  expect((await as(who.outsider)).grants).toEqual([]);
  const scope = world.door.authorize(await as(who.colleague), null);
  expect(await listGrants(scope, world.access.projectsOf, world.clock.now().getTime())).toHaveLength(2);
});

test('a form: every answer is checked by its question, terms are accepted, and the request keeps the questions', async () => {
  const world = await accessPlatform();
  const { access, as, ask, clock, dataset, door, lab, who } = world;
  const [wanted, other] = [await dataset(), await dataset()];
  const form = formSchema.parse({
    dataset: wanted,
    questions: [
      { id: 'aim', text: 'What for?', type: 'text' },
      { id: 'where', text: 'Where?', type: 'choice', choices: ['here', 'elsewhere'] },
      { id: 'people', text: 'About people?', type: 'yes-no' },
      { id: 'more', text: 'Anything else?', type: 'text', required: false },
    ],
    terms: 'Name the source.',
  });
  await expect(access.setForm(await as(who.member), form)).rejects.toEqual(failure('denied'));
  await expect(access.setForm(await as(who.outsider), form)).rejects.toEqual(failure('not-found'));
  await access.setForm(await as(who.steward), form);
  expect(await access.showForm(await as(who.guest), wanted)).toMatchObject({
    organisation: lab,
    terms: form.terms,
  });
  expect((await access.showForm(await as(who.guest), other)).questions).toEqual([]);
  const good = { answers: { aim: 'Alloys', where: 'here', people: false }, acceptTerms: true };
  const bad: [object, RegExp][] = [
    [{ acceptTerms: false }, /^acceptTerms: /],
    [{ answers: {} }, /answers\.aim.*answers\.where.*answers\.people/],
    [{ answers: { ...good.answers, aim: ' ' } }, /answers\.aim: this question must be answered/],
    [{ answers: { ...good.answers, where: 'there' } }, /answers\.where: expected one of here, elsewhere/],
    [{ answers: { ...good.answers, people: 'no' } }, /answers\.people: expected true or false/],
    [{ answers: { ...good.answers, aim: true } }, /answers\.aim: expected text/],
    [{ answers: { ...good.answers, extra: 'x' } }, /answers\.extra: the form has no such question/],
  ];
  for (const [more, says] of bad)
    await expect(ask(wanted, { ...good, ...more })).rejects.toEqual(failure('invalid-input', says));
  const { id } = await ask(wanted, good);
  const { row } = await findRequest(door.authorize(await as(who.steward), null), id, clock.now().getTime());
  expect(row.acceptedTerms).toMatch(/^[0-9a-f]{64}$/);
  expect(row.answers).toEqual([
    { id: 'aim', question: 'What for?', answer: 'Alloys' },
    { id: 'where', question: 'Where?', answer: 'here' },
    { id: 'people', question: 'About people?', answer: false },
  ]);
  // A form for everything of the organisation holds where there is none of the dataset.
  await access.setForm(await as(who.steward), formSchema.parse({ questions: [], terms: 'Be kind.' }));
  expect((await access.showForm(await as(who.guest), other)).terms).toBe('Be kind.');
  expect((await access.showForm(await as(who.guest), wanted)).terms).toBe('Name the source.');
});

test('a second party: a person of each side, whoever comes first, and a refusal by either ends it', async () => {
  const world = await accessPlatform();
  const { access, agreed, as, ask, dataset, door, who } = world;
  const wanted = await dataset();
  await agreed({ datasets: [wanted], secondParty: true });
  const first = await ask(wanted);
  expect(await approve(world, who.steward, first.id)).toMatchObject({
    state: 'approved-by-one',
    grant: null,
  });
  await expect(approve(world, who.steward, first.id)).rejects.toEqual(failure('conflict', /second person/));
  expect(await approve(world, who.second, first.id)).toMatchObject({ state: 'approved-by-one' });
  expect(await use(world, who.guest, wanted)).toBe('not-found');
  const last = await approve(world, who.firmSteward, first.id);
  expect(last).toMatchObject({ state: 'granted' });
  expect(await use(world, who.guest, wanted)).toBe('allowed');
  await expect(access.renew(await as(who.steward), last.grant!, { days: 90, reason: 'x' })).rejects.toEqual(
    failure('conflict', /has to approve too/),
  );
  const scope = door.authorize(await as(who.firmSteward), null);
  expect(await listGrants(scope, access.projectsOf, world.clock.now().getTime())).toHaveLength(1);
  await access.revoke(await as(who.firmSteward), last.grant!, 'Our side ends it.');
  expect(await use(world, who.guest, wanted)).toBe('default-deny');

  const second = await ask(wanted);
  const other = await agreed({ datasets: [wanted] });
  // The second side approves what the owner rests it on, and cannot put another agreement in its place.
  await expect(approve(world, who.firmSteward, second.id, { agreement: other })).rejects.toEqual(
    failure('invalid-input', /agreement: the first steward of the owner names it/),
  );
  await approve(world, who.firmSteward, second.id);
  expect(
    await access.decide(await as(who.second), second.id, { approve: false, reason: 'No.' }),
  ).toMatchObject({ state: 'refused' });
  await expect(approve(world, who.steward, second.id)).rejects.toEqual(failure('conflict', /is refused/));
});

test('a form can demand two stewards of the owner', async () => {
  const world = await accessPlatform();
  const { access, as, ask, dataset, lab, who } = world;
  const wanted = await dataset();
  await access.setForm(await as(who.steward), formSchema.parse({ questions: [], secondParty: lab }));
  const { id } = await ask(wanted);
  expect(await approve(world, who.steward, id)).toMatchObject({ state: 'approved-by-one' });
  await expect(approve(world, who.steward, id)).rejects.toEqual(failure('conflict', /second person/));
  expect(await approve(world, who.second, id)).toMatchObject({ state: 'granted' });
});

test('two stewards who decide at once: one grant, and the other is told that nothing is left', async () => {
  const world = await accessPlatform();
  const { access, as, ask, database, dataset, who } = world;
  const { id } = await ask(await dataset());
  const [one, two] = [await as(who.steward), await as(who.second)];
  const words = [one, two, one, two].map((by, i) =>
    access.decide(by, id, { approve: i % 2 === 0, reason: 'At once.' }),
  );
  const settled = await Promise.allSettled(words);
  expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  const { rows } = await database.orm.execute(sql`select (select count(*)::int from access_decision) as words,
    (select count(*)::int from access_grant) as grants, (select state from access_request) as state`);
  const { words: said, grants, state } = rows[0]!;
  expect(said).toBe(1);
  expect(grants).toBe(state === 'granted' ? 1 : 0);
});

test('a request is taken back by who made it, and lapses when nobody decides', async () => {
  const world = await accessPlatform();
  const { access, as, ask, clock, dataset, door, who } = world;
  const wanted = await dataset();
  const { id } = await ask(wanted);
  await expect(access.withdraw(await as(who.steward), id)).rejects.toEqual(
    failure('conflict', /Only who asked/),
  );
  expect(await access.withdraw(await as(who.guest), id)).toMatchObject({ state: 'withdrawn' });
  await expect(approve(world, who.steward, id)).rejects.toEqual(failure('conflict', /is withdrawn/));
  const later = await ask(wanted);
  clock.advance(60 * day);
  const scope = door.authorize(await as(who.steward), null);
  expect(await findRequest(scope, later.id, clock.now().getTime())).toMatchObject({ state: 'lapsed' });
  await expect(approve(world, who.steward, later.id)).rejects.toEqual(failure('conflict', /is lapsed/));
});

test('a repeated request with its key acts once', async () => {
  const world = await accessPlatform();
  const { access, as, database, dataset, who } = world;
  const wanted = newRequestSchema.parse({
    ...{ dataset: await dataset(), purposes: ['train'], days: 3, reason: 'Once.' },
  });
  const key = { principal: who.guest, key: 'once', hash: 'x' };
  const first = await access.request(await as(who.guest), wanted, key);
  expect(await access.request(await as(who.guest), wanted, key)).toEqual(first);
  const { rows } = await database.orm.execute(sql`select id from access_request`);
  expect(rows).toHaveLength(1);
});

test('what is wrong with a request is said by field', async () => {
  const { ids, who } = await accessPlatform();
  const wrong = (more: object) =>
    newRequestSchema
      .safeParse({ dataset: ids.next('dataset'), purposes: ['train'], days: 30, reason: 'x', ...more })
      .error?.issues.map(({ path }) => path.join('.'));
  expect(wrong({})).toBeUndefined();
  expect(wrong({ dataset: 'alloys' })).toEqual(['dataset']);
  expect(wrong({ purposes: [] })).toEqual(['purposes']);
  expect(wrong({ purposes: ['redistribute'] })).toEqual(['purposes.0']);
  expect(wrong({ days: 0 })).toEqual(['days']);
  expect(wrong({ days: 1.5 })).toEqual(['days']);
  expect(wrong({ reason: ' ' })).toEqual(['reason']);
  expect(wrong({ people: ['me'] })).toEqual(['people.0']);
  expect(wrong({ people: [who.guest], organisation: ids.next('organisation') })).toEqual(['people']);
  expect(wrong({ purpose: 'train' })).toEqual(['']);
  const form = (question: object) =>
    formSchema
      .safeParse({ questions: [{ id: 'a', text: 'A?', type: 'text', ...question }] })
      .error?.issues.map(({ path }) => path.join('.'));
  expect(form({})).toBeUndefined();
  expect(form({ type: 'choice' })).toEqual(['questions.0.choices']);
  expect(form({ choices: ['a', 'b'] })).toEqual(['questions.0.choices']);
  expect(form({ id: 'A b' })).toEqual(['questions.0.id']);
});

test('a public card is enough to ask; what stands behind it stays hidden', async () => {
  const world = await accessPlatform();
  const { ask, dataset, who } = world;
  const wanted = await dataset(bottom);
  expect(await ask(wanted, {}, who.outsider)).toMatchObject({ state: 'asked' });
  expect(await use(world, who.outsider, wanted, 'explore')).toBe('not-found');
});
