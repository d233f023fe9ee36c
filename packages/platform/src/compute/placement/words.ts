/*
 * Amounts for people, short and in the usual units. Two amounts that differ must not read the same, as 32 GiB and one
 * byte more would: then both are told exactly.
 */

/** At most three decimals, without zeros at the end. */
const brief = (value: number): string => String(Number(value.toFixed(3)));

/** In the largest unit of which there are at least so many. */
const inUnits =
  (least: number, units: readonly (readonly [string, number])[]) =>
  (value: number): string => {
    const [name, size] = units.find(([, unit]) => value >= least * unit) ?? units.at(-1)!;
    return `${brief(value / size)} ${name}`;
  };

export const sizeInWords = inUnits(1, [
  ['PiB', 2 ** 50],
  ['TiB', 2 ** 40],
  ['GiB', 2 ** 30],
  ['MiB', 2 ** 20],
  ['KiB', 2 ** 10],
  ['bytes', 1],
]);
const secondsInWords = inUnits(2, [
  ['days', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
]);

type Pair = readonly [string, string];
function apart(words: (value: number) => string, unit: string, a: number, b: number): Pair {
  const said: Pair = [words(a), words(b)];
  return said[0] === said[1] && a !== b ? [`${a}${unit}`, `${b}${unit}`] : said;
}

export const twoSizes = (a: number, b: number): Pair => apart(sizeInWords, ' bytes', a, b);
export const twoTimes = (a: number, b: number): Pair => apart(secondsInWords, ' s', a, b);
export const twoAmounts = (a: number, b: number): Pair => apart(brief, '', a, b);

/** "1 node", "2 nodes". */
export const count = (amount: number, one: string): string => `${amount} ${one}${amount === 1 ? '' : 's'}`;

/** At most three names, and how many more there are. */
export function someOf(names: readonly string[]): string {
  const more = names.length - 3;
  return `${names.slice(0, 3).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
