import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type CapabilityManifest,
  type ExecutionOutcome,
  GenesisError,
  type JobOutcome,
  type JobResources,
  type Purpose,
} from '@genesis/contracts';
import { canonicalJson } from '@genesis/evidence';
import { eq, sql } from 'drizzle-orm';
import { type Executor, type Reconciliation, settle } from '../compute/index.ts';
import type { ReadScope } from '../door/index.ts';
import { asGenesisError } from '../kernel/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { readOutput } from './command-output.ts';
import { beginAttempt, finishRun } from './lifecycle.ts';
import { createLogWriter, type LogWriter, nothingStored, storedLines } from './logs.ts';
import { outputsOf, type StoredOutput } from './outputs.ts';
import type { GivenModel, RunParts } from './parts.ts';
import { placeRun } from './place-run.ts';
import { builtinOf, commandOf } from './portable-function.ts';
import {
  lockOutput,
  needsPython,
  preparePython,
  pythonCall,
  pythonOf,
  type RunTracking,
} from './python-run.ts';
import { findCapability } from './registry.ts';
import {
  endedWithPlatform,
  releaseJob,
  runCommand,
  type Stops,
  waitForJob,
  wasStopped,
} from './run-command.ts';
import { findRun, governingFacts, type RunRow } from './store.ts';
import { modelInputs, type RunJob, resourcesOf, type StoredInput } from './submit-run.ts';
import { attempt, run } from './tables.ts';

type Ended = { outcome: ExecutionOutcome; output: unknown; sandboxed: boolean; here?: string };

/** One job name for each attempt: by it the attempt is found again after a crash. */
const jobName = (run: string, number: number): string => `${run}-${number}`;

/**
 * Executes a run. Safe to begin again after any crash: an attempt whose job has ended is recorded with its outcome,
 * one whose job lives on is waited for, one whose job died with the server is given up, and the next attempt begins.
 */
export async function executeRun(
  parts: RunParts,
  job: RunJob,
  running: Map<string, AbortController>,
  signal: AbortSignal,
): Promise<void> {
  const { door, actUnder, crash } = parts;
  const principal = await actUnder(job.delegation);
  const purpose = principal.delegation?.purpose ?? 'explore';
  const scope = door.authorize(principal, purpose);
  const row = await findRun(scope, job.run);
  if (row.state !== 'queued' && row.state !== 'running') {
    await registerWhatItTrained(parts, job, row);
    return await clearAway(parts, row);
  }
  const { row: capability } = await findCapability(scope, row.capability);
  const resources = resourcesOf(capability.manifest, row.input as StoredInput);
  const manifest = { ...capability.manifest, resources };
  // From here on a cancellation is heard here: whoever cancels a run that is not in `running` ends it in the database.
  const cancelling = new AbortController();
  running.set(job.run, cancelling);
  try {
    const logOf = (number: number, stored = nothingStored): LogWriter =>
      createLogWriter(parts.door, job.run, number, () => actUnder(job.delegation), purpose, stored);
    const stops = { signal, cancel: cancelling.signal };
    const old = row.state === 'running' ? await findOld(parts, scope, row, logOf) : null;
    const begun =
      old?.begun ?? (await findUnplaced(scope, row)) ?? (await begin(parts, principal, job.run, purpose));
    crash.reach('run.begun');
    const logs = old?.logs ?? logOf(begun.number);
    const ended = await (old === null
      ? execute(parts, principal, scope, row, manifest, begun.number, logs, stops)
      : resume(parts, scope, row, manifest, old, stops)
    ).catch(async (error: unknown) => {
      await noteWait(parts, await actUnder(job.delegation), job.run, purpose, error);
      return failureOf(parts, begun, error, signal);
    });
    // What the platform's own stop ended says nothing about the run: it begins again at the next start.
    if (signal.aborted && wasStopped(ended.outcome)) throw signal.reason;
    await logs.close();
    crash.reach('run.ended');
    const settle = async (end: Ended): Promise<void> =>
      await finish(
        parts,
        await actUnder(job.delegation),
        job.run,
        begun.claim,
        purpose,
        end,
        manifest.resources,
      );
    // An outcome that cannot be recorded is a failure that can.
    await settle(ended).catch(async (error: unknown) => await settle(failureOf(parts, begun, error, signal)));
    crash.reach('run.recorded');
    await registerWhatItTrained(parts, job, await findRun(scope, job.run));
    await release(parts, scope, job.run, begun.number);
  } finally {
    running.delete(job.run);
  }
}

