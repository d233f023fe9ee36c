import type { JobSpec } from '@genesis/contracts';
import type { Executor, JobHandle, JobHooks } from '../ports.ts';

/** How long a launch waits for others that need alike. */
const gatherMs = 20;
/** Jobs above this time go by themselves: what shares a place in a queue is short. */
const longestSeconds = 3_600;
const most = 500;

type Waiting = { spec: JobSpec; hooks?: JobHooks; done: PromiseWithResolvers<JobHandle> };

/**
 * The same executor, whose launches within some milliseconds of each other are one batch where they need alike: a
 * block of experiments is then one entry in the queue, and nobody who launches needs to know.
 */
export function together(executor: Executor): Executor {
  const launchBatch = executor.launchBatch?.bind(executor);
  if (launchBatch === undefined) return executor;
  const gathering = new Map<string, Waiting[]>();

  const send = async (key: string): Promise<void> => {
    const jobs = gathering.get(key) ?? [];
    gathering.delete(key);
    try {
      const handles =
        jobs.length === 1
          ? [await executor.launch(jobs[0]!.spec, jobs[0]!.hooks)]
          : await launchBatch(
              jobs.map(({ spec, hooks }) => ({ spec, ...(hooks === undefined ? {} : { hooks }) })),
            );
      for (const [at, { done }] of jobs.entries()) done.resolve(handles[at]!);
    } catch (error) {
      // a batch starts whole or not at all: each is tried by itself, so that one that is wrong stops no other
      if (jobs.length === 1) return jobs[0]!.done.reject(error);
      await Promise.all(
        jobs.map(({ spec, hooks, done }) => executor.launch(spec, hooks).then(done.resolve, done.reject)),
      );
    }
  };

  return {
    ...executor,
    launch(spec, hooks) {
      if (spec.resources.durationSeconds > longestSeconds) return executor.launch(spec, hooks);
      const key = JSON.stringify(spec.resources);
      const jobs = gathering.get(key) ?? [];
      const done = Promise.withResolvers<JobHandle>();
      jobs.push({ spec, done, ...(hooks === undefined ? {} : { hooks }) });
      if (jobs.length === 1) {
        gathering.set(key, jobs);
        setTimeout(() => void send(key), gatherMs);
      } else if (jobs.length >= most) void send(key);
      return done.promise;
    },
  };
}
