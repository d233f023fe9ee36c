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

const POLYDISPERSITIES = [0.04, 0.12];
/** Trial radii for each step of the grid of wave numbers. */
const RADII_PER_STEP = 2;

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
  // tables[polydispersity][phase][i] is the fine curve at i * RADII_PER_STEP + phase: slices are contiguous.
  const tables = POLYDISPERSITIES.map((polydispersity) => {
    const table = new Float64Array(length);
    fine.evaluate(range.smallest, polydispersity, table);
    return Array.from({ length: RADII_PER_STEP }, (_, phase) =>
      table.filter((_value, i) => i % RADII_PER_STEP === phase),
    );
  });

  return (counts, howMany) => {
    const data = weighCounts(counts);
    const best = Array.from({ length: trials }, (_, shift): StartValues | undefined => {
      const radiusNm = range.smallest * Math.exp(shift * step);
      let winner: StartValues | undefined;
      for (const [index, phases] of tables.entries()) {
        const curve = phases[shift % RADII_PER_STEP]!;
        const solved = solveLinearPart(curve, Math.floor(shift / RADII_PER_STEP), data);
        if (solved !== undefined && (winner === undefined || solved.misfit < winner.misfit)) {
          winner = { radiusNm, polydispersity: POLYDISPERSITIES[index]!, ...solved };
        }
      }
      return winner;
    });
    const misfitAt = (i: number): number => best[i]?.misfit ?? Number.POSITIVE_INFINITY;
    return best
      .filter((start) => start !== undefined)
      .filter((start) => {
        const i = best.indexOf(start);
        return start.misfit <= Math.min(misfitAt(i - 1), misfitAt(i + 1));
      })
      .sort((a, b) => a.misfit - b.misfit)
      .slice(0, howMany);
  };
}

/** Weights 1/count and the sums that no trial changes. */
interface WeighedCounts {
  readonly weights: Float64Array;
  readonly weighted: Float64Array;
  readonly sw: number;
  readonly sy: number;
  readonly syy: number;
}

function weighCounts(counts: readonly number[]): WeighedCounts {
  const weights = Float64Array.from(counts, (count) => 1 / Math.max(count, 1));
  const weighted = weights.map((weight, i) => weight * counts[i]!);
  let sw = 0;
  let sy = 0;
  let syy = 0;
  for (const [i, count] of counts.entries()) {
    sw += weights[i]!;
    sy += weighted[i]!;
    syy += weighted[i]! * count;
  }
  return { weights, weighted, sw, sy, syy };
}

/** Weighted straight-line fit of counts = scale * shape + background; undefined without a positive scale. */
function solveLinearPart(
  curve: Float64Array,
  from: number,
  { weights, weighted, sw, sy, syy }: WeighedCounts,
): { scale: number; background: number; misfit: number } | undefined {
  let sx = 0;
  let sxx = 0;
  let sxy = 0;
  for (let i = 0; i < weights.length; i++) {
    const x = curve[from + i]!;
    const wx = weights[i]! * x;
    sx += wx;
    sxx += wx * x;
    sxy += weighted[i]! * x;
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
