/** What an attempt of a run does, from its inputs to how it ended. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type CapabilityManifest, GenesisError, type JobOutcome } from '@genesis/contracts';
import type { Executor } from '../compute/index.ts';
import type { ReadScope } from '../door/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { type Killed, keepsCheckpoint, mostKilled, wasKilled } from './after-a-kill.ts';
import { endedAttempts, jobName, type Old } from './attempts.ts';
import { checkpointFiles, checkpointName } from './checkpoints.ts';
import type { LogWriter } from './logs.ts';
import { cancelledBeforehand, type Ended, endOfJob, labelKeyOf } from './outcome-of-job.ts';
import type { GivenModel, RunParts } from './parts.ts';
import { assertPlace, placeRun } from './place-run.ts';
import { builtinOf, commandOf } from './portable-function.ts';
import { needsPython, preparePython, pythonCall, pythonOf, type RunTracking } from './python-run.ts';
import { runCommand, type Stops, waitForJob } from './run-command.ts';
import type { RunRow } from './store.ts';
import { modelInputs, type StoredInput } from './submit-run.ts';
import { note } from './waits.ts';

/** Runs an attempt of a run: a function here, or a job where it is placed. */
export async function execute(
  parts: RunParts,
  principal: PrincipalFacts,
  scope: ReadScope,
  row: RunRow,
  manifest: CapabilityManifest,
  number: number,
  logs: LogWriter,
  { signal, cancel }: Required<Stops>,
): Promise<Ended | Killed> {
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
  const where = { attempt: number, asked: resources, data, folders: needsPython(implementation) };
  // an environment for GPUs takes minutes and gigabytes: not where there is none
  if (resources.gpus > 0 && row.machine === null) await assertPlace(parts, principal, scope, row, where);
  const python = needsPython(implementation)
    ? await preparePython(parts, principal, row, { ...manifest, implementation }, telling).catch(
        (error: unknown) => {
          if (cancel.aborted && !signal.aborted) return null;
          throw error;
        },
      )
    : null;
  if (needsPython(implementation) && python === null) return cancelledBeforehand(parts);
  const { machine } = await placeRun(parts, principal, scope, row.id, where);
  parts.crash.reach('run.placed');
  const executor = await parts.compute.executorOf(machine);
  const common = { name, input: stored.input, onLog: logs.write, signal, cancel };
  const take = (job: JobOutcome): Promise<Ended | Killed> =>
    endOf(parts, scope, row, manifest, executor, job, { labelKey, lock: python?.lock ?? null });
  if (python === null) {
    const command = await commandOf(parts, manifest);
    const call = { ...common, manifest: command.manifest, files: [...files, ...command.files] };
    return await runCommand(parts, executor, call, take);
  }
  const tracking = await openTracking(parts, principal, executor, {
    ...{ run: row, name: manifest.name, durationSeconds: resources.durationSeconds },
  });
  const code = stored.own?.code ?? null;
  const codeFile = code === null ? null : lent.use(await parts.blobs.lend(code.address)).path;
  const folder = join(parts.inputFolder, name);
  const call = await pythonCall(row, manifest, python, codeFile, tracking, folder);
  const keeps = keepsCheckpoint(row, manifest);
  if (keeps) files.push(...(await checkpointFiles(parts, row.id)));
  const all = { ...common, ...call, files: [...files, ...call.files] };
  return await runCommand(parts, executor, keeps ? { ...all, kept: checkpointName } : all, take);
}

/** How a run ends by the outcome of its job; or that it does not, since another attempt is to follow. */
async function endOf(
  parts: RunParts,
  scope: ReadScope,
  row: RunRow,
  manifest: CapabilityManifest,
  executor: Executor,
  job: JobOutcome,
  more: { labelKey: string; lock: string | null },
): Promise<Ended | Killed> {
  if (!keepsCheckpoint(row, manifest) || !wasKilled(job)) return await endOfJob(parts, manifest, job, more);
  if ((await endedAttempts(scope, row.id)) >= mostKilled - 1)
    return await endOfJob(parts, manifest, job, more);
  const { state, failureClass, reason, message, usage, startedAt, endedAt } = job;
  return { killed: { state, failureClass, reason, message, usage, startedAt, endedAt }, executor };
}

/** The model that a run reads, decided anew at each attempt. */
async function modelOf(parts: RunParts, scope: ReadScope, id: string): Promise<GivenModel> {
  if (parts.findModel === undefined) throw new Error('models are not set up here');
  return await parts.findModel(scope.principal, id, scope.purpose ?? 'infer');
}

/** What a run may track with. Throws `unsupported` where its job can see no environment, and so no socket. */
async function openTracking(
  parts: RunParts,
  principal: PrincipalFacts,
  executor: Executor,
  of: { run: RunRow; name: string; durationSeconds: number },
): Promise<RunTracking | null> {
  if (executor.seesFolders !== true)
    throw new GenesisError({
      code: 'unsupported',
      message:
        'Jobs see no Python environment where this run was placed: it needs a sandbox (bubblewrap), here or on a Slurm.',
    });
  return (await pythonOf(parts).tracking?.begin(principal, of)) ?? null;
}

/** The end of a run whose job an earlier process had launched. */
export async function resume(
  parts: RunParts,
  scope: ReadScope,
  row: RunRow,
  manifest: CapabilityManifest,
  { found, executor }: Old,
  stops: Stops,
): Promise<Ended | Killed> {
  const keeping = keepsCheckpoint(row, manifest) ? { kept: checkpointName } : {};
  const job =
    found.state === 'finished'
      ? found.outcome
      : await waitForJob(executor, found.job, { ...stops, ...keeping });
  const labelKey = await labelKeyOf(scope, row);
  const lock = row.environment?.lock ?? null;
  return await endOf(parts, scope, row, manifest, executor, job, { labelKey, lock });
}
