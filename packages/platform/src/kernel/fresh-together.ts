/**
 * One look for all who ask for the same at once, never an older one: whoever asks while a look is under way waits for
 * the next, which begins after it asked. So everybody gets an answer that was read after their question, as if each had
 * looked alone, and many cost no more than two looks at a time.
 */
export function freshTogether<T>(look: (key: string) => Promise<T>): (key: string) => Promise<T> {
  type Looking = { current: Promise<unknown>; next: Promise<T> | undefined };
  const underWay = new Map<string, Looking>();

  function begin(key: string): Promise<T> {
    const looking = look(key);
    const entry: Looking = { current: looking, next: undefined };
    underWay.set(key, entry);
    const settled = (): void => {
      if (underWay.get(key) === entry && entry.next === undefined) underWay.delete(key);
    };
    void looking.catch(() => undefined).finally(settled);
    return looking;
  }

  return (key) => {
    const entry = underWay.get(key);
    if (entry === undefined) return begin(key);
    entry.next ??= entry.current.then(
      () => begin(key),
      () => begin(key),
    );
    return entry.next;
  };
}
