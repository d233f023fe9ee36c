/** Results of `act` in the order of the items, at most `most` under way at once. The first failure aborts the others. */
export async function fewAtATime<Item, Result>(
  items: readonly Item[],
  most: number,
  signal: AbortSignal,
  act: (item: Item, signal: AbortSignal) => Promise<Result>,
): Promise<Result[]> {
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  const results: Result[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < items.length) {
      either.throwIfAborted();
      const at = next++;
      results[at] = await act(items[at]!, either);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(most, items.length) }, work));
  } catch (error) {
    failure.abort(error);
    throw error;
  }
  return results;
}
