import { join } from 'node:path';
import {
  type CapabilityManifest,
  capabilityManifestSchema,
  GenesisError,
  type Label,
} from '@genesis/contracts';
import { createMemoryExecutor, type MemoryJournal } from '../src/compute/executors/memory/memory-executor.ts';
import {
  createCompute,
  createFunctionRunner,
  type Executor,
  type OpenExecutor,
} from '../src/compute/index.ts';
import { actUnder, createDoor } from '../src/door/index.ts';
import { requireAuthentication } from '../src/identity/index.ts';
import {
  createApp,
  createCursors,
  createIds,
  createLog,
  createQueue,
  createSpaceGuard,
  type Database,
  noCrashPoints,
  openBlobStore,
  openKeyring,
  systemClock,
} from '../src/kernel/index.ts';
import type { PrincipalFacts } from '../src/policy/index.ts';
import { createKitEnvironments } from '../src/runs/kits/prepare.ts';
import type { RunParts } from '../src/runs/parts.ts';
import { createPortableFunctions } from '../src/runs/portable-function.ts';
import type { PythonParts } from '../src/runs/python-run.ts';
import { runRoutes } from '../src/runs/routes.ts';
import { createRuns, runQueues } from '../src/runs/runs.ts';
import { trainRoutes } from '../src/runs/train-routes.ts';

export { sandboxMissing } from '../src/compute/executors/local/sandbox-for-tests.ts';
export { createLocalExecutor } from '../src/compute/index.ts';
export { startPlatform } from '../src/main.ts';
export { createMemoryExecutor, type MemoryJournal };

const silica = new URL('../src/campaigns/functions/explore.ts', import.meta.url);
const open: Label = { level: 'public', categories: [] };

type Parts = {
  database: Database;
  /** Of a platform that was stopped, to go on where it was. */
  dataFolder: string;
  executor?: Executor;
  /** For more than one resource; without it every one is reached by `executor`. */
  open?: OpenExecutor;
  people?: Map<string, PrincipalFacts>;
  /** Kits and environments, and what hears of models. */
  python?: PythonParts;
  /** Without it there are no datasets. */
  catalog?: RunParts['catalog'];
  registerModel?: RunParts['registerModel'];
  findModel?: RunParts['findModel'];
  crash?: RunParts['crash'];
  /** Of a platform that this is built on. */
  queue?: RunParts['queue'];
};

/** Runs over a real database and queue, with their routes; the bearer token of a person is the person's id. */
export async function startRuns({ database, dataFolder, people = new Map(), ...given }: Parts) {
  const log = createLog({ level: 'silent' });
  const clock = systemClock;
  const ids = createIds(clock);
  const keyring = await openKeyring(dataFolder);
  const blobs = await openBlobStore({
    dataFolder,
    keyring,
    guard: createSpaceGuard({ folder: dataFolder, reserveBytes: 0 }),
  });
  const queue = given.queue ?? (await createQueue({ database, log, queues: runQueues, soleProcess: true }));
  const door = createDoor({ database, clock, ids });
  const functions = createFunctionRunner({ workers: 1 });
  const executor =
    given.executor ?? createMemoryExecutor({ programs: {}, folder: join(dataFolder, 'memory') });
  const compute = createCompute({ door, clock, ids, log, open: given.open ?? (async () => executor) });
  await compute.start();
  const runs = createRuns({
    ...{ door, queue, blobs, clock, ids, log, functions, compute },
    portable: createPortableFunctions(join(dataFolder, 'functions')),
    crash: given.crash ?? noCrashPoints,
    catalog: given.catalog ?? {
      showVersion: async () => {
        throw new GenesisError({ code: 'not-found', message: 'There are no datasets here.' });
      },
      writeNamedTable: async () => false,
    },
    builtin: { 'stober-silica': { module: silica, name: 'measureSilicaRun' } },
    ...(given.python === undefined ? {} : { python: given.python }),
    ...(given.registerModel === undefined ? {} : { registerModel: given.registerModel }),
    ...(given.findModel === undefined ? {} : { findModel: given.findModel }),
    actUnder: (delegation) => actUnder(database, { load: async (id) => people.get(id) }, delegation),
    inputFolder: join(dataFolder, 'run-inputs'),
    checkpointFolder: join(dataFolder, 'checkpoints'),
    concurrency: 4,
  });
  const app = await createApp({ log, bodyLimitBytes: 100_000, title: 'Test', version: '1' });
  requireAuthentication(app, { authenticate: async (bearer) => people.get(bearer) });
  runRoutes(app, { runs, door, blobs, cursors: createCursors(Buffer.alloc(32, 1)) });

  if (given.python !== undefined)
    trainRoutes(app, { runs, door, environments: createKitEnvironments(given.python) });

  /** A researcher of an organisation. */
  const person = (organisation: string, change: Partial<PrincipalFacts> = {}): PrincipalFacts => {
    const id = ids.next('principal');
    const facts: PrincipalFacts = {
      ...{ id, kind: 'person', organisation, clearance: open, tokenScopes: ['*'] },
      roles: [{ organisation, role: 'researcher' }],
      ...change,
    };
    people.set(id, facts);
    return facts;
  };

  /** Sends a request; the body of the answer, with its status. */
  async function ask<T>(by: PrincipalFacts, method: 'GET' | 'POST', url: string, body?: object, more = {}) {
    const headers = { authorization: `Bearer ${by.id}`, ...more };
    const answer = await app.inject({
      method,
      url,
      headers,
      ...(body === undefined ? {} : { payload: body }),
    });
    return { status: answer.statusCode, text: answer.body, json: () => answer.json<T>() };
  }

  type Shown = {
    run: {
      status: string;
      attempts: number;
      sandboxed: boolean | null;
      outcome: Record<string, unknown> | null;
    };
    output: { value?: unknown; files?: { outputs: { path: string }[] } } | null;
    attempts: { number: number; outcome: Record<string, unknown> | null }[];
  };
  const show = async (by: PrincipalFacts, id: string) =>
    (await ask<Shown>(by, 'GET', `/v1/runs/${id}`)).json();

  return {
    ...{ runs, door, queue, people, person, ask, show, compute, clock, ids },
    /** Waits until a run has a state. */
    async until(by: PrincipalFacts, id: string, ...states: string[]): Promise<Shown> {
      for (;;) {
        const shown = await show(by, id);
        if (states.includes(shown.run.status)) return shown;
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
    },
    async stop(): Promise<void> {
      await app.close();
      await queue.stop();
      await compute.close();
      await functions.close();
    },
  };
}
export type RunsUnderTest = Awaited<ReturnType<typeof startRuns>>;

/** A command that takes and gives any object. */
export const commandManifest = (
  name: string,
  executable: string,
  args: string[] = [],
  change: Partial<CapabilityManifest> = {},
): CapabilityManifest => ({
  ...capabilityManifestSchema.parse({
    ...{ name, version: '1.0.0', summary: 'A command for a test.', profile: 'analysis' },
    implementation: { kind: 'command', executable, arguments: args },
    ...{ input: { type: 'object' }, output: { type: 'object' } },
    resources: { durationSeconds: 60 },
  }),
  ...change,
});
