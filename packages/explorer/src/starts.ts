import { encodeDesigns } from './features.ts';
import type { Random } from './random.ts';
import { drawDesign } from './sample-space.ts';
import { type Design, designKey, type Space } from './space.ts';

export type StartDesign = 'random' | 'space-filling';

/** Designs among which a space-filling start is chosen. */
const SPREAD_OVER = 400;

/** Draws tried before the same design is accepted twice (a space with few designs). */
const REDRAWS = 20;

/** `count` different designs (fewer in a space that has fewer) drawn from a space that is not listed. */
function drawDifferent(space: Space, count: number, random: Random): Design[] {
  const designs: Design[] = [];
  const seen = new Set<string>();
  for (let attempt = 0; designs.length < count && attempt < REDRAWS * count; attempt++) {
    const design = drawDesign(space, random);
    const key = designKey(space, design);
    if (seen.has(key)) continue;
    seen.add(key);
    designs.push(design);
  }
  return designs;
}

/**
 * The first designs of an exploration, in order: a longer list begins with the shorter one. `pool` lists the
 * allowed designs; without it they are drawn from the space.
 */
export function startDesigns(
  space: Space,
  pool: readonly Design[] | undefined,
  count: number,
  kind: StartDesign,
  random: Random,
): Design[] {
  if (kind === 'random')
    return pool ? random.shuffle(pool).slice(0, count) : drawDifferent(space, count, random);
  const among = pool ? random.shuffle(pool).slice(0, SPREAD_OVER) : drawDifferent(space, SPREAD_OVER, random);
  return farthestFirst(space, [], among, count);
}

/** Picks, one after the other, the design whose nearest neighbour among `taken` and the picked is farthest. */
export function farthestFirst(
  space: Space,
  taken: readonly Design[],
  among: readonly Design[],
  count: number,
): Design[] {
  const width = space.parameters.length;
  const categorical = space.parameters.map(({ kind }) => kind === 'categorical');
  const rows = encodeDesigns(space, among);
  const distances = new Float64Array(among.length).fill(Infinity);
  const bringIn = (reference: Float64Array): void => {
    for (let i = 0; i < among.length; i++) {
      let sum = 0;
      for (let c = 0; c < width; c++) {
        const difference = rows[i * width + c]! - reference[c]!;
        sum += categorical[c]! ? (difference === 0 ? 0 : 1) : difference * difference;
      }
      distances[i] = Math.min(distances[i]!, sum);
    }
  };
  const takenRows = encodeDesigns(space, taken);
  for (let i = 0; i < taken.length; i++) bringIn(takenRows.subarray(i * width, (i + 1) * width));
  const picked: Design[] = [];
  for (let k = 0; k < Math.min(count, among.length); k++) {
    let next = 0;
    for (let i = 1; i < among.length; i++) if (distances[i]! > distances[next]!) next = i;
    picked.push(among[next]!);
    bringIn(rows.subarray(next * width, (next + 1) * width));
    distances[next] = -1;
  }
  return picked;
}
