import { type Design, fractionGroups, type Parameter, type Space } from './space.ts';

/**
 * What fractions are multiplied by. A component of a uniform draw from a simplex of k fractions has variance
 * (k - 1) / (k² (k + 1)), a uniform draw from [0, 1] has 1/12.
 */
function fractionScale(size: number): number {
  return size < 2 ? 1 : Math.sqrt((size * size * (size + 1)) / (12 * (size - 1)));
}

/**
 * Fractions are bent so that a little of a component counts for more than a little more of it: the first trace of an
 * element changes a material more than the same step does later. Between straight (1) and the square root, which
 * makes the distance of two compositions that of Hellinger.
 */
const FRACTION_POWER = 0.75;

function scaleNumeric(parameter: Parameter, value: number): number {
  if (parameter.kind === 'continuous' && parameter.scale === 'log')
    return Math.log(value / parameter.min) / Math.log(parameter.max / parameter.min);
  if (parameter.kind === 'continuous' || parameter.kind === 'integer')
    return (value - parameter.min) / (parameter.max - parameter.min);
  if (parameter.kind === 'fraction') return Math.max(0, value) ** FRACTION_POWER;
  return value;
}

/**
 * Rows of features, designs.length × parameters. A numeric column holds the value scaled so that a uniform draw from
 * the space spreads like a uniform draw from [0, 1]; a categorical one holds the index of the choice, and two
 * different choices are at distance one. The designs must belong to the space.
 */
export function encodeDesigns(space: Space, designs: readonly Design[]): Float64Array {
  const width = space.parameters.length;
  const groupSizes = new Map<string, number>();
  for (const names of fractionGroups(space)) for (const name of names) groupSizes.set(name, names.length);
  const rows = new Float64Array(designs.length * width);
  space.parameters.forEach((parameter, column) => {
    const scale = parameter.kind === 'fraction' ? fractionScale(groupSizes.get(parameter.name) ?? 1) : 1;
    const indices =
      parameter.kind === 'categorical' ? new Map(parameter.choices.map((c, i) => [c, i])) : undefined;
    designs.forEach((design, row) => {
      const value = design[parameter.name]!;
      rows[row * width + column] =
        indices === undefined
          ? scale * scaleNumeric(parameter, value as number)
          : (indices.get(value as string) ?? -1);
    });
  });
  return rows;
}
