import type { Label, Role } from '@genesis/contracts';
import { afterAll } from 'vitest';
import type { AgreementBinding } from '../src/access/index.ts';
import { catalogQueues, createCatalog } from '../src/catalog/index.ts';
import { createDoor, type PrincipalDirectory } from '../src/door/index.ts';
import {
  type CrashPoints,
  createIds,
  createLog,
  createOutbound,
  createQueue,
  createSpaceGuard,
  noCrashPoints,
  openBlobStore,
  openKeyring,
  type QueueDefinition,
  systemClock,
} from '../src/kernel/index.ts';
import { type PrincipalFacts, unrestricted } from '../src/policy/index.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { freshDatabase } from './test-database.ts';

/** Agreements are no part of these worlds: none binds. */
const agreementsForTests: AgreementBinding = {
  mayBind: async (_tx, _principal, { agreements }) => [...agreements],
  cover: async () => undefined,
};

const cleanUp: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

/** A catalog on a real database, with principals that a test makes up. */
export const catalogPlatform = async (
  options: {
    maxBytes?: number;
    crashPoints?: CrashPoints;
    harvestHosts?: string[];
    /** Of domains above the catalog. */
    queues?: readonly Omit<QueueDefinition<never>, 'payload'>[];
  } = {},
) => {
  const database = await freshDatabase();
  const dataFolder = await temporaryFolder();
  const log = createLog({ level: 'error' });
  const clock = systemClock;
  const ids = createIds(clock);
  const keyring = await openKeyring(dataFolder);
  const guard = createSpaceGuard({ folder: dataFolder, reserveBytes: 0 });
  const blobs = await openBlobStore({ dataFolder, keyring, guard });
  const queue = await createQueue({ database, log, queues: [...catalogQueues, ...(options.queues ?? [])] });
  cleanUp.push(() => queue.stop());
  const door = createDoor({ database, clock, ids });
  const people = new Map<string, PrincipalFacts>();
  const directory: PrincipalDirectory = { load: async (id) => people.get(id) };
  const catalog = await createCatalog({
    agreements: agreementsForTests,
    ...{ door, database, blobs, keyring, queue, directory, guard, clock, ids, log, dataFolder },
    crashPoints: options.crashPoints ?? noCrashPoints,
    outbound: createOutbound({ allowedHosts: options.harvestHosts ?? [] }),
    ...(options.maxBytes === undefined ? {} : { limits: { maxBytes: options.maxBytes } }),
  });
  await catalog.start();

  /** A person of an organisation with a role there and a clearance. */
  const person = (
    organisation: string,
    clearance: Label = open,
    role: Role = 'researcher',
  ): PrincipalFacts => {
    const id = ids.next('principal');
    const facts: PrincipalFacts = {
      ...{ id, kind: 'person', organisation, clearance, tokenScopes: ['*'] },
      roles: [{ organisation, role }],
    };
    people.set(id, facts);
    return facts;
  };

  /** Imports text and waits for the end. */
  const importText = async (
    by: PrincipalFacts,
    request: Parameters<typeof catalog.acceptImport>[1],
    text: string | Buffer,
  ) => {
    const accepted = await catalog.acceptImport(by, request);
    await catalog.receiveContent(by, accepted.id, chunks(Buffer.from(text)));
    return waitForJob(by, accepted.id);
  };
  const waitForJob = async (by: PrincipalFacts, id: string) => {
    for (;;) {
      const job = await catalog.findJob(door.authorize(by, null), id);
      if (job.state === 'done' || job.state === 'failed') return job;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  return {
    ...{ catalog, door, database, blobs, dataFolder, keyring, queue, directory, ids },
    ...{ people, person, importText, waitForJob },
  };
};

export const open: Label = { level: 'public', categories: [] };
export const free = unrestricted;

/** Bytes in pieces, as a network brings them. */
export async function* chunks(bytes: Buffer, size = 64 * 1024): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
