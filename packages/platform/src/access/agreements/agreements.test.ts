import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { agreementActs, agreementMoves, agreementStates } from '@genesis/contracts';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { accessPlatform, day } from '../../../test/access-platform.ts';
import { temporaryFolder } from '../../../test/temporary-folder.ts';
import { newAgreementSchema } from '../model.ts';
import { findAgreement, findVersion, listAgreements } from './agreement-store.ts';

type World = Awaited<ReturnType<typeof accessPlatform>>;
const failure = (code: string, says?: RegExp) =>
  expect.objectContaining({
    failure: expect.objectContaining({ code, ...(says && { message: expect.stringMatching(says) }) }),
  });
const show = async ({ door, as }: World, who: string, id: string) =>
  await findAgreement(door.authorize(await as(who), null), id);
const change = async (
  { access, as }: World,
  by: string,
  id: string,
  act: 'review' | 'suspend' | 'resume' | 'terminate',
) => await access.change(await as(by), id, { act, reason: act === 'review' ? null : 'because' });

test('the way of an agreement: drafted, reviewed, signed by both, active, expired, by the clock alone', async () => {
  const world = await accessPlatform();
  const { access, as, who, clock, draft, sign, door, blobs } = world;
  const startsAt = new Date(clock.now().getTime() + 10 * day).toISOString();
  const made = await draft({ startsAt });
  expect(made).toMatchObject({ state: 'drafted', version: 1 });
  const { text } = await findVersion(door.authorize(await as(who.steward), null), made.id, 1);
  const bytes = await blobs.read(text);
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(made.sha256);
  expect(bytes.toString()).toContain(who.guest);

  await expect(sign(made.id, who.labSigns, made)).rejects.toEqual(failure('conflict', /is drafted/));
  expect((await change(world, who.steward, made.id, 'review')).state).toBe('in-review');
  expect(await sign(made.id, who.labSigns, made)).toMatchObject({
    state: 'in-review',
    missing: [world.firm],
  });
  await expect(sign(made.id, who.labSigns, made)).rejects.toEqual(failure('conflict', /signed this version/));
  expect(await sign(made.id, who.firmSigns, made)).toMatchObject({ state: 'signed', missing: [] });

  const stateOf = async () =>
    (await access
      .change(await as(who.steward), made.id, { act: 'resume', reason: 'x' })
      .catch((error) => error.message)) as string;
  expect(await stateOf()).toContain('The agreement is signed');
  clock.advance(10 * day);
  expect(await stateOf()).toContain('The agreement is active');
  clock.advance(355 * day);
  expect(await stateOf()).toContain('The agreement is expired');
});

test('each act is possible in the states of the table, and in no other', async () => {
  const world = await accessPlatform();
  const { access, agreed, as, clock, database, draft, sign, termsOf, who } = world;
  const reach: Record<string, () => Promise<{ id: string; version: number; sha256: string }>> = {
    drafted: () => draft(),
    'in-review': async () => {
      const made = await draft();
      await change(world, who.steward, made.id, 'review');
      return made;
    },
    signed: async () =>
      await latest(await agreed({ startsAt: new Date(clock.now().getTime() + day).toISOString() })),
    active: async () => await latest(await agreed()),
    suspended: async () => {
      const id = await agreed();
      await change(world, who.steward, id, 'suspend');
      return await latest(id);
    },
    expired: async () => {
      const id = await agreed();
      await database.orm.execute(
        sql`update agreement set ends_at = ${clock.now().getTime()} where id = ${id}`,
      );
      return await latest(id);
    },
    terminated: async () => {
      const made = await draft();
      await change(world, who.steward, made.id, 'terminate');
      return made;
    },
  };
  const latest = async (id: string) => {
    const { row, current } = await show(world, who.steward, id);
    return { id, version: row.latest, sha256: current.text.sha256 };
  };
  let tried = 0;
  for (const state of agreementStates) {
    for (const act of agreementActs) {
      const one = await reach[state]!();
      const signing = act === 'sign' && state !== 'drafted' && state !== 'in-review';
      // What is in force has to be amended before there is something to sign.
      const proposed =
        signing && agreementMoves.sign.from.includes(state)
          ? await access.amend(await as(who.steward), one.id, { terms: termsOf(), text: '# More', fill: {} })
          : one;
      const acting =
        act === 'sign'
          ? sign(one.id, who.labSigns, proposed)
          : act === 'amend'
            ? access.amend(await as(who.steward), one.id, { terms: termsOf(), text: '# Other', fill: {} })
            : change(world, who.steward, one.id, act);
      const outcome = await acting.then(
        () => 'done',
        (error: { failure?: { code: string } }) => error.failure?.code,
      );
      expect(outcome, `${act} while ${state}`).toBe(
        agreementMoves[act].from.includes(state) ? 'done' : 'conflict',
      );
      tried++;
    }
  }
  expect(tried).toBe(42);
});

