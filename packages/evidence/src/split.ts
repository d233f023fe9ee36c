import { createHmac } from 'node:crypto';
import { invalidField } from '@genesis/contracts';

export type Side = 'explore' | 'confirm';

/** Everything that decides the side of any key; small, public, and stored with the split. */
export type SplitRule = {
  version: 1;
  seed: string;
  confirmFraction: number;
  /** A key is on the confirm side when its place lies below this: 64 hexadecimal digits. */
  cut: string;
};

/** Where a key lies: HMAC-SHA256 under the seed, uniform on [0, 2^256) and unrelated to the row's results. */
const placeOf = (seed: string, key: string): string =>
  createHmac('sha256', `genesis/split/1/${seed}`).update(key, 'utf8').digest('hex');

/** The first 53 bits of a fraction as a cut. */
const cutAt = (fraction: number): string =>
  (BigInt(Math.round(fraction * 2 ** 53)) << 203n).toString(16).padStart(64, '0');

/** The side of one key, in constant time and memory: a table is cut while it streams. */
export const sideOf = (rule: SplitRule, key: string): Side =>
  placeOf(rule.seed, key) < rule.cut ? 'confirm' : 'explore';

/** The `size` smallest distinct texts seen, under an order; constant memory. */
function keepFirst(
  size: number,
  before: (a: string, b: string) => boolean,
): { add(text: string): void; kept: string[] } {
  const kept: string[] = [];
  return {
    kept,
    add(text) {
      if (kept.length === size && !before(text, kept[size - 1]!)) return;
      let at = kept.length;
      while (at > 0 && before(text, kept[at - 1]!)) at--;
      if (kept[at - 1] === text) return;
      kept.splice(at, 0, text);
      if (kept.length > size) kept.pop();
    },
  };
}

/**
 * Makes the rule of a split from the keys of its rows, in one pass and constant memory.
 *
 * The cut is the wanted fraction of the places, so the side of a key does not depend on the other rows: a later
 * version of a table, cut with the same seed, leaves every design where it was. Only where that would leave a side
 * with fewer than `fewest` distinct keys (small tables) does the cut move, to give that side exactly `fewest`.
 *
 * Throws `invalid-input` when the fraction is not strictly between 0 and 1, or when the table has fewer than
 * 2 * `fewest` distinct keys.
 */
export function planSplit(
  keys: Iterable<string>,
  { seed, confirmFraction, fewest = 5 }: { seed: string; confirmFraction: number; fewest?: number },
): SplitRule {
  if (!(confirmFraction > 0 && confirmFraction < 1)) {
    throw invalidField('confirmFraction', `is ${confirmFraction}; it must lie strictly between 0 and 1`);
  }
  if (!(Number.isInteger(fewest) && fewest >= 1))
    throw invalidField('fewest', 'must be a whole number from 1 up');
  const wanted = cutAt(confirmFraction);
  // One more than 2 * fewest on each end tells how many keys there are, as far as it matters.
  const lowest = keepFirst(2 * fewest, (a, b) => a < b);
  const highest = keepFirst(fewest, (a, b) => a > b);
  for (const key of keys) {
    const place = placeOf(seed, key);
    lowest.add(place);
    highest.add(place);
  }
  if (lowest.kept.length < 2 * fewest) {
    throw invalidField(
      'fewest',
      `the table has ${lowest.kept.length} distinct designs or groups; ${fewest} on each side need at least ${2 * fewest}`,
    );
  }
  let cut = wanted;
  if (lowest.kept[fewest - 1]! >= cut) cut = lowest.kept[fewest]!;
  if (highest.kept[fewest - 1]! < cut) cut = highest.kept[fewest - 1]!;
  return { version: 1, seed, confirmFraction, cut };
}

/** The rule of the keys and the side of each distinct one. For tables whose keys fit in memory. */
export function assignSplit(
  keys: Iterable<string>,
  options: { seed: string; confirmFraction: number; fewest?: number },
): { rule: SplitRule; sides: Map<string, Side> } {
  const distinct = new Set(keys);
  const rule = planSplit(distinct, options);
  return { rule, sides: new Map([...distinct].map((key) => [key, sideOf(rule, key)])) };
}
