import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Config, GenesisError } from '@genesis/contracts';
import { signatureTypes, signerFromSeed } from '@genesis/evidence';
import {
  accessQueues,
  accessRoutes,
  agreementRoutes,
  createAccess,
  labelRoutes,
  withAccess,
} from './access/index.ts';
import {
  campaignQueues,
  campaignRoutes,
  campaignTitles,
  createCampaigns,
  type Functions,
  silicaFunction,
} from './campaigns/index.ts';
import {
  catalogQueues,
  catalogRoutes,
  createCatalog,
  datasetNames,
  harvestRoutes,
  metadataRoutes,
} from './catalog/index.ts';
import { challengeRoutes, listChallenges, seedChallenges } from './challenges/index.ts';
import {
  atMost,
  computeRoutes,
  createCompute,
  createEnvironments,
  createFunctionRunner,
  createIriExecutor,
  createJobs,
  createLocalExecutor,
  createProjects,
  createSlurmExecutor,
  type FunctionRunner,
  jobQueues,
  type OpenExecutor,
  projectRoutes,
  projectsOf,
  readFacility,
  together,
} from './compute/index.ts';
import { actUnder, createDoor, createEvidenceReads, platformPrincipal } from './door/index.ts';
import {
  createEvaluations,
  createPredictors,
  evaluationQueues,
  evaluationRoutes,
} from './evaluation/index.ts';
import {
  bootstrap,
  createAdministration,
  createCookies,
  createDirectory,
  createSignIn,
  createTokenAuthenticator,
  everybody,
  firstOf,
  identityRoutes,
  noProviders,
  principalOf,
  publicBase,
  readSignInSettings,
  requireAuthentication,
  signInRoutes,
} from './identity/index.ts';
import {
  type App,
  type CrashPoints,
  createApp,
  createBackup,
  createCrashPoints,
  createCursors,
  createIds,
  createLog,
  createOutbound,
  createQueue,
  createSpaceGuard,
  errorCode,
  type Log,
  openBlobStore,
  openDatabase,
  openKeyring,
  persistentOrigin,
  type SpaceGuard,
  s3PlaceOf,
  socketFolderFor,
  systemClock,
} from './kernel/index.ts';
import { createLedgerLog, createSequencer } from './ledger/index.ts';
import {
  createModels,
  createServing,
  findModelForRun,
  modelNames,
  modelRoutes,
  openProvenanceSigner,
  type Predict,
  predictFunction,
  type RegistryParts,
  registerModel,
  registryRoutes,
  servingRoutes,
} from './models/index.ts';
import {
  createKitEnvironments,
  createMaterials,
  createPortableFunctions,
  createRuns,
  openKits,
  type PythonParts,
  runQueues,
  runRoutes,
  trainRoutes,
} from './runs/index.ts';
import {
  backupRoutes,
  createFileTasks,
  fileTaskQueues,
  iriRoutes,
  ledgerRoutes,
  mlflowRoutes,
  openRunTracking,
  policyRoutes,
} from './surfaces/index.ts';
import { createRunTokens, trackingRoutes } from './tracking/index.ts';

/** A running platform. */
export type Platform = {
  url: string;
  /** Where the first administrator's token lies, and whether this start made it. */
  admin: { tokenFile: string; created: boolean };
  close(): Promise<void>;
};

/** Trusted functions in worker threads; a failure becomes an error with its own words. */
const callFunctions = (runner: FunctionRunner): Functions => ({
  async call(ref, input, options = {}) {
    const { signal, timeoutMs } = options;
    const outcome = await runner.runFunction(ref.module, ref.name, input, {
      ...(signal === undefined ? {} : { signal }),
      ...(timeoutMs === undefined ? {} : { timeoutSeconds: timeoutMs / 1000 }),
    });
    if (outcome.state === 'succeeded') return outcome.output as never;
    const message = `${ref.name}: ${outcome.message ?? outcome.state}`;
    throw outcome.state === 'cancelled'
      ? new GenesisError({ code: 'unavailable', message, retryAfterSeconds: 1 })
      : new GenesisError({ code: 'internal', message });
  },
});

/** Runs under way at one time, those that wait in a queue of a facility included. */
const mostRuns = 64;

