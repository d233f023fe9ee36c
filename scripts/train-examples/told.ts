/** What a scattering model told of curves, beside what is known of them. Pure. */

export type Known = { shape: string; sizes: Record<string, [low: number, high: number]> };
export type Told = {
  file: string;
  refused?: string;
  shape?: string;
  probability?: number;
  sizes?: { size: string; value: number; low: number | null; high: number | null }[];
};
export type Verdict = 'within' | 'partly' | 'MISS' | 'not known';
export type Line = {
  file: string;
  /** The shape that was told first, and the one that the size is of. */
  told: string;
  shape: string;
  probability: number | null;
  size: string;
  value: number;
  low: number | null;
  high: number | null;
  truth: [number, number] | null;
  verdict: Verdict;
};

/** Whether an interval holds what is known: all of it, a part of a known range, or nothing. No interval holds nothing. */
export function verdictOf(
  low: number | null,
  high: number | null,
  truth: readonly [number, number] | null,
): Verdict {
  if (truth === null) return 'not known';
  if (low === null || high === null) return 'MISS';
  if (low <= truth[0] && high >= truth[1]) return 'within';
  return low <= truth[1] && high >= truth[0] ? 'partly' : 'MISS';
}

/**
 * One line for each size: those of the told shape, or, where another shape is known, those of the known one, which the model
 * was then asked for (`asked`, by file).
 */
export function linesOf(
  told: readonly Told[],
  known: Readonly<Record<string, Known>>,
  asked: ReadonlyMap<string, Told>,
): Line[] {
  return told.flatMap((first) => {
    const truth = known[first.file];
    const shown = asked.get(first.file) ?? first;
    return (shown.sizes ?? []).map(({ size, value, low, high }): Line => {
      const range = truth?.shape === shown.shape ? (truth?.sizes[size] ?? null) : null;
      return {
        ...{ file: first.file, told: first.shape ?? '', shape: shown.shape ?? '' },
        ...{ probability: first.probability ?? null, size, value, low, high },
        ...{ truth: range, verdict: verdictOf(low, high, range) },
      };
    });
  });
}

/** Files whose known shape was not told first, by that shape: the model is asked for it besides. */
export function toldOtherwise(
  told: readonly Told[],
  known: Readonly<Record<string, Known>>,
): Map<string, string[]> {
  const files = new Map<string, string[]>();
  for (const { file, shape } of told) {
    const right = known[file]?.shape;
    if (right !== undefined && shape !== undefined && shape !== right)
      files.set(right, [...(files.get(right) ?? []), file]);
  }
  return files;
}
