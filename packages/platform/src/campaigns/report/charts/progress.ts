import { html, type Markup } from '../markup.ts';
import type { ArmReport, ObjectiveReport } from '../model.ts';
import { named } from '../text.ts';
import { atX, atY, axes, type Frame, type Pixel, picture, roomFor, stepArea, steps } from './frame.ts';
import { extent, linearScale, logScale, type Scale } from './scale.ts';
import { seriesClass } from './series.ts';

/** From this ratio on the distances to a target are shown in powers of ten. */
const ratioForLog = 30;
const rugRow = 15;
/** Marks of missing values in one row; neighbours share a mark when there are more. */
const mostMarks = 150;

/** What the vertical axis shows, in at most about `longest` characters. */
function progressName({ name, unit, goal }: ObjectiveReport, longest: number): string {
  return goal.kind === 'target'
    ? named('Distance to the target', unit, longest)
    : named(`Best ${name}`, unit, longest);
}

function verticalScale(objective: ObjectiveReport, arms: readonly ArmReport[]): Scale {
  const bands = arms.flatMap(({ progress }) => progress.points.flatMap(({ low, high }) => [low, high]));
  const singles = arms.flatMap(({ progress }) => progress.singles.map(({ value }) => value));
  const inner = extent(bands) ?? [0, 1];
  if (objective.goal.kind === 'target') {
    const [low, high] = extent([...bands, ...singles]) ?? [0, 1];
    return low > 0 && high / low > ratioForLog
      ? logScale([low, high])
      : linearScale([0, high > 0 ? high : 1], { margin: 0.03 });
  }
  // A single far-off value must not flatten the lines: at most as much room again for values that were no best.
  const room = inner[1] - inner[0];
  const outer =
    extent(singles.filter((value) => value >= inner[0] - room && value <= inner[1] + room)) ?? inner;
  return linearScale([Math.min(inner[0], outer[0]), Math.max(inner[1], outer[1])]);
}

/** Best value against the number of experiments, one line for each arm, with a band over its repeats. */
export function progressChart(
  id: string,
  width: number,
  objective: ObjectiveReport,
  arms: readonly ArmReport[],
  says: { title: string; description: string; starts: number },
  shape: string,
): Markup {
  const missing = arms.filter(({ progress }) => progress.misses.length > 0);
  const last = Math.max(
    2,
    ...arms.map(({ progress }) => progress.points.at(-1)?.experiment ?? 0),
    ...missing.map(({ progress }) => progress.misses.at(-1)!.experiment),
  );
  const plotHeight = Math.min(330, Math.round(width * 0.62));
  const y = verticalScale(objective, arms);
  const frame: Frame = {
    width,
    height: 40 + plotHeight + missing.length * rugRow + 52,
    left: Math.max(roomFor(y), 68),
    right: width - 14,
    top: 34,
    bottom: 34 + plotHeight,
    x: linearScale([1, last + 0.5], { margin: 0.01, ticks: width > 500 ? 10 : 5, whole: true }),
    y,
  };
  const axisY = frame.bottom + missing.length * rugRow + (missing.length > 0 ? 6 : 0);
  const drawn = arms.map((arm, i) => ({ arm, shape: seriesClass(arms, i) }));
  const content = html`${startsArea(frame, says.starts)}${axes(frame, { x: 'Experiments of the arm', y: progressName(objective, Math.floor((width - 130) / 7.4)) }, axisY)}
<text class="note" x="${frame.right}" y="${frame.top - 12}" text-anchor="end">${objective.goal.kind === 'maximize' ? '↑ higher is better' : '↓ lower is better'}</text>
${drawn.map(({ arm, shape }) => band(frame, arm, shape))}
${drawn.map(({ arm, shape }) => dots(frame, arm, shape))}
${drawn.map(({ arm, shape }) => html`<path class="series ${shape}" d="${steps(pixels(frame, arm, 'median'))}"/>`)}
${missing.map((arm, row) => rug(frame, arm, seriesClass(arms, arms.indexOf(arm)), frame.bottom + 6 + row * rugRow))}`;
  return picture(id, frame, says, content, shape);
}

/** The last value holds half a step longer, so that it can be seen. */
function pixels(frame: Frame, arm: ArmReport, of: 'median' | 'low' | 'high'): Pixel[] {
  const { points } = arm.progress;
  const last = points.at(-1);
  const held = last === undefined ? [] : [{ ...last, experiment: last.experiment + 0.5 }];
  return [...points, ...held].map((point) => [atX(frame, point.experiment), atY(frame, point[of])]);
}

const band = (frame: Frame, arm: ArmReport, shape: string): Markup | null =>
  arm.progress.repeats < 2
    ? null
    : html`<path class="band ${shape}" d="${stepArea(pixels(frame, arm, 'high'), pixels(frame, arm, 'low'))}"/>`;

const dots = (frame: Frame, arm: ArmReport, shape: string): Markup =>
  html`<g class="dots ${shape}">${arm.progress.singles
    .filter(({ value }) => value >= frame.y.min && value <= frame.y.max)
    .map(
      ({ experiment, value }) =>
        html`<circle cx="${atX(frame, experiment)}" cy="${atY(frame, value)}" r="2.6"/>`,
    )}</g>`;

/** The designs that all arms share at the start are no merit of any. */
const startsArea = (frame: Frame, starts: number): Markup =>
  html`<rect class="starts" x="${frame.left}" y="${frame.top}" width="${Math.max(0, atX(frame, starts) - frame.left)}" height="${frame.bottom - frame.top}"/>`;

/** A row of marks below the plot: a cross for a failed experiment, a triangle for a censored one. */
function rug(frame: Frame, arm: ArmReport, shape: string, y: number): Markup {
  const bin = Math.ceil(arm.progress.misses.length / mostMarks);
  const shown = arm.progress.misses.filter((_, i) => i % bin === 0);
  const middle = y + rugRow / 2;
  return html`<g class="rug ${shape}"><text class="note" x="${frame.left - 8}" y="${middle + 4}" text-anchor="end">${arm.name.slice(0, 8)}</text>${shown.map(
    ({ experiment, failed, censored }) => {
      const x = atX(frame, experiment);
      const [left, right] = failed > 0 && censored > 0 ? [x - 4.5, x + 4.5] : [x, x];
      return html`${failed > 0 && html`<path class="cross" d="M${left - 3.5} ${middle - 3.5}l7 7m0 -7l-7 7"/>`}${censored > 0 && html`<path class="triangle" d="M${right} ${middle - 4}l4.5 8h-9z"/>`}`;
    },
  )}</g>`;
}
