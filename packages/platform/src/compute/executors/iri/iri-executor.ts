import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GenesisError, type JobSpec, jobSpecSchema } from '@genesis/contracts';
import { invalidSpec } from '../../model.ts';
import type { Executor, JobHandle, JobHooks } from '../../ports.ts';
import { CallFailed } from './bounded-fetch.ts';
import { createTokenSource } from './credentials.ts';
import { createFacilityClient, type FacilityClient, probe, TaskFailed } from './facility-client.ts';
import { asFailure, createFacilityHttp } from './facility-http.ts';
import { type FollowedJob, followJob } from './followed-job.ts';
import { JobFolder, type Launch } from './job-folder.ts';
import { createPoller } from './poller.ts';
import { tellStored } from './remote-log.ts';
import { assertFits, type IriAccess, planLaunch, requestFor } from './request.ts';
import { stageJob } from './stage.ts';
import { standardTempo, type Tempo } from './tempo.ts';

export type IriExecutorOptions = {
  /** Folder that holds one folder for each job; made when missing. It belongs to one server at a time. */
  stagingRoot: string;
  access: IriAccess;
  /** Holds `facilities/NAME.json`, mode 0600: the credentials that `access.credentials` names. */
  keysFolder: string;
  /** Time between SIGTERM and SIGKILL. */
  graceSeconds?: number;
  tempo?: Partial<Tempo>;
  /** Awaited between two effects of a launch; tests cut the work off there. */
  reach?: (point: CutPoint) => Promise<void>;
  log?: { warn: (fields: object, message: string) => void };
};
type CutPoint = 'intended' | 'staged' | 'submitting' | 'submitted' | 'recorded';

/**
 * Runs commands as jobs of a facility that offers the DOE IRI Facility API, v2 or v1. Jobs live on without the server
 * and are found again. A facility that is away stops nothing: it is asked again, and its jobs go on.
 */
