import { html, type Markup } from '../markup.ts';
import type { ObjectiveReport, PredictionUnitReport } from '../model.ts';
import { number } from '../numbers.ts';
import { named } from '../text.ts';
import { atX, atY, axes, type Frame, line, picture, roomFor } from './frame.ts';
import { extent, linearScale } from './scale.ts';

/** Of a normal distribution: the central 95 % lie within this many standard deviations. */
const central95 = 1.959963984540054;
/** More points than this hide each other; evenly spaced ones are drawn. */
const mostPoints = 1500;

export const isInside = ({ measured, predicted, sd }: PredictionUnitReport): boolean | null =>
  sd === null ? null : Math.abs(measured - predicted) <= central95 * sd;

/** At most `most` items, evenly spaced. */
export const thinned = <T>(items: readonly T[], most: number): readonly T[] =>
  items.length <= most
    ? items
    : Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)]!);

/** Predicted against measured, with the 95 % interval of each prediction and the line where both agree. */
export function predictionsChart(
  id: string,
  objective: ObjectiveReport,
  units: readonly PredictionUnitReport[],
  says: { title: string; description: string; baseline: number | null },
): Markup {
  const [low, high] = extent(units.flatMap(({ measured, predicted }) => [measured, predicted])) ?? [0, 1];
  const spreads = units.flatMap(({ sd }) => (sd === null ? [] : [sd])).sort((a, b) => a - b);
  const reach = Math.min((spreads[Math.floor(spreads.length / 2)] ?? 0) * central95, high / 2 - low / 2);
  const scale = linearScale([low - reach, high + reach], { margin: 0.03 });
  const frame: Frame = {
    width: 420,
    height: 420,
    left: roomFor(scale),
    right: 408,
    top: 34,
    bottom: 368,
    x: scale,
    y: scale,
  };
  const name = named(objective.name, objective.unit, 44);
  const shown = thinned(
    [...units].sort((a, b) => a.measured - b.measured),
    mostPoints,
  );
  const { baseline } = says;
  const content = html`${axes(frame, { x: `Measured ${name}`, y: `Predicted ${name}` })}
${line(frame.left, frame.bottom, frame.right, frame.top, 'agree')}
${baseline !== null && baseline > scale.min && baseline < scale.max && html`${line(frame.left, atY(frame, baseline), frame.right, atY(frame, baseline), 'reference')}<text class="note" x="${frame.right - 2}" y="${atY(frame, baseline) - 5}" text-anchor="end">baseline ${number(baseline)}</text>`}
${shown.map((one) => point(frame, one))}`;
  return picture(id, frame, says, content);
}

function point(frame: Frame, one: PredictionUnitReport): Markup {
  const { measured, predicted, sd } = one;
  const x = atX(frame, measured);
  const y = atY(frame, predicted);
  const shape = isInside(one) === false ? 'outside' : 'inside';
  return html`<g class="${shape}">${sd !== null && line(x, atY(frame, predicted - central95 * sd), x, atY(frame, predicted + central95 * sd))}${
    shape === 'inside'
      ? html`<circle cx="${x}" cy="${y}" r="3.4"/>`
      : html`<path d="M${x} ${y - 5}l5 5l-5 5l-5 -5z"/>`
  }</g>`;
}
