import { html, type Markup } from '../markup.ts';
import type { CurveReport } from '../model.ts';
import { atX, atY, axes, type Frame, line, type Pixel, picture, roomFor, through } from './frame.ts';
import { thinned } from './predictions.ts';
import { extent, linearScale, logScale, type Scale } from './scale.ts';

type Point = CurveReport['points'][number];
const mostPoints = 400;

/** Counts against wave number with error bars and the fit, both axes in powers of ten, and the residuals below. */
export function scatteringChart(
  id: string,
  width: number,
  points: readonly Point[],
  says: { title: string; description: string },
  shape: string,
): Markup {
  const shown = thinned(
    points.filter(({ q, counts }) => q > 0 && counts > 0),
    mostPoints,
  );
  const x = logScale(extent(shown.map(({ q }) => q)) ?? [1, 10]);
  const heights = shown.flatMap(({ counts, sigma, fit }) =>
    [counts, counts + sigma, fit].filter((value) => value > 0),
  );
  const y = logScale(extent(heights) ?? [1, 10]);
  const residuals = residualScale(shown);
  const plot = Math.min(320, Math.round(width * 0.62));
  const main: Frame = {
    width,
    height: plot + 186,
    left: Math.max(roomFor(y), roomFor(residuals)),
    right: width - 14,
    top: 34,
    bottom: 34 + plot,
    x,
    y,
  };
  const below: Frame = { ...main, top: main.bottom + 32, bottom: main.bottom + 102, y: residuals };
  const content = html`${axes({ ...main, x: { ...x, ticks: [] } }, { x: '', y: 'Counts' })}
<path class="fit" d="${through(shown.filter(({ fit }) => fit > 0).map(({ q, fit }): Pixel => [atX(main, q), atY(main, fit)]))}"/>
<g class="inside">${shown.map(({ q, counts, sigma }) => {
    const at = atX(main, q);
    const low = Math.max(counts - sigma, y.min);
    return html`${line(at, atY(main, low), at, atY(main, counts + sigma))}<circle cx="${at}" cy="${atY(main, counts)}" r="2.4"/>`;
  })}</g>
${axes(below, { x: 'Wave number q (1/nm)', y: 'Counts minus fit, in standard uncertainties' })}
${line(below.left, atY(below, 0), below.right, atY(below, 0), 'agree')}
<g class="inside">${shown.map((point) => html`<circle cx="${atX(below, point.q)}" cy="${atY(below, residual(point))}" r="2"/>`)}</g>`;
  return picture(id, main, says, content, shape);
}

const residual = ({ counts, sigma, fit }: Point): number => (sigma > 0 ? (counts - fit) / sigma : 0);

function residualScale(points: readonly Point[]): Scale {
  const most = Math.max(3, ...points.map((point) => Math.abs(residual(point))).filter(Number.isFinite));
  return linearScale([-most, most], { ticks: 3 });
}