test('who is no party learns nothing: the answer is that of an agreement that never was', async () => {
  const world = await accessPlatform();
  const { access, as, database, door, draft, ids, who } = world;
  const { id, ...signature } = await draft();
  const never = ids.next('agreement');
  const asked = async (by: string, of: string) => {
    const principal = await as(by);
    const scope = door.authorize(principal, null);
    const tries = [
      () => findAgreement(scope, of),
      () => access.change(principal, of, { act: 'review', reason: null }),
      () => access.change(principal, of, { act: 'terminate', reason: 'x' }),
      () => access.sign(principal, of, signature),
      () => access.impact(principal, of),
      () => access.amend(principal, of, { terms: world.termsOf(), text: 'x', fill: {} }),
    ];
    const answers: unknown[] = [];
    for (const one of tries)
      answers.push(
        await one().then(
          () => 'allowed',
          (error: { failure: unknown }) => error.failure,
        ),
      );
    return answers;
  };
  const hidden = await asked(who.outsider, never);
  expect(hidden.every((answer) => (answer as { code?: string }).code === 'not-found')).toBe(true);
  // Before it was put up for review the other party does not know of it either, nor does a mere member of the first.
  for (const by of [who.outsider, who.firmSteward, who.firmSigns, who.guest, who.member])
    expect(await asked(by, id)).toEqual(await asked(by, never));
  await change(world, who.steward, id, 'review');
  for (const by of [who.outsider, who.guest, who.member, who.colleague])
    expect(await asked(by, id)).toEqual(hidden);
  for (const by of [who.steward, who.auditor, who.labSigns, who.firmSteward, who.firmSigns])
    expect((await show(world, by, id)).row.id).toBe(id);
  expect(await listAgreements(door.authorize(await as(who.outsider), null))).toEqual([]);
  // A token that an administrator made for the representative neither reads nor signs.
  const made = await as(who.firmSigns, { uncleared: true, parties: [], agreements: [], grants: [] });
  await expect(access.sign(made, id, signature)).rejects.toEqual(failure('not-found'));
  const { rows } = await database.orm.execute(
    sql`select count(*)::int as n from ledger_entry where action = 'agreement.sign' and effect = 'deny'`,
  );
  expect(rows[0]!['n']).toBeGreaterThan(5);
});

test('people covered see it once it was signed; those of the other side who are not named do not', async () => {
  const world = await accessPlatform();
  const id = await world.agreed();
  expect((await show(world, world.who.guest, id)).row.id).toBe(id);
  await expect(show(world, world.who.colleague, id)).rejects.toEqual(failure('not-found'));
  await expect(change(world, world.who.guest, id, 'terminate')).rejects.toEqual(failure('denied'));
  expect((await world.as(world.who.guest)).agreements).toMatchObject([
    { id, purposes: ['explore', 'train'] },
  ]);
  expect((await world.as(world.who.colleague)).agreements).toEqual([]);
});

test('everybody of a party is covered where it says so, and nobody of it after an amendment that takes it back', async () => {
  const world = await accessPlatform();
  const { access, agreed, as, sign, termsOf, who } = world;
  const parties = termsOf().parties.map((party, i) => ({ ...party, everybody: i === 1 }));
  const id = await agreed({ parties, people: [] });
  expect((await as(who.colleague)).agreements).toHaveLength(1);
  expect((await as(who.member)).agreements).toHaveLength(0);
  const amended = await access.amend(await as(who.firmSteward), id, {
    ...{ terms: termsOf({ people: [who.guest] }), text: '# Less', fill: {} },
  });
  expect(amended).toMatchObject({ version: 2, state: 'active' });
  await sign(id, who.labSigns, amended);
  // One signature changes nothing: the version in force stays in force.
  expect((await show(world, who.steward, id)).row.inForce).toBe(1);
  expect((await as(who.colleague)).agreements).toHaveLength(1);
  expect(await sign(id, who.firmSigns, amended)).toMatchObject({ state: 'active', missing: [] });
  expect((await show(world, who.steward, id)).row.inForce).toBe(2);
  expect((await as(who.colleague)).agreements).toHaveLength(0);
  expect((await as(who.guest)).agreements).toHaveLength(1);
});

