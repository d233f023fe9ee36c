/**
 * Calls never overlap: those that come while one runs share one run that begins after it, so each sees everything that
 * was there when it was called. A failure is told to those who shared the run.
 */
export function oneAtATime<T>(action: () => Promise<T>): () => Promise<T> {
  let current: Promise<T> | null = null;
  let next: Promise<T> | null = null;
  const begin = (): Promise<T> => {
    const run = action().finally(() => {
      current = null;
    });
    current = run;
    return run;
  };
  return () => {
    if (next !== null) return next;
    if (current === null) return begin();
    const afterwards = (): Promise<T> => {
      next = null;
      return begin();
    };
    next = current.then(afterwards, afterwards);
    return next;
  };
}