/**
 * Hands over the model that a training run left. Why it is refused, where it is, stands at the end of the run's log: the
 * run itself has succeeded. Done again after a crash, it registers once.
 */
async function registerWhatItTrained(parts: RunParts, job: RunJob, row: RunRow): Promise<void> {
  const { registerModel } = parts;
  const left = outputsOf(row).some(({ path }) => path === 'model/model.json');
  if (registerModel === undefined || !left || row.state !== 'succeeded' || row.purpose !== 'train') return;
  const actor = () => parts.actUnder(job.delegation);
  try {
    await registerModel(await actor(), { run: row.id });
  } catch (error) {
    const known = asGenesisError(error);
    const internal = !(known instanceof GenesisError) || known.failure.code === 'internal';
    if (internal || known.transient) throw error;
    const stored = await storedLines(parts.door.authorize(await actor(), 'train'), row.id, row.attempts);
    const log = createLogWriter(parts.door, row.id, row.attempts, actor, 'train', {
      stdout: stored.stdout + stored.stderr,
      stderr: 0,
    });
    log.write([{ stream: 'stderr', text: `Not registered as a model: ${known.message}` }]);
    await log.close();
  }
}

/** Attempts that may break off for a reason that nobody foresaw; the last of them ends the run. */
const mostUnforeseen = 3;

/**
 * How a run has ended whose attempt broke off: nothing that throws may leave it open for ever. What may pass (a full
 * disk, a database that is away, the stop of the platform) is thrown on, and the run is tried again.
 */
function failureOf(parts: RunParts, begun: Begun, error: unknown, signal: AbortSignal): Ended {
  const known = asGenesisError(error);
  if (signal.aborted || (known instanceof GenesisError && known.transient)) throw error;
  const foreseen = known instanceof GenesisError && known.failure.code !== 'internal';
  if (!foreseen && begun.number < mostUnforeseen) throw error;
  parts.log.warn({ err: error, attempt: begun.number }, 'A run could not be executed');
  const endedAt = parts.clock.now();
  const message = foreseen
    ? known.message
    : 'The platform failed to execute the run; its log has the details.';
  return {
    outcome: {
      state: 'failed',
      failureClass: foreseen ? 'F2_ENVIRONMENT' : 'F7_RUNTIME',
      reason: 'exception',
      message,
      usage: {
        wallSeconds: (endedAt.getTime() - begun.at) / 1000,
        cpuSeconds: null,
        peakMemoryBytes: null,
      },
      startedAt: new Date(begun.at).toISOString(),
      endedAt: endedAt.toISOString(),
    },
    output: null,
    sandboxed: false,
  };
}

type Begun = { number: number; claim: string; at: number };

async function begin(
  parts: RunParts,
  principal: PrincipalFacts,
  id: string,
  purpose: Purpose,
): Promise<Begun> {
  const { result } = await parts.door.perform(
    { principal, action: 'run.execute', resource: id, purpose },
    async (tx) => {
      const at = parts.clock.now().getTime();
      const begun = await beginAttempt(tx, id, at);
      // what an attempt that was given up had reserved stays counted: nobody knows what it used
      await settle(tx, id, null, at);
      await tx.update(run).set({ machine: null, plan: null }).where(eq(run.id, id));
      return { result: { ...begun, at }, details: { attempt: begun.number } };
    },
  );
  return result;
}

async function finish(
  parts: RunParts,
  principal: PrincipalFacts,
  id: string,
  claim: string,
  purpose: Purpose,
  ended: Ended,
  asked: JobResources,
): Promise<void> {
  await parts.door.perform({ principal, action: 'run.finish', resource: id, purpose }, async (tx) => {
    await finishRun(tx, id, { claim, ...ended, asked }, parts.clock.now().getTime());
    const { state, failureClass } = ended.outcome;
    return { result: undefined, details: { state, failureClass } };
  });
}