test('a signature is over the text that is up for signing, by the one who is named', async () => {
  const world = await accessPlatform();
  const { access, as, draft, sign, termsOf, who } = world;
  const made = await draft();
  await change(world, who.steward, made.id, 'review');
  await expect(sign(made.id, who.labSigns, { ...made, sha256: '0'.repeat(64) })).rejects.toEqual(
    failure('invalid-input', /sha256/),
  );
  await expect(sign(made.id, who.steward, made)).rejects.toEqual(failure('denied', /parties-only/));
  await sign(made.id, who.labSigns, made);
  // A new draft voids the signature, and is reviewed again.
  const other = await access.amend(await as(who.steward), made.id, {
    ...{ terms: termsOf(), text: '# Other words', fill: {} },
  });
  expect(other.state).toBe('drafted');
  await change(world, who.steward, made.id, 'review');
  await expect(sign(made.id, who.firmSigns, made)).rejects.toEqual(failure('conflict', /Version 1/));
  expect(await sign(made.id, who.firmSigns, other)).toMatchObject({ missing: [world.lab] });
  const agent = await as(who.labSigns, { kind: 'agent' });
  await expect(access.sign(agent, made.id, other)).rejects.toEqual(failure('denied', /agent-limits/));
});

test('two who sign at once: both count, once each, and it is in force once', async () => {
  const world = await accessPlatform();
  const { database, draft, sign, who } = world;
  const made = await draft();
  await change(world, who.steward, made.id, 'review');
  const tries = [who.labSigns, who.firmSigns, who.labSigns, who.firmSigns].map((by) =>
    sign(made.id, by, made),
  );
  const settled = await Promise.allSettled(tries);
  expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
  const { row, signatures } = await show(world, who.steward, made.id);
  expect([row.inForce, signatures.length]).toEqual([1, 2]);
  const { rows } = await database.orm.execute(
    sql`select count(*)::int as n from ledger_entry where action = 'agreement.sign' and effect = 'allow'`,
  );
  expect(rows[0]!['n']).toBe(2);
});

test('a suspension closes and opens again, by the party that suspended; a termination is for good', async () => {
  const world = await accessPlatform();
  const { agreed, as, who } = world;
  const id = await agreed();
  expect((await change(world, who.firmSteward, id, 'suspend')).state).toBe('suspended');
  expect((await as(who.guest)).agreements).toEqual([]);
  await expect(change(world, who.steward, id, 'resume')).rejects.toEqual(failure('conflict', /suspended it/));
  expect((await change(world, who.firmSteward, id, 'resume')).state).toBe('active');
  expect((await as(who.guest)).agreements).toHaveLength(1);
  await change(world, who.steward, id, 'terminate');
  expect((await as(who.guest)).agreements).toEqual([]);
  expect((await show(world, who.guest, id)).row.reason).toBe('because');
});

test('terms name people of the parties and datasets that whoever proposes may see', async () => {
  const world = await accessPlatform();
  const { access, as, dataset, draft, ids, termsOf, who } = world;
  const own = await dataset();
  const [labParty, firmParty] = termsOf().parties;
  const cases: [object, RegExp][] = [
    [{ people: [who.outsider] }, /terms\.people\.0: nobody of a party/],
    [{ people: [ids.next('principal')] }, /terms\.people\.0: nobody of a party/],
    [{ datasets: [ids.next('dataset')] }, /terms\.datasets\.0: no party/],
    [
      { parties: [labParty, { ...firmParty, representative: who.outsider }] },
      /terms\.parties\.1\.representative/,
    ],
    [{ parties: [firmParty, { ...labParty, organisation: ids.next('organisation') }] }, /terms\.parties: /],
  ];
  for (const [more, says] of cases) await expect(draft(more)).rejects.toEqual(failure('invalid-input', says));
  await draft({ datasets: [own] });
  // Naming somebody's dataset in an agreement of one's own does not show its card: the owner has to be a party, and sign.
  const foreign = access.draft(await as(who.firmSteward), {
    ...{ title: 'Theirs', type: 'nda', text: 'x', fill: {} },
    terms: termsOf({ parties: [...termsOf().parties].reverse(), datasets: [own] }),
  });
  await expect(foreign).rejects.toEqual(failure('invalid-input', /terms\.datasets\.0: no party/));
});