export async function createIriExecutor(options: IriExecutorOptions): Promise<Executor> {
  const { stagingRoot, access, keysFolder, graceSeconds = 5, reach = async () => {}, log } = options;
  const tempo = { ...standardTempo, ...options.tempo };
  await mkdir(stagingRoot, { recursive: true, mode: 0o700 });
  const stop = new AbortController();
  const { signal } = stop;
  const warn = (message: string, error?: unknown): void => {
    if (!signal.aborted) log?.warn(error === undefined ? {} : { err: error }, message);
  };
  const tokens = createTokenSource(join(keysFolder, 'facilities', `${access.credentials}.json`));
  const http = createFacilityHttp({ url: access.url, tokens, tempo, warn, signal });
  const followed = new Map<string, FollowedJob>();
  const launching = new Set<Promise<JobHandle>>();
  const doomed = new Set(await JobFolder.removed(stagingRoot));

  const connect = async (): Promise<FacilityClient> => {
    const dialect = await probe(http);
    assertFits(access, dialect, http.name);
    const { resource, storage = resource } = access;
    return createFacilityClient({ http, dialect, resource, storage, tempo, signal });
  };
  let connected: Promise<FacilityClient> | null = null;
  /** What a facility speaks is found out once; a failure to do so is not kept. */
  const facility = (): Promise<FacilityClient> => {
    connected ??= connect().catch((error: unknown) => {
      connected = null;
      throw asFailure(error, 'The facility cannot be used');
    });
    return connected;
  };

  const submit = async (client: FacilityClient, launch: Launch): Promise<string> =>
    await client.submit(requestFor(launch, access, client.dialect), launch.key);

  const follow = (
    client: FacilityClient,
    folder: JobFolder,
    launch: Launch,
    id: string | null,
    hooks: JobHooks,
  ): JobHandle => {
    const job = followJob({
      ...{ client, folder, launch, id, hooks, warn, wake: () => poller.wake() },
      ...{ patience: tempo.patience, absentMs: tempo.absentMs },
      submit: () => submit(client, launch),
      forget: () => followed.delete(launch.spec.name),
    });
    followed.set(launch.spec.name, job);
    poller.wake();
    return job.handle;
  };

  const poller = createPoller({ facility, name: http.name, followed, doomed, tempo, warn, signal });
  poller.wake();

  const refuseFollowed = (name: string, message: string): void => {
    if (followed.has(name)) throw new GenesisError({ code: 'conflict', message });
  };
  const discard = async (folder: JobFolder): Promise<void> => {
    const left = await folder.remove();
    if (left === null) return;
    doomed.add(left);
    poller.wake();
  };

  const launchJob = async (spec: JobSpec, hooks: JobHooks): Promise<JobHandle> => {
    const launch = planLaunch(spec, access);
    const folder = new JobFolder(stagingRoot, spec.name);
    await folder.create(launch);
    await reach('intended');
    let client: FacilityClient;
    try {
      client = await facility();
      await stageJob(client, folder, launch, graceSeconds);
      await reach('staged');
      if (!(await folder.beginSubmission()))
        throw new GenesisError({ code: 'conflict', message: `The job "${spec.name}" was given up.` });
      await reach('submitting');
    } catch (error) {
      await discard(folder);
      if (!(error instanceof TaskFailed)) throw asFailure(error, 'The job cannot be brought to its facility');
      const message = `The job cannot be brought to its facility. ${error.message}`;
      throw new GenesisError({ code: 'unsupported', message }, { cause: error });
    }
    let id: string | null = null;
    try {
      id = await submit(client, launch);
      await reach('submitted');
      await folder.recordId(id);
      await reach('recorded');
    } catch (error) {
      if (id !== null) throw error;
      if (error instanceof CallFailed && !error.unclear) {
        await discard(folder);
        throw asFailure(error, 'The facility did not take the job');
      }
      warn('It is not clear whether the facility has taken a job; that is found out', error);
    }
    return follow(client, folder, launch, id, hooks);
  };

  return {
    jobsOutliveServer: true,
    launch: async (input, hooks = {}) => {
      const spec = jobSpecSchema.safeParse(input);
      if (!spec.success) throw invalidSpec(spec.error);
      if (spec.data.workspace !== undefined)
        throw new GenesisError({
          code: 'unsupported',
          message: 'workspace: a job at another facility cannot work in a folder of this machine.',
        });
      if (spec.data.mounts.length + spec.data.sockets.length > 0)
        throw new GenesisError({
          code: 'unsupported',
          message:
            'mounts: a job at another facility sees no folders and sockets of this machine, so it has no Python environment either. Run it here or on a Slurm.',
        });
      if (signal.aborted)
        throw new GenesisError({
          ...{ code: 'unavailable', message: 'The executor is closing.', retryAfterSeconds: 10 },
        });
      const launched = launchJob(spec.data, hooks);
      launching.add(launched);
      try {
        return await launched;
      } finally {
        launching.delete(launched);
      }
    },
    reconcile: async (name, hooks = {}) => {
      refuseFollowed(name, `The job "${name}" runs in this server.`);
      const folder = new JobFolder(stagingRoot, name);
      if (!(await folder.exists())) return { state: 'unknown' };
      const outcome = await folder.readEnd();
      const launch = await folder.readLaunch();
      if (launch === null) return { state: 'not-started' };
      if (outcome !== null) {
        if (hooks.onLog !== undefined) await tellStored(folder, hooks.onLog);
        return { state: 'finished', outcome };
      }
      // nobody submits it from now on, unless somebody may have
      if (await folder.fence()) return { state: 'not-started' };
      const job = follow(await facility(), folder, launch, await folder.readId(), hooks);
      return { state: 'running', job };
    },
    release: async (name) => {
      refuseFollowed(name, `The job "${name}" still runs.`);
      await discard(new JobFolder(stagingRoot, name));
    },
    inspect: async () => {
      const client = await facility();
      const status = await client.status().catch((error: unknown) => {
        throw asFailure(error, 'The facility does not say how the resource is');
      });
      return { status, reason: status === 'up' ? null : `${client.name} says that it is ${status}.` };
    },
    close: async () => {
      for (const job of [...followed.values()]) job.leave();
      stop.abort(
        new GenesisError({ code: 'unavailable', message: 'The executor is closing.', retryAfterSeconds: 10 }),
      );
      await Promise.allSettled(launching);
      await poller.idle();
    },
  };
}
