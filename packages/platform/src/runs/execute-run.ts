import type { CapabilityManifest, JobResources, Purpose } from '@genesis/contracts';
import type { ReadScope } from '../door/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { type Killed, keepsCheckpoint } from './after-a-kill.ts';
import {
  type Begun,
  begin,
  clearAway,
  type EndedBefore,
  findOld,
  findUnplaced,
  giveUp,
  type Old,
  release,
} from './attempts.ts';
import { execute, resume } from './launch-attempt.ts';
import { finishRun } from './lifecycle.ts';
import { createLogWriter, type LogWriter, nothingStored } from './logs.ts';
import { type Ended, failureOf } from './outcome-of-job.ts';
import type { RunParts } from './parts.ts';
import { registerWhatItTrained } from './register-trained.ts';
import { findCapability } from './registry.ts';
import { type Stops, wasStopped } from './run-command.ts';
import { findRun, type RunRow } from './store.ts';
import { type RunJob, resourcesOf, type StoredInput } from './submit-run.ts';
import { noteWait } from './waits.ts';

/**
 * Executes a run. Safe to begin again after any crash: an attempt whose job has ended is recorded with its outcome,
 * one whose job lives on is waited for, one whose job died with the server is given up, and the next attempt begins. So
 * does the one after an attempt of a training that was killed.
 */
export async function executeRun(
  parts: RunParts,
  job: RunJob,
  running: Map<string, AbortController>,
  signal: AbortSignal,
): Promise<void> {
  const { door, actUnder } = parts;
  const principal = await actUnder(job.delegation);
  const purpose = principal.delegation?.purpose ?? 'explore';
  const scope = door.authorize(principal, purpose);
  const row = await findRun(scope, job.run);
  if (row.state !== 'queued' && row.state !== 'running') {
    await parts.python?.tracking?.end(row);
    await registerWhatItTrained(parts, job, row);
    return await clearAway(parts, row);
  }
  const { row: capability } = await findCapability(scope, row.capability);
  const resources = resourcesOf(capability.manifest, row.input as StoredInput);
  const manifest = { ...capability.manifest, resources };
  // From here on a cancellation is heard here: whoever cancels a run that is not in `running` ends it in the database.
  const cancelling = new AbortController();
  running.set(job.run, cancelling);
  const stops = { signal, cancel: cancelling.signal };
  try {
    let before: EndedBefore | null = null;
    do before = await attemptRun(parts, { job, principal, purpose, scope, manifest, stops }, before);
    while (before !== null);
  } finally {
    running.delete(job.run);
  }
}

type Executing = {
  job: RunJob;
  principal: PrincipalFacts;
  purpose: Purpose;
  scope: ReadScope;
  manifest: CapabilityManifest & { resources: JobResources };
  stops: Required<Stops>;
};

/** One attempt of a run, to the record of its end; or how it ended, when another one is to follow. */
async function attemptRun(
  parts: RunParts,
  executing: Executing,
  before: EndedBefore | null,
): Promise<EndedBefore | null> {
  const { job, principal, purpose, scope, manifest, stops } = executing;
  const { door, crash } = parts;
  const { signal } = stops;
  const actor = (): Promise<PrincipalFacts> => parts.actUnder(job.delegation);
  const logOf = (number: number, stored = nothingStored): LogWriter =>
    createLogWriter(door, job.run, number, actor, purpose, stored);
  const row = await findRun(scope, job.run);
  const giving = { id: row.id, actor, purpose, keeps: keepsCheckpoint(row, manifest) };
  const old = before === null ? await findOld(parts, scope, row, logOf, giving) : null;
  const begun =
    old?.begun ??
    (before === null ? await findUnplaced(scope, row) : undefined) ??
    (await begin(parts, principal, job.run, purpose, before));
  crash.reach('run.begun');
  const logs = old?.logs ?? logOf(begun.number);
  const ended = await attempting(parts, executing, row, begun, old, logs);
  // What the platform's own stop ended says nothing about the run: it begins again at the next start.
  if (signal.aborted && ('killed' in ended || wasStopped(ended.outcome))) throw signal.reason;
  await logs.close();
  crash.reach('run.ended');
  if ('killed' in ended) {
    await giveUp(parts, ended.executor, begun.number, giving);
    return { number: begun.number, outcome: ended.killed, asked: manifest.resources };
  }
  const settle = async (end: Ended): Promise<void> =>
    await finish(parts, await actor(), job.run, begun.claim, purpose, end, manifest.resources);
  // An outcome that cannot be recorded is a failure that can.
  await settle(ended).catch(async (error: unknown) => await settle(failureOf(parts, begun, error, signal)));
  crash.reach('run.recorded');
  await parts.python?.tracking?.end(row);
  await registerWhatItTrained(parts, job, await findRun(scope, job.run));
  await release(parts, scope, job.run, begun.number);
  return null;
}

/** The job of an attempt, launched or found again, to its end. */
async function attempting(
  parts: RunParts,
  { job, principal, purpose, scope, manifest, stops }: Executing,
  row: RunRow,
  begun: Begun,
  old: Old | null,
  logs: LogWriter,
): Promise<Ended | Killed> {
  try {
    return old === null
      ? await execute(parts, principal, scope, row, manifest, begun.number, logs, stops)
      : await resume(parts, scope, row, manifest, old, stops);
  } catch (error) {
    await noteWait(parts, await parts.actUnder(job.delegation), job.run, purpose, error);
    return failureOf(parts, begun, error, stops.signal);
  }
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