test('what is wrong with a draft is said by field', async () => {
  const { termsOf, who } = await accessPlatform();
  const wanted = { title: 'x', type: 'crada', terms: termsOf(), text: 'x' };
  const wrong = (more: object, terms: object = {}) =>
    newAgreementSchema
      .safeParse({ ...wanted, ...more, terms: { ...termsOf(), ...terms } })
      .error?.issues.map(({ path }) => path.join('.'));
  expect(wrong({})).toBeUndefined();
  const { parties } = termsOf();
  expect(wrong({ title: 'a\u0007b' })).toEqual(['title']);
  expect(wrong({ type: 'contract' })).toEqual(['type']);
  expect(wrong({ template: 'nda' })).toEqual(['text']);
  expect(wrong({ text: undefined })).toEqual(['text']);
  expect(wrong({}, { parties: parties.slice(1) })).toContain('terms.parties');
  expect(wrong({}, { parties: [parties[0], parties[0]] })).toContain('terms.parties');
  expect(wrong({}, { purposes: [] })).toEqual(['terms.purposes']);
  expect(wrong({}, { purposes: ['sell'] })).toEqual(['terms.purposes.0']);
  expect(wrong({}, { derived: { owner: who.guest.replace('prn', 'org') } })).toEqual(['terms.derived.owner']);
  expect(wrong({}, { inventions: { disclosure: true } })).toEqual(['terms.inventions.withinDays']);
  expect(wrong({}, { endsAt: termsOf().startsAt })).toEqual(['terms.endsAt']);
  expect(wrong({}, { endsAt: 'soon' })).toEqual(['terms.endsAt']);
});

test('templates: shipped ones and own ones, every blank filled, and the terms at the end', async () => {
  const templatesFolder = await temporaryFolder();
  await writeFile(join(templatesFolder, 'nda.md'), '# Ours: {{title}}\n{{city}}\n{{parties}}');
  await writeFile(join(templatesFolder, 'Not a template.md'), 'x');
  const { access, as, blobs, door, termsOf, who } = await accessPlatform({ templatesFolder });
  const templates = await access.templates();
  expect(templates.map(({ name }) => name)).toEqual([
    ...['crada', 'data-use', 'licence', 'mou', 'nda', 'user-facility', 'work-for-others'],
  ]);
  expect(templates.find(({ name }) => name === 'nda')).toMatchObject({ own: true, blanks: ['city'] });
  for (const { own, text } of templates) if (!own) expect(text).toContain('It is not legal advice');
  const steward = await as(who.steward);
  const wanted = { title: 'Alloys', type: 'nda' as const, terms: termsOf() };
  for (const { name, blanks } of templates) {
    const fill = Object.fromEntries(blanks.map((blank) => [blank, `the ${blank}`]));
    const made = await access.draft(steward, { ...wanted, template: name, fill });
    const scope = door.authorize(await as(who.steward), null);
    const text = (await blobs.read((await findVersion(scope, made.id, 1)).text)).toString();
    expect(text).not.toContain('{{');
    for (const blank of blanks) expect(text).toContain(`the ${blank}`);
    expect(text).toContain('Annex: what Genesis enforces');
  }
  await expect(access.draft(steward, { ...wanted, template: 'nda', fill: { town: 'x' } })).rejects.toEqual(
    failure('invalid-input', /fill\.city.*fill\.town/),
  );
  await expect(access.draft(steward, { ...wanted, template: '../nda', fill: {} })).rejects.toEqual(
    failure('invalid-input', /template: expected one of crada/),
  );
});

test('data is bound only by agreements of its owner that were signed and not ended', async () => {
  const world = await accessPlatform();
  const { access, agreed, as, clock, database, draft, ids, lab, who } = world;
  const [signed, drafted, never] = [await agreed(), (await draft()).id, ids.next('agreement')];
  const ended = await agreed();
  await change(world, who.steward, ended, 'terminate');
  const refused = async (by: string, organisation: string) =>
    await access.agreements.mayBind(database.orm, await as(by), {
      ...{ agreements: [signed, drafted, never, ended], organisation, at: clock.now().getTime() },
    });
  expect(await refused(who.steward, lab)).toEqual([drafted, never, ended]);
  expect(await refused(who.steward, ids.next('organisation'))).toEqual([signed, drafted, never, ended]);
  expect(await refused(who.outsider, lab)).toEqual([signed, drafted, never, ended]);
});
