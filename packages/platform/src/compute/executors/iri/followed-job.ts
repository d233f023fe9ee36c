/** One job that was given to a facility, or may have been, until its outcome. */
import { GenesisError, type JobOutcome } from '@genesis/contracts';
import type { JobHandle, JobHooks } from '../../ports.ts';
import type { FacilityJob } from './api-types.ts';
import { CallFailed } from './bounded-fetch.ts';
import { collect, Mismatch } from './collect.ts';
import { type FacilityClient, TaskFailed } from './facility-client.ts';
import type { JobFolder, Launch } from './job-folder.ts';
import { spareSeconds } from './job-script.ts';
import { createRemoteJob } from './remote-job.ts';
import { createRemoteLog } from './remote-log.ts';
import {
  cancelledWhy,
  judge,
  killedWhy,
  outcomeOf,
  type RemoteOutcome,
  unknownWhy,
  type Why,
} from './remote-outcome.ts';

export type FollowedJob = {
  readonly handle: JobHandle;
  /** The facility's id; null while it is not clear whether it has taken the job. */
  readonly id: string | null;
  /** Takes what the facility says of the job; null: it knows nothing of it. Resolves to whether that was news. */
  look(seen: FacilityJob | null): Promise<boolean>;
  /** Finds out what became of an unclear submission. */
  resolve(): Promise<void>;
  /** The server lets go of the job, which goes on. */
  leave(): void;
};

/** Time beyond a job's own after which one whose end only its files can tell is over for certain. */
const graceOfFilesMs = 600_000;