type Found = Extract<Reconciliation, { state: 'running' | 'finished' }>;
type Old = { begun: Begun; found: Found; logs: LogWriter; executor: Executor };

/** An attempt that waited for a place and was given none: it goes on, so that waiting uses up no attempt. */
async function findUnplaced(scope: ReadScope, row: RunRow): Promise<Begun | undefined> {
  if (row.state !== 'running' || row.machine !== null || row.among.length === 0) return undefined;
  const [newest] = await scope.orm
    .select({ claim: attempt.claim, at: attempt.startedAt })
    .from(attempt)
    .where(sql`${attempt.run} = ${row.id} and ${attempt.number} = ${row.attempts}`);
  return newest === undefined ? undefined : { number: row.attempts, ...newest };
}

/**
 * The attempt that the last process began, when its job goes on or has ended; `null` when it is given up. A job that
 * was stopped with that process counts for nothing: a person's cancellation would be in the database.
 */
async function findOld(
  parts: RunParts,
  scope: ReadScope,
  row: RunRow,
  logOf: (number: number, stored: Awaited<ReturnType<typeof storedLines>>) => LogWriter,
): Promise<Old | null> {
  if (row.machine === null) return null;
  const executor = await parts.compute.executorOf(row.machine);
  const name = jobName(row.id, row.attempts);
  const logs = logOf(row.attempts, await storedLines(scope, row.id, row.attempts));
  const found = await executor.reconcile(name, { onLog: logs.write });
  const [newest] = await scope.orm
    .select({ claim: attempt.claim, at: attempt.startedAt })
    .from(attempt)
    .where(sql`${attempt.run} = ${row.id} and ${attempt.number} = ${row.attempts}`);
  if (newest !== undefined && found.state === 'running')
    return { begun: { number: row.attempts, ...newest }, found, logs, executor };
  if (newest !== undefined && found.state === 'finished' && !endedWithPlatform(executor, found.outcome))
    return { begun: { number: row.attempts, ...newest }, found, logs, executor };
  await releaseJob(parts, executor, name);
  return null;
}

/** The end of a run whose job an earlier process had launched. */
async function resume(
  parts: RunParts,
  scope: ReadScope,
  row: RunRow,
  manifest: CapabilityManifest,
  { found, executor }: Old,
  stops: Stops,
): Promise<Ended> {
  const job = found.state === 'finished' ? found.outcome : await waitForJob(executor, found.job, stops);
  const labelKey = await labelKeyOf(scope, row);
  return await endOfJob(parts, manifest, job, { labelKey, lock: row.environment?.lock ?? null });
}

/** What a run that has ended may have left in the executor: a job that lives on is ended, its folder removed. */
async function clearAway(parts: RunParts, row: RunRow): Promise<void> {
  if (row.machine === null) return;
  const executor = await parts.compute.executorOf(row.machine);
  const name = jobName(row.id, row.attempts);
  const found = await executor.reconcile(name);
  if (found.state === 'running') {
    found.job.cancel();
    await found.job.wait();
  }
  await releaseJob(parts, executor, name);
}

/** Lets go of the job of an attempt, where it had one. */
async function release(parts: RunParts, scope: ReadScope, id: string, number: number): Promise<void> {
  const { machine } = await findRun(scope, id);
  if (machine !== null) await releaseJob(parts, await parts.compute.executorOf(machine), jobName(id, number));
}

/** Says for people why a run waits, when it is tried again because of something that passes. */
async function noteWait(
  parts: RunParts,
  principal: PrincipalFacts,
  id: string,
  purpose: Purpose,
  error: unknown,
): Promise<void> {
  const known = asGenesisError(error);
  if (!(known instanceof GenesisError) || known.failure.code !== 'unavailable') return;
  await note(parts, principal, id, purpose, known.message.slice(0, 2000));
}

async function note(
  parts: RunParts,
  principal: PrincipalFacts,
  id: string,
  purpose: Purpose,
  waitsFor: string,
): Promise<void> {
  const row = await findRun(parts.door.authorize(principal, purpose), id);
  if (row.waitsFor === waitsFor) return;
  await parts.door.perform({ principal, action: 'run.execute', resource: id, purpose }, async (tx) => {
    await tx.update(run).set({ waitsFor }).where(eq(run.id, id));
    return { result: undefined, details: { run: id, waitsFor } };
  });
}

