import { html, type Markup } from '../markup.ts';
import type { HypothesisReport, ObjectiveReport, VerdictReport } from '../model.ts';
import { number } from '../numbers.ts';
import { named } from '../text.ts';
import { atX, axes, type Frame, line, picture } from './frame.ts';
import { thinned } from './predictions.ts';
import { extent, linearScale } from './scale.ts';

const mostPoints = 400;

/** The lead of the clever arm from each start, in order, with the threshold and the interval of the median. */
export function differencesChart(
  id: string,
  objective: ObjectiveReport,
  differences: readonly number[],
  claim: Pick<HypothesisReport, 'boundary' | 'direction'>,
  verdict: Pick<VerdictReport, 'estimate' | 'interval'> | null,
  says: { title: string; description: string },
): Markup {
  const shown = thinned(differences, mostPoints);
  const estimate = verdict?.estimate ?? null;
  const bounds = [verdict?.interval.lo, verdict?.interval.hi, estimate].filter(
    (value) => value !== null && value !== undefined,
  );
  const range = extent([...shown, ...bounds, claim.boundary, 0]) ?? [0, 1];
  const bottom = 368;
  const top = 52;
  const frame: Frame = {
    width: 420,
    height: 420,
    left: 30,
    right: 402,
    top,
    bottom,
    x: linearScale(range, { ticks: 4 }),
    y: linearScale([0, shown.length + 1], { margin: 0 }),
  };
  const beyond = (value: number): boolean =>
    claim.direction === 'greater' ? value > claim.boundary : value < claim.boundary;
  const step = (bottom - top) / (shown.length + 1);
  const radius = Math.min(4, Math.max(1.5, step / 2.2));
  const boundaryX = atX(frame, claim.boundary);
  const content = html`${verdict !== null && intervalArea(frame, verdict)}${axes(
    { ...frame, y: { ...frame.y, ticks: [] } },
    { x: named('Lead of the clever arm', objective.unit, 52), y: '' },
  )}
${line(boundaryX, 8, boundaryX, frame.bottom, 'reference')}
${estimate !== null && line(atX(frame, estimate), 26, atX(frame, estimate), frame.bottom, 'estimate')}
${labelsAbove(frame, claim.boundary, estimate)}
${shown.map((value, i) => {
  const x = atX(frame, value);
  const y = Math.round((bottom - (i + 1) * step) * 10) / 10;
  return html`<circle class="${beyond(value) ? 'ahead' : 'behind'}" cx="${x}" cy="${y}" r="${radius}"/>`;
})}`;
  return picture(id, frame, says, content);
}

function intervalArea(frame: Frame, { interval }: Pick<VerdictReport, 'interval'>): Markup | null {
  if (interval.lo === null && interval.hi === null) return null;
  const from = interval.lo === null ? frame.left : atX(frame, interval.lo);
  const to = interval.hi === null ? frame.right : atX(frame, interval.hi);
  return html`<rect class="interval" x="${from}" y="${frame.top}" width="${Math.max(1, to - from)}" height="${frame.bottom - frame.top}"/>`;
}

/** The names of the two lines stand above the plot in rows of their own, so that they do not meet. */
function labelsAbove(frame: Frame, boundary: number, estimate: number | null): Markup {
  const name = (value: number, words: string, y: number, toRight: boolean): Markup => {
    const x = atX(frame, value);
    const right = toRight ? x < frame.right - 120 : x < frame.left + 120;
    return html`<text class="note" x="${right ? x + 5 : x - 5}" y="${y}" text-anchor="${right ? 'start' : 'end'}">${words} ${number(value, 3)}</text>`;
  };
  return html`${name(boundary, 'threshold', 18, true)}${estimate !== null && name(estimate, 'median', 36, estimate >= boundary)}`;
}
