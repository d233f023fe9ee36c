/** What an executor keeps that launches batches; nothing is asked of the others. */
import { GenesisError, type JobSpec, type JobSpecInput, type LogLine } from '@genesis/contracts';
import { describe, expect, test } from 'vitest';
import type { Executor, JobHandle } from './ports.ts';

/** The code of the error with which an action ends. */
export const codeOf = async (action: Promise<unknown>): Promise<string> =>
  action.then(
    () => 'nothing was thrown',
    (error: unknown) => (error instanceof GenesisError ? error.failure.code : String(error)),
  );

type Program = 'succeed' | 'talk' | 'fail' | 'sleep';

export function batchConformance(parts: {
  job: (program: Program, more?: Partial<JobSpecInput>) => JobSpec;
  /** The same place after a restart. */
  open: () => Promise<Executor>;
  executor: () => Executor;
}): void {
  const { job } = parts;
  const launch = (
    executor: Executor,
    jobs: { spec: JobSpec; hooks?: { onLog: (lines: LogLine[]) => void } }[],
  ): Promise<JobHandle[]> => {
    if (executor.launchBatch === undefined) throw new Error('there are no batches here');
    return executor.launchBatch(jobs);
  };

  describe('in batches', () => {
    test('every job has its own claim, log and outcome, in the order that was given', async () => {
      const programs: Program[] = ['succeed', 'talk', 'fail', 'succeed', 'talk'];
      const lines = programs.map((): LogLine[] => []);
      const jobs = programs.map((program, index) => ({
        spec: job(program),
        hooks: { onLog: (added: LogLine[]) => void lines[index]?.push(...added) },
      }));
      const handles = await launch(parts.executor(), jobs);
      expect(handles.map(({ name }) => name)).toEqual(jobs.map(({ spec }) => spec.name));
      expect(new Set(handles.map(({ claim }) => claim)).size).toBe(programs.length);
      const outcomes = await Promise.all(handles.map((handle) => handle.wait()));
      expect(outcomes.map(({ name, claim }) => ({ name, claim }))).toEqual(
        handles.map(({ name, claim }) => ({ name, claim })),
      );
      expect(outcomes.map(({ exitCode }) => exitCode)).toEqual([0, 0, 3, 0, 0]);
      const said = lines.map((of) => of.filter(({ stream }) => stream === 'stdout').map(({ text }) => text));
      expect(said[1]).toEqual(['one', 'two', 'unfinished']);
      expect(said[4]).toEqual(said[1]);
      expect(said[0]).toEqual([]);
    });

    test('one job that is cancelled takes no other with it', async () => {
      const awake = Promise.withResolvers<void>();
      const jobs = [
        { spec: job('sleep'), hooks: { onLog: () => awake.resolve() } },
        ...[1, 2, 3].map(() => ({ spec: job('succeed') })),
      ];
      const [asleep, ...others] = await launch(parts.executor(), jobs);
      await awake.promise;
      asleep?.cancel();
      expect(await asleep?.wait()).toMatchObject({ state: 'cancelled', reason: 'cancelled' });
      for (const other of others) expect(await other.wait()).toMatchObject({ state: 'succeeded' });
    });

    test('none is launched when one of them cannot be', async () => {
      const executor = parts.executor();
      const taken = job('succeed');
      await (await executor.launch(taken)).wait();
      const free = [job('succeed'), job('succeed')];
      const batch = [...free, taken].map((spec) => ({ spec }));
      expect(await codeOf(launch(executor, batch))).toBe('conflict');
      const wrong = { ...job('succeed'), name: '../escape' };
      expect(
        await codeOf(
          launch(
            executor,
            [...free, wrong].map((spec) => ({ spec })),
          ),
        ),
      ).toBe('invalid-input');
      const twice = job('succeed');
      expect(await codeOf(launch(executor, [{ spec: twice }, { spec: twice }]))).toBe('conflict');
      for (const { name } of [...free, twice])
        expect(await executor.reconcile(name)).toEqual({ state: 'unknown' });
      expect(await executor.reconcile(taken.name)).toMatchObject({ state: 'finished' });
      expect(await launch(executor, [])).toEqual([]);
    });

    test('each is found by its name after a restart, and released by itself', async () => {
      const executor = parts.executor();
      const specs = [job('succeed'), job('fail')];
      const handles = await launch(
        executor,
        specs.map((spec) => ({ spec })),
      );
      const outcomes = await Promise.all(handles.map((handle) => handle.wait()));
      const restarted = await parts.open();
      for (const outcome of outcomes)
        expect(await restarted.reconcile(outcome.name)).toEqual({ state: 'finished', outcome });
      await restarted.release(specs[0]!.name);
      expect(await restarted.reconcile(specs[0]!.name)).toEqual({ state: 'unknown' });
      expect(await restarted.reconcile(specs[1]!.name)).toMatchObject({ state: 'finished' });
      await restarted.close();
    });

    test('those that run when the executor closes end, or live on to be found again, as it declares', async () => {
      const other = await parts.open();
      const awake = Promise.withResolvers<void>();
      const [handle] = await launch(other, [
        { spec: job('sleep'), hooks: { onLog: () => awake.resolve() } },
        { spec: job('succeed') },
      ]);
      if (handle === undefined) throw new Error('nothing was launched');
      await awake.promise;
      const waited = handle.wait();
      const code = codeOf(waited);
      await other.close();
      if (!other.jobsOutliveServer) {
        expect(await waited).toMatchObject({ state: 'failed', reason: 'killed' });
        return;
      }
      expect(await code).toBe('unavailable');
      const restarted = await parts.open();
      const found = await restarted.reconcile(handle.name);
      if (found.state !== 'running') throw new Error(`the job is ${found.state}`);
      expect(found.job.claim).toBe(handle.claim);
      found.job.cancel();
      expect(await found.job.wait()).toMatchObject({ claim: handle.claim, reason: 'cancelled' });
      await restarted.close();
    });
  });
}