/** What reaches a resource. */
const openExecutorsOf =
  ({ dataFolder, allowUnsandboxed, workers }: Config, log: Log, crash: CrashPoints): OpenExecutor =>
  async (machine, access) => {
    switch (access.kind) {
      case 'local': {
        const stagingRoot = join(dataFolder, 'jobs');
        return atMost(workers, await createLocalExecutor({ stagingRoot, allowUnsandboxed, log }));
      }
      case 'slurm': {
        const { stagingFolder: stagingRoot, configuration: slurmConf, partition, account } = access;
        return together(
          await createSlurmExecutor({
            ...{ stagingRoot, allowUnsandboxed, slurmConf, crash, log },
            ...(partition === undefined ? {} : { partition }),
            ...(account === undefined ? {} : { account }),
          }),
        );
      }
      case 'iri':
        return await createIriExecutor({
          ...{ access, log, stagingRoot: join(dataFolder, 'facilities', machine) },
          keysFolder: join(dataFolder, 'keys'),
        });
    }
  };

/** Kits and the Python environments of runs. */
async function openPython(
  { dataFolder, kitsFolder, wheelFolder, python, environmentLimitBytes }: Config,
  { log, crash, guard }: { log: Log; crash: CrashPoints; guard: SpaceGuard },
) {
  const environments = createEnvironments({
    ...{ log, crash, guard, wheelFolder, python, limitBytes: environmentLimitBytes },
    folder: join(dataFolder, 'environments'),
  });
  await environments.start();
  const shipped = fileURLToPath(new URL('../../../kits', import.meta.url));
  return { environments, kits: await openKits(kitsFolder ?? shipped, join(dataFolder, 'kits'), log) };
}

/** Where others find this platform, and whom they write to. */
const siteOf = (app: App, { publicUrl, contactEmail }: Config) => ({
  url: publicUrl ?? app.listeningOrigin,
  name: 'Genesis',
  email: contactEmail,
});

async function listen(app: App, { host, port }: Config): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    if (errorCode(error) !== 'EADDRINUSE') throw error;
    const message = `Port ${port} of ${host} is taken by another process. Stop that one, or choose another --port (0 takes a free one).`;
    throw new GenesisError({ code: 'conflict', message }, { cause: error });
  }
}

