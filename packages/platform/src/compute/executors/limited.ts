import type { Executor, JobHandle } from '../ports.ts';

/** The same executor with at most `most` jobs at one time; further launches wait for their turn, first come first served. */
export function atMost(most: number, executor: Executor): Executor {
  let running = 0;
  const waiting: (() => void)[] = [];
  const enter = async (): Promise<void> => {
    if (running >= most) await new Promise<void>((go) => waiting.push(go));
    running += 1;
  };
  const leave = (): void => {
    running -= 1;
    waiting.shift()?.();
  };
  return {
    ...executor,
    async launch(spec, hooks) {
      await enter();
      let handle: JobHandle;
      try {
        handle = await executor.launch(spec, hooks);
      } catch (error) {
        leave();
        throw error;
      }
      handle.wait().then(leave, leave);
      return handle;
    },
  };
}
