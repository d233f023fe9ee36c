import { createSphereModel, type QGrid } from './form-factor.ts';

/** A rough description of a curve, good enough to start a local fit. */
export interface StartValues {
  readonly radiusNm: number;
  readonly polydispersity: number;
  readonly scale: number;
  readonly background: number;
  /** Weighted sum of squared differences at this start. */
  readonly misfit: number;
}

/** Radii of a search, in nm. */
export interface RadiusRange {
  readonly smallest: number;
  readonly largest: number;
}

const POLYDISPERSITIES = [0.03, 0.07, 0.15];
/** Trial radii for each step of the grid of wave numbers. */
const RADII_PER_STEP = 3;

/**
 * Prepares a search of the whole range of radii for one grid. A curve depends on ln(q) + ln(radius) alone, so
 * a single fine table for each polydispersity holds the curves of all trial radii as shifted slices; scale and
 * background are solved linearly for each. The search is therefore exhaustive, and cheap.
 */
export function createStartSearch(
  grid: QGrid,
  range: RadiusRange,
): (counts: readonly number[], howMany: number) => StartValues[] {
  const step = grid.logStep / RADII_PER_STEP;
  const trials = Math.ceil(Math.log(range.largest / range.smallest) / step);
  const length = (grid.count - 1) * RADII_PER_STEP + trials;
  const fine = createSphereModel({ minPerNm: grid.minPerNm, logStep: step, count: length });
  const tables = POLYDISPERSITIES.map((polydispersity) => {
    const table = new Float64Array(length);
    fine.evaluate(range.smallest, polydispersity, table);
    return table;
  });

  return (counts, howMany) => {
    const weights = Float64Array.from(counts, (count) => 1 / Math.max(count, 1));
    const best = Array.from({ length: trials }, (_, shift): StartValues | undefined => {
      const radiusNm = range.smallest * Math.exp(shift * step);
      let winner: StartValues | undefined;
      for (const [index, table] of tables.entries()) {
        const solved = solveLinearPart(table, shift, counts, weights);
        if (solved !== undefined && (winner === undefined || solved.misfit < winner.misfit)) {
          winner = { radiusNm, polydispersity: POLYDISPERSITIES[index]!, ...solved };
        }
      }
      return winner;
    });
    const misfitAt = (i: number): number => best[i]?.misfit ?? Number.POSITIVE_INFINITY;
    return best
      .filter((start, i) => start !== undefined && start.misfit <= Math.min(misfitAt(i - 1), misfitAt(i + 1)))
      .filter((start) => start !== undefined)
      .sort((a, b) => a.misfit - b.misfit)
      .slice(0, howMany);
  };
}

/** Weighted straight-line fit of counts = scale * shape + background; undefined without a positive scale. */
function solveLinearPart(
  table: Float64Array,
  shift: number,
  counts: readonly number[],
  weights: Float64Array,
): { scale: number; background: number; misfit: number } | undefined {
  let sw = 0;
  let sx = 0;
  let sy = 0;
  let sxx = 0;
  let sxy = 0;
  let syy = 0;
  for (let i = 0; i < counts.length; i++) {
    const x = table[i * RADII_PER_STEP + shift]!;
    const y = counts[i]!;
    const w = weights[i]!;
    sw += w;
    sx += w * x;
    sy += w * y;
    sxx += w * x * x;
    sxy += w * x * y;
    syy += w * y * y;
  }
  const determinant = sw * sxx - sx * sx;
  if (!(determinant > 1e-12 * sw * sxx)) return undefined;
  let scale = (sw * sxy - sx * sy) / determinant;
  let background = (sxx * sy - sx * sxy) / determinant;
  if (background < 0) {
    background = 0;
    scale = sxy / sxx;
  }
  if (!(scale > 0)) return undefined;
  const misfit =
    syy -
    2 * (scale * sxy + background * sy) +
    scale * scale * sxx +
    2 * scale * background * sx +
    background * background * sw;
  return { scale, background, misfit };
}
