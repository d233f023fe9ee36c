import type { Label, Role } from '@genesis/contracts';
import { eq } from 'drizzle-orm';
import { afterAll } from 'vitest';
import { accessQueues, createAccess, withAccess } from '../src/access/index.ts';
import { projectsOf } from '../src/compute/index.ts';
import { projectMember } from '../src/compute/tables.ts';
import { createDoor, type PrincipalDirectory } from '../src/door/index.ts';
import {
  createIds,
  createLog,
  createQueue,
  createSpaceGuard,
  noCrashPoints,
  openBlobStore,
  openKeyring,
} from '../src/kernel/index.ts';
import { bottom, type PrincipalFacts, unrestricted } from '../src/policy/index.ts';
import { handClock } from './core-platform.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { freshDatabase } from './test-database.ts';

const cleanUp: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

export const day = 86_400_000;
type Known = NonNullable<Awaited<ReturnType<PrincipalDirectory['load']>>>;

/** Access on a real database, with a laboratory, a firm, their people, and a clock that a test moves. */
export async function accessPlatform(options: { templatesFolder?: string } = {}) {
  const database = await freshDatabase();
  const dataFolder = await temporaryFolder();
  // The queue keeps the time of the database: the clock begins there.
  const clock = handClock(Date.now());
  const ids = createIds(clock);
  const keyring = await openKeyring(dataFolder);
  const blobs = await openBlobStore({
    ...{ dataFolder, keyring, guard: createSpaceGuard({ folder: dataFolder, reserveBytes: 0 }) },
  });
  const log = createLog({ level: 'error' });
  const queue = await createQueue({ database, log, queues: accessQueues });
  cleanUp.push(() => queue.stop());
  const door = createDoor({ database, clock, ids });
  const people = new Map<string, Known>();
  const projects = {
    join: async (principal: string, project: string) =>
      await database.orm.insert(projectMember).values({ project, principal, addedAt: 0 }),
    leave: async (principal: string) =>
      await database.orm.delete(projectMember).where(eq(projectMember.principal, principal)),
  };
  const base: PrincipalDirectory = { load: async (id) => people.get(id) };
  const directory = withAccess(base, { database, clock, projectsOf });
  const access = createAccess({
    ...{ door, database, directory: base, blobs, queue, clock, ids, crash: noCrashPoints, projectsOf },
    ...{ namesOf: async () => new Map(), templatesFolder: options.templatesFolder },
  });

  const lab = ids.next('organisation');
  const firm = ids.next('organisation');
  const internal: Label = { level: 'internal', categories: [] };
  const person = (organisation: string, ...roles: Role[]): string => {
    const id = ids.next('principal');
    people.set(id, {
      ...{ id, kind: 'person', organisation, clearance: internal },
      roles: roles.map((role) => ({ organisation, role })),
    });
    return id;
  };
  /** Somebody as the door sees them now. */
  const as = async (id: string, more: Partial<PrincipalFacts> = {}): Promise<PrincipalFacts> => ({
    ...(await directory.load(id))!,
    tokenScopes: ['*'],
    ...more,
  });
  const who = {
    steward: person(lab, 'steward'),
    second: person(lab, 'steward'),
    auditor: person(lab, 'auditor'),
    member: person(lab, 'researcher'),
    labSigns: person(lab),
    firmSteward: person(firm, 'steward'),
    firmSigns: person(firm),
    guest: person(firm, 'researcher'),
    colleague: person(firm, 'researcher'),
    outsider: person(ids.next('organisation'), 'steward', 'researcher', 'auditor'),
  };

  /** A governed dataset of the laboratory, and its card, which is public where a label is given for it. */
  const dataset = async (card: Label | null = bottom, conditions: Partial<typeof unrestricted> = {}) => {
    const id = ids.next('dataset');
    const governed = { ...unrestricted, ...conditions, origins: [id] };
    const steward = await as(who.steward);
    const create = (kind: string, one: string, label: Label) =>
      door.perform(
        {
          ...{ principal: steward, action: kind === 'dataset' ? 'dataset.create' : 'card.replace' },
          resource: { create: { kind, id: one, organisation: lab, label, conditions: governed } },
          purpose: null,
        },
        async () => ({ result: undefined, details: {} }),
      );
    await create('dataset', id, internal);
    if (card !== null) await create('card', ids.next('card'), card);
    return id;
  };

  const termsOf = (more: object = {}) => ({
    parties: [
      { organisation: lab, representative: who.labSigns, everybody: false },
      { organisation: firm, representative: who.firmSigns, everybody: false },
    ],
    people: [who.guest],
    ...{ datasets: [] as string[], purposes: ['explore' as const, 'train' as const] },
    derived: { owner: lab, mayPublish: [lab] },
    intellectualProperty: 'Everybody keeps what was theirs.',
    inventions: { disclosure: false, withinDays: null, owner: null },
    secondParty: false,
    startsAt: clock.now().toISOString(),
    endsAt: new Date(clock.now().getTime() + 365 * day).toISOString(),
    ...more,
  });
  const draft = async (more: object = {}) =>
    await access.draft(await as(who.steward), {
      ...{ title: 'Alloys', type: 'crada', terms: termsOf(more), text: '# Alloys\n', fill: {} },
    });
  const sign = async (id: string, by: string, { version, sha256 }: { version: number; sha256: string }) =>
    await access.sign(await as(by), id, { version, sha256 });
  /** An agreement that both have signed. */
  const agreed = async (more: object = {}): Promise<string> => {
    const made = await draft(more);
    await access.change(await as(who.steward), made.id, { act: 'review', reason: null });
    await sign(made.id, who.labSigns, made);
    await sign(made.id, who.firmSigns, made);
    return made.id;
  };
  /** A request of the guest, as they make it. */
  const ask = async (of: string, more: object = {}, by = who.guest) =>
    await access.request(await as(by), {
      ...{ dataset: of, purposes: ['train'], days: 30, reason: 'A model of alloys.' },
      ...{ answers: {}, acceptTerms: false, ...more },
    });
  return {
    ...{ access, agreed, as, ask, base, blobs, clock, database, dataset, directory, door, draft, firm, ids },
    ...{ lab, people, person, projects, queue, sign, termsOf, who },
  };
}