async function execute(
  parts: RunParts,
  principal: PrincipalFacts,
  scope: ReadScope,
  row: RunRow,
  manifest: CapabilityManifest,
  number: number,
  logs: LogWriter,
  { signal, cancel }: Required<Stops>,
): Promise<Ended> {
  const { implementation, resources } = manifest;
  const stored = row.input as StoredInput;
  const labelKey = await labelKeyOf(scope, row);
  if (implementation.kind === 'function' && row.among.length === 0) {
    const known = builtinOf(parts, implementation.function);
    const { output: given, ...outcome } = await parts.functions.runFunction(
      known.module,
      known.name,
      stored.input,
      {
        signal: AbortSignal.any([signal, cancel]),
        timeoutSeconds: resources.durationSeconds,
        onLog: logs.write,
      },
    );
    return { outcome, output: given ?? null, sandboxed: false, here: parts.compute.local() };
  }
  await using lent = new AsyncDisposableStack();
  const files: { path: string; source: string }[] = [];
  const data: { bytes: number; at: null }[] = [];
  const name = jobName(row.id, number);
  const tables = join(parts.inputFolder, name, 'tables');
  lent.defer(() => rm(join(parts.inputFolder, name), { recursive: true, force: true }));
  for (const [at, dataset] of stored.datasets.entries()) {
    const found = await parts.catalog.showVersion(scope.principal, dataset.version, scope.purpose);
    const { address, bytes } = found.version.visible;
    data.push({ bytes, at: null });
    // programs in Python know columns by their names
    await mkdir(tables, { recursive: true, mode: 0o700 });
    const table = join(tables, String(at));
    const isNamed =
      needsPython(implementation) &&
      (await parts.catalog.writeNamedTable(scope.principal, dataset.version, scope.purpose, table));
    const source = isNamed ? table : lent.use(await parts.blobs.lend(address)).path;
    files.push({ path: dataset.name, source });
  }
  if (stored.model !== undefined) {
    const given = await modelOf(parts, scope, stored.model);
    for (const { path, address } of given.files) {
      const { path: source } = lent.use(await parts.blobs.lend(address));
      files.push({ path: `${modelInputs}/${path}`, source });
    }
  }
  const stopping = AbortSignal.any([signal, cancel]);
  const telling = {
    ...{ logs, signal: stopping },
    note: (waitsFor: string) => note(parts, principal, row.id, scope.purpose ?? 'train', waitsFor),
  };
  const python = needsPython(implementation)
    ? await preparePython(parts, principal, row, implementation, telling).catch((error: unknown) => {
        if (cancel.aborted && !signal.aborted) return null;
        throw error;
      })
    : null;
  if (needsPython(implementation) && python === null) return cancelledBeforehand(parts);
  const { machine } = await placeRun(parts, principal, scope, row.id, {
    attempt: number,
    asked: resources,
    data,
    folders: python !== null,
  });
  parts.crash.reach('run.placed');
  const executor = await parts.compute.executorOf(machine);
  const common = { name, input: stored.input, onLog: logs.write, signal, cancel };
  const take = (job: JobOutcome): Promise<Ended> =>
    endOfJob(parts, manifest, job, { labelKey, lock: python?.lock ?? null });
  if (python === null) {
    const command = await commandOf(parts, manifest);
    const call = { ...common, manifest: command.manifest, files: [...files, ...command.files] };
    return await runCommand(parts, executor, call, take);
  }
  const tracking = await openTracking(parts, principal, executor, {
    ...{ row, name: manifest.name, durationSeconds: resources.durationSeconds, logs },
  });
  if (tracking !== null) lent.defer(() => tracking.end());
  const code = stored.own?.code ?? null;
  const codeFile = code === null ? null : lent.use(await parts.blobs.lend(code.address)).path;
  const folder = join(parts.inputFolder, name);
  const call = await pythonCall(row, manifest, python, codeFile, tracking, folder);
  return await runCommand(parts, executor, { ...common, ...call, files: [...files, ...call.files] }, take);
}

