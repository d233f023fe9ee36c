import type { Design, Space } from './space.ts';

/**
 * The nearest design inside the limits of the space: numbers outside are moved to the limit. Undefined where a
 * category is not among the choices, or a value is missing or of the wrong type: nothing lies near then. For designs
 * that a model is asked about although it never saw their like.
 */
export function projectDesign(space: Space, design: Readonly<Record<string, unknown>>): Design | undefined {
  const projected: Design = {};
  for (const parameter of space.parameters) {
    const value = design[parameter.name];
    if (parameter.kind === 'categorical') {
      if (typeof value !== 'string' || !parameter.choices.includes(value)) return undefined;
      projected[parameter.name] = value;
      continue;
    }
    if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
    const [min, max] = parameter.kind === 'fraction' ? [0, 1] : [parameter.min, parameter.max];
    projected[parameter.name] = Math.min(max, Math.max(min, value));
  }
  return projected;
}