export function followJob(parts: {
  client: FacilityClient;
  folder: JobFolder;
  launch: Launch;
  id: string | null;
  /** Looks that must find the job ended, and milliseconds for which it must be gone, before that is believed. */
  patience: number;
  absentMs: number;
  hooks: JobHooks;
  /** Submits once more, under the same name and key. */
  submit: () => Promise<string>;
  /** Called when something has to be looked at soon. */
  wake: () => void;
  /** Called once, when the outcome is known or the job is left alone. */
  forget: () => void;
  warn: (message: string, error: unknown) => void;
}): FollowedJob {
  const { client, folder, launch, patience, absentMs, hooks, submit, wake, forget, warn } = parts;
  const { claim, spec, jobName, remote: remoteFolder } = launch;
  const remote = createRemoteJob(client, launch);
  const log = createRemoteLog(client, remoteFolder, folder, hooks.onLog ?? (() => {}));
  const begun = Date.now();
  const outcome = Promise.withResolvers<JobOutcome>();
  outcome.promise.catch(() => undefined);
  let { id } = parts;
  let over = false;
  let busy = false;
  let cancelled = false;
  let state = '';
  let ended = 0;
  let misfits = 0;
  let absentSince: number | null = null;
  /** Set when the job has started but the facility does not know that one: its files alone tell how it ends. */
  let byFilesUntil: number | null = null;

  const settle = async (given: JobOutcome): Promise<void> => {
    if (over) return;
    const counted = await folder.end(given);
    over = true;
    try {
      await log.finish();
    } finally {
      forget();
      outcome.resolve(counted);
    }
  };
  /** Whether the facility has known nothing of the job for long enough: lists and answers may come late. */
  const isGone = (): boolean => {
    absentSince ??= performance.now();
    return performance.now() - absentSince >= absentMs;
  };
  const endWithout = async (why: Why): Promise<void> => {
    if (hooks.onLog !== undefined) await log.follow(true);
    await settle(outcomeOf(spec, claim, { startedAt: begun, endedAt: Date.now() }, why));
  };

  const take = async (told: RemoteOutcome): Promise<void> => {
    const why = judge(spec, told, cancelled);
    const times = { startedAt: told.started * 1_000, endedAt: told.ended * 1_000 };
    const rest = { exitCode: told.exitCode, outputDirectory: folder.outputs };
    if (told.sha256 === 'none') return await settle(outcomeOf(spec, claim, times, why, rest));
    try {
      const { outputs, refused } = await collect(client, folder, launch, told);
      await settle(outcomeOf(spec, claim, times, why, { ...rest, outputs, refusedOutputs: refused }));
    } catch (error) {
      if (!(error instanceof Mismatch || error instanceof TaskFailed)) throw error;
      // a shared file system may show the pieces a little later than the outcome
      misfits += 1;
      if (misfits < patience) return;
      const message = `What the job left cannot be taken: ${error.message}.`;
      await settle(
        outcomeOf(spec, claim, times, { failureClass: 'F3_DATA_ACCESS', reason: 'exception', message }),
      );
    }
  };

  const untilOver = (): number =>
    Date.now() + (spec.resources.durationSeconds + spareSeconds) * 1_000 + graceOfFilesMs;

  const followFiles = async (until: number): Promise<void> => {
    const told = await remote.readOutcome();
    if (told !== null) return await take(told);
    if (hooks.onLog !== undefined) await log.follow();
    if (Date.now() > until)
      await endWithout(
        unknownWhy(`${client.name} does not know the job that began, and it left no outcome in its time.`),
      );
  };

  /** The facility says that the job is over, or nothing. */
  const lookAtEnd = async (seen: FacilityJob | null): Promise<void> => {
    const told = await remote.readOutcome();
    if (told !== null) return await take(told);
    ended += 1;
    if (ended < patience || (seen === null && !isGone())) return;
    const fence = await remote.fence();
    const said = seen?.status?.message?.replaceAll(/\p{Cc}+/gu, ' ').slice(0, 300) ?? '';
    const what =
      seen === null
        ? `${client.name} knows nothing of the job`
        : `${client.name} ended the job (${seen.status?.state ?? ''}${said === '' ? '' : `: ${said}`})`;
    if (fence === 'fenced') {
      const message = `${what} before it began.${await remote.complaint()}`;
      return await endWithout(cancelled ? cancelledWhy : killedWhy(message));
    }
    // the script that has the claim leaves an outcome before it ends well: another one has ended, started after it
    if (fence === 'claimed' && seen?.status?.state === 'completed') {
      byFilesUntil = untilOver();
      return;
    }
    // its outcome may still be on the way
    if (ended < 2 * patience) return;
    if (cancelled) return await endWithout(cancelledWhy);
    if (seen !== null) return await endWithout(killedWhy(`${what}, and it left no outcome.`));
    const where = fence === 'gone' ? 'its folder there is gone.' : 'it had begun and left no outcome.';
    await endWithout(unknownWhy(`${what}, and ${where}`));
  };

  const alone = async <T>(action: () => Promise<T>, otherwise: T): Promise<T> => {
    if (over || busy) return otherwise;
    busy = true;
    try {
      return await action();
    } finally {
      busy = false;
    }
  };

  const look = (seen: FacilityJob | null): Promise<boolean> =>
    alone(async () => {
      if (byFilesUntil !== null) {
        await followFiles(byFilesUntil);
        return false;
      }
      const now = seen?.status?.state ?? (seen === null ? 'absent' : 'unknown');
      const news = now !== state;
      state = now;
      if (now !== 'absent') absentSince = null;
      if (now === 'completed' || now === 'failed' || now === 'canceled' || now === 'absent') {
        await lookAtEnd(seen);
        return now !== 'absent';
      }
      ended = 0;
      if (cancelled && id !== null) await client.cancel(id);
      else if (now === 'active' && hooks.onLog !== undefined) await log.follow();
      return news;
    }, false);

  /** Where nothing else can be found out: the job is kept from starting, or it has started and its files tell the rest. */
  const settleByFence = async (why: Why): Promise<void> => {
    const fence = await remote.fence();
    if (fence === 'claimed') byFilesUntil = untilOver();
    else await endWithout(cancelled ? cancelledWhy : why);
  };

  const takeId = async (given: string): Promise<void> => {
    await folder.recordId(given);
    id = given;
    absentSince = null;
    wake();
  };

  const resubmit = async (): Promise<void> => {
    try {
      await takeId(await submit());
    } catch (error) {
      if (!(error instanceof CallFailed) || error.transient || error.unclear) throw error;
      await settleByFence(killedWhy(`${error.message} The job was kept from starting.`));
    }
  };

  const resolve = (): Promise<void> =>
    alone(async () => {
      if (byFilesUntil !== null) return await followFiles(byFilesUntil);
      if (cancelled && (await remote.fence()) !== 'claimed') return await endWithout(cancelledWhy);
      if (client.dialect.idempotencyKey) return await resubmit();
      const found = await client.findByName(jobName);
      if (typeof found === 'string') return await takeId(found);
      const doubt = `${client.name} did not say whether it took the job, and`;
      if (found === undefined)
        return await settleByFence(
          unknownWhy(`${doubt} it tells neither keys nor names. The job was kept from starting.`),
        );
      if (isGone())
        await settleByFence(killedWhy(`${doubt} has none of its name. It was kept from starting.`));
    }, undefined);

  const cancel = async (): Promise<void> => {
    if (over || cancelled) return;
    cancelled = true;
    if (id !== null) await client.cancel(id);
    wake();
  };

  return {
    handle: {
      ...{ name: spec.name, claim },
      wait: () => outcome.promise,
      cancel: () =>
        void cancel().catch((error: unknown) => {
          warn('A job cannot be cancelled just now; it is tried again.', error);
          wake();
        }),
    },
    get id() {
      return id;
    },
    look,
    resolve,
    leave: () => {
      over = true;
      forget();
      const message = 'The executor has closed; its jobs go on at their facility.';
      outcome.reject(new GenesisError({ code: 'unavailable', message, retryAfterSeconds: 10 }));
    },
  };
}