/** The model that a run reads, decided anew at each attempt. */
async function modelOf(parts: RunParts, scope: ReadScope, id: string): Promise<GivenModel> {
  if (parts.findModel === undefined) throw new Error('models are not set up here');
  return await parts.findModel(scope.principal, id, scope.purpose ?? 'infer');
}

/** What a run may track with, where its job can reach that. Throws `unsupported` where it can see no environment. */
async function openTracking(
  parts: RunParts,
  principal: PrincipalFacts,
  executor: Executor,
  {
    row,
    name,
    durationSeconds,
    logs,
  }: { row: RunRow; name: string; durationSeconds: number; logs: LogWriter },
): Promise<RunTracking | null> {
  if (executor.sees?.includes('mounts') !== true)
    throw new GenesisError({
      code: 'unsupported',
      message:
        'Jobs see no Python environment where this run was placed: it needs a sandbox (bubblewrap), here or on a Slurm.',
    });
  const { trackingFor } = pythonOf(parts);
  if (trackingFor === undefined) return null;
  if (executor.sees.includes('sockets'))
    return await trackingFor(principal, { run: row, name, durationSeconds });
  const text = 'environment: the machine of this run does not reach the tracking server; nothing is tracked';
  logs.write([{ stream: 'stderr', text }]);
  return null;
}

/** A run that was cancelled before it had a job. */
function cancelledBeforehand(parts: RunParts): Ended {
  const at = parts.clock.now().toISOString();
  const usage = { wallSeconds: 0, cpuSeconds: null, peakMemoryBytes: null };
  const why = { state: 'cancelled', failureClass: 'F0_NONE', reason: 'cancelled' } as const;
  const message = 'It was cancelled while its Python environment was made.';
  return { outcome: { ...why, message, usage, startedAt: at, endedAt: at }, output: null, sandboxed: false };
}

type StoredFiles = Pick<JobOutcome, 'exitCode' | 'signal' | 'enforcement' | 'refusedOutputs'> & {
  outputs: StoredOutput[];
};

/** Files of different labels are never stored as one. */
const labelKeyOf = async (scope: ReadScope, row: RunRow): Promise<string> =>
  canonicalJson((await governingFacts(scope, row)).label);

/** The outcome of a job, with the JSON that it left. A job that succeeded without what it promised has failed. */
async function endOfJob(
  parts: RunParts,
  manifest: CapabilityManifest,
  job: JobOutcome,
  { labelKey, lock }: { labelKey: string; lock: string | null },
): Promise<Ended> {
  const {
    name: _name,
    claim: _claim,
    exitCode,
    signal,
    sandboxed,
    enforcement,
    outputDirectory,
    outputs,
    refusedOutputs,
    ...outcome
  } = job;
  const kept: StoredOutput[] = [];
  for (const { path, bytes, sha256 } of outputs) {
    const ref = await parts.blobs.put(createReadStream(join(outputDirectory, path)), { labelKey });
    if (ref.sha256 !== sha256)
      throw new GenesisError({
        code: 'internal',
        message: `The output ${path} changed while it was stored.`,
      });
    kept.push({ path, bytes, sha256, address: ref.address });
  }
  if (lock !== null && kept.every(({ path }) => path !== lockOutput)) {
    const { address, sha256, bytes } = await parts.blobs.put(Buffer.from(lock), { labelKey });
    kept.push({ path: lockOutput, bytes, sha256, address });
  }
  const files: StoredFiles = { exitCode, signal, enforcement, outputs: kept, refusedOutputs };
  if (outcome.state !== 'succeeded') return { outcome, output: { files }, sandboxed };
  // a program of one's own leaves what it wants to
  const promised = manifest.implementation.kind !== 'own' || kept.some(({ path }) => path === 'output.json');
  try {
    const value = promised ? await readOutput(job, manifest.output) : null;
    return { outcome, output: { value, files }, sandboxed };
  } catch (error) {
    if (error instanceof GenesisError && error.transient) throw error;
    const message = `The command ended well, but ${error instanceof Error ? error.message : 'its output cannot be read'}.`;
    return {
      outcome: {
        ...outcome,
        state: 'failed',
        failureClass: 'F8_DOMAIN_ASSUMPTION',
        reason: 'exception',
        message,
      },
      output: { files },
      sandboxed,
    };
  }
}