/** Starts everything, in the order of the layers. The only place that wires things together. */
export async function startPlatform(config: Config): Promise<Platform> {
  const { dataFolder } = config;
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  const log = createLog({ level: config.logLevel });
  const clock = systemClock;
  const ids = createIds(clock);
  const crash = createCrashPoints(config.crashPoint);
  const signInSettings =
    config.signInFile === undefined ? noProviders : await readSignInSettings(config.signInFile);
  const baseOf = publicBase(signInSettings, config.host);
  const undo: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const database = await openDatabase({ ...config, log });
    undo.push(() => database.close());
    const guard = createSpaceGuard({ folder: dataFolder, reserveBytes: config.reserveBytes });
    const keys = await openKeyring(dataFolder);
    const place = s3PlaceOf(config);
    const blobs = await openBlobStore({
      ...{ dataFolder, keyring: keys, guard },
      s3: place && { place, cacheBytes: config.s3CacheBytes, log },
    });
    undo.push(() => blobs.close());
    const queue = await createQueue({
      database,
      log,
      queues: [
        ...accessQueues,
        ...catalogQueues,
        ...runQueues,
        ...evaluationQueues,
        ...campaignQueues,
        ...jobQueues,
        ...fileTaskQueues,
      ],
    });
    undo.push(() => queue.stop());

    // Made at the first start, so that a backup has it.
    const drawKey = await keys.secret('fresh-seeds', 32);
    const origin = await persistentOrigin(config);
    const signer = signerFromSeed(origin, signatureTypes.ed25519, await keys.secret('ledger', 32));
    const cosigner = signerFromSeed(
      `${origin}/witness`,
      signatureTypes.cosignature,
      await keys.secret('witness', 32),
    );
    const sequencer = createSequencer(database, signer, clock, log);
    undo.push(() => sequencer.stop());
    const ledger = createLedgerLog({ database, clock, sequencer, signer, cosigner });

    const door = createDoor({ database, clock, ids });
    const people = createDirectory(database, clock);
    const directory = withAccess(people, { database, clock, projectsOf });
    const admin = await bootstrap({ database, clock, ids }, { dataFolder, organisationName: 'home' });
    const administration = createAdministration({ door, directory, clock, ids });

    const access = createAccess({
      ...{ door, database, directory: people, blobs, queue, clock, ids, crash, projectsOf },
      templatesFolder: config.templatesFolder,
      namesOf: async (scope, named) => {
        const found = [datasetNames, modelNames, campaignTitles].map((namesOf) => namesOf(scope, named));
        return new Map((await Promise.all(found)).flatMap((names) => [...names]));
      },
    });

    const runner = createFunctionRunner({ workers: config.workers });
    undo.push(() => runner.close());
    const functions = callFunctions(runner);
    const compute = createCompute({ door, clock, ids, log, open: openExecutorsOf(config, log, crash) });
    undo.push(() => compute.close());
    const catalog = await createCatalog({
      agreements: access.agreements,
      door,
      database,
      blobs,
      keyring: keys,
      queue,
      directory,
      guard,
      clock,
      ids,
      log,
      crashPoints: crash,
      outbound: createOutbound({
        allowedHosts: config.harvestHosts.split(',').filter((host) => host !== ''),
      }),
      dataFolder,
    });
    undo.push(() => catalog.close());
    const models = createModels({ door, blobs, clock });
    const python = await openPython(config, { log, crash, guard });
    undo.push(() => python.environments.close());
    const serving = createServing({ door, blobs, clock, models });
    undo.push(async () => serving.close());
    const registry: RegistryParts = {
      ...{
        door,
        blobs,
        clock,
        ids,
        crash,
        catalog,
        materials: createMaterials({ database, kits: python.kits }),
      },
      signer: await openProvenanceSigner(keys, origin),
    };
    const cursors = createCursors(await keys.secret('cursors', 32));
    const { uploadLimitBytes, bodyLimitBytes } = config;
    const tracking = { door, blobs, clock, ids, crash, cursors, uploadLimitBytes };
    const runTracking = await openRunTracking({
      ...{
        parts: tracking,
        bodyLimitBytes,
        log,
        folder: await socketFolderFor(join(dataFolder, 'tracking')),
      },
      tokens: createRunTokens({
        ...{ door, clock, ids, database },
        actUnder: (delegation) => actUnder(database, directory, delegation),
      }),
    });
    undo.push(() => runTracking.close());
    /** Training runs track, others do not. The token outlives the longest job by what collecting may take. */
    const trackingOfRuns: PythonParts['tracking'] = {
      async begin(principal, { run: { id, governedBy, delegation }, name, durationSeconds }) {
        if (delegation === null || principal.delegation?.purpose !== 'train') return null;
        const tracked = { id, governedBy, delegation };
        const given = await runTracking.trackingFor(tracked, (durationSeconds + 600) * 1000);
        const again = given.tracked === null ? {} : { MLFLOW_RUN_ID: given.tracked };
        const variables = { MLFLOW_EXPERIMENT_NAME: name, ...again };
        return { socket: given.socketPath, token: given.token, variables };
      },
      async end({ id, governedBy, delegation }) {
        if (delegation !== null) await runTracking.end({ id, governedBy, delegation });
      },
    };
    const runs = createRuns({
      door,
      queue,
      blobs,
      clock,
      ids,
      log,
      crash,
      catalog,
      functions: runner,
      compute,
      portable: createPortableFunctions(join(dataFolder, 'functions')),
      builtin: { 'stober-silica': silicaFunction },
      python: { ...python, tracking: trackingOfRuns },
      registerModel: (principal, wanted) => registerModel(registry, principal, wanted),
      findModel: (principal, id, purpose) => findModelForRun({ door, models }, principal, id, purpose),
      actUnder: (delegation) => actUnder(database, directory, delegation),
      inputFolder: join(dataFolder, 'run-inputs'),
      checkpointFolder: join(dataFolder, 'checkpoints'),
      concurrency: mostRuns,
    });
    const projects = createProjects({
      ...{ door, directory, clock, ids },
      projectsFolder: config.projectsFolder ?? join(dataFolder, 'projects'),
    });
    const jobs = createJobs({
      ...{ door, queue, clock, ids, log, crash, projects },
      executorOf: (machine) => compute.executorOf(machine),
      actUnder: (delegation) => actUnder(database, directory, delegation),
      concurrency: { local: config.workers, elsewhere: mostRuns },
    });
    const tasks = createFileTasks({
      ...{ door, queue, clock, ids, log, crash, projects },
      actUnder: (delegation) => actUnder(database, directory, delegation),
      concurrency: config.workers * 2,
    });
    const predict: Predict = (model, designs) => functions.call(predictFunction, { model, designs });
    const evaluations = createEvaluations({
      ...{ door, queue, blobs, clock, ids, crash, functions, catalog, models, modelNames },
      actUnder: (delegation) => actUnder(database, directory, delegation),
      predictors: createPredictors({ door, runs, blobs, models }),
      challengeExists: async (number) =>
        (await listChallenges(door.authorize(platformPrincipal, 'explore'))).some(
          (one) => one.number === number,
        ),
    });
    const campaigns = createCampaigns({
      door,
      actUnder: (delegation) => actUnder(database, directory, delegation),
      ledger,
      queue,
      blobs,
      drawKey,
      clock,
      ids,
      log,
      crash,
      functions,
      measure: runs.measure,
      local: () => compute.local(),
      catalog,
      models,
      predict,
      concurrency: config.workers * 2,
    });

    // The work is interrupted before what it needs is closed, so that no job ends as if somebody had killed it.
    // Stopping the queue twice does nothing.
    undo.push(() => queue.stop());
    const app = await createApp({
      log,
      bodyLimitBytes: config.bodyLimitBytes,
      title: 'Genesis',
      version: '0.1.0',
    });
    undo.push(() => app.close());
    const signIn = await createSignIn({
      ...{ settings: signInSettings, database, door, directory, keyring: keys, clock, ids, log },
    });
    const base = () => baseOf(app);
    const cookies = createCookies(base);
    const tokens = createTokenAuthenticator(database, directory, clock);
    requireAuthentication(app, firstOf(tokens, signIn.authenticator), {
      read: (request) => cookies.read(request, 'session'),
      origin: base,
    });
    identityRoutes(app, administration);
    signInRoutes(app, { signIn, cookies, base });
    agreementRoutes(app, { access, door, blobs, clock });
    accessRoutes(app, { access, door, clock });
    catalogRoutes(app, { catalog, door, cursors, maxUploadBytes: config.uploadLimitBytes });
    harvestRoutes(app, { catalog, door, cursors });
    const evidence = createEvidenceReads({ database, door, clock });
    metadataRoutes(app, { door, database, clock, evidence, cursors, site: () => siteOf(app, config) });
    ledgerRoutes(app, { ledger, door, evidence });
    policyRoutes(app, { door });
    labelRoutes(app, {
      ...{ door, database, clock, ids, cursors },
      everybody: async () => {
        const known = await Promise.all((await everybody(database)).map((id) => directory.load(id)));
        return known.flatMap((facts) => (facts === undefined ? [] : [{ ...facts, tokenScopes: ['*'] }]));
      },
    });
    const sayOf = (message: string): void => log.warn({}, message);
    computeRoutes(app, { door, clock, ids, compute, readFacility: (url) => readFacility(url, sayOf) });
    runRoutes(app, { runs, door, cursors, blobs });
    trainRoutes(app, { runs, door, environments: createKitEnvironments(python) });
    modelRoutes(app, { models, door });
    servingRoutes(app, { models, door, predict, serving });
    evaluationRoutes(app, { evaluations, door });
    registryRoutes(app, { ...registry, models, serving });
    trackingRoutes(app, tracking);
    mlflowRoutes(app, tracking, (request) => ({
      ...{ principal: principalOf(request), purpose: 'train', run: null },
    }));
    challengeRoutes(app, { door, campaigns });
    campaignRoutes(app, { campaigns, door, cursors });
    projectRoutes(app, { projects, door });
    iriRoutes(app, { door, jobs, projects, tasks });
    const now = () => clock.now();
    backupRoutes(app, { door, backup: () => createBackup({ database, blobs, dataFolder, now }) });

    const known = await listChallenges(door.authorize(platformPrincipal, 'explore'));
    await seedChallenges(door, known.length);
    sequencer.start(config.checkpointIntervalMs);
    await access.start();
    await compute.start();
    await catalog.start();
    await runs.start();
    await evaluations.start();
    await campaigns.start();
    await projects.start();
    await jobs.start();
    await tasks.start();
    const url = await listen(app, config);
    return { url, admin, close };
  } catch (error) {
    await close();
    throw error;
  }
}
