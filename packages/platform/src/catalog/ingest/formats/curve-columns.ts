import { unitOf } from '../header.ts';
import type { Column } from '../model.ts';
import type { Axis, CurveColumns } from './model.ts';

const defaults: Axis[] = ['x', 'y', 'dy', 'dx'].map((name) => ({ name, unit: null }));

/** Names and units of a curve's columns: those given, or x, y, dy and dx. The third and fourth are uncertainties. */
export const curveColumns = (
  given: readonly Axis[] | null,
  width: number,
): { columns: Column[]; curve: CurveColumns } => {
  const distinct = new Set(given?.map(({ name }) => name)).size === width;
  const axes = given !== null && distinct ? given : defaults;
  return {
    columns: axes.slice(0, width).map(({ name, unit }) => ({ name, unit, type: 'number' })),
    curve: { x: 0, y: 1, dy: width > 2 ? 2 : null, dx: width > 3 ? 3 : null },
  };
};

/** `time_of_flight(microsecond)` is a name and its unit. */
export const namedAxis = (word: string): Axis => {
  const [, name, unit] = /^(.*\S)\(([^()]{1,40})\)$/.exec(word) ?? [];
  return { name: name ?? word, unit: unit ?? unitOf(word) };
};
