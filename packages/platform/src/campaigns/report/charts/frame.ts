import { html, type Markup } from '../markup.ts';
import type { Scale } from './scale.ts';

/** The plotting area of a picture in pixels, and its two axes. */
export type Frame = {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
  x: Scale;
  y: Scale;
};

/** Room for the marks of a vertical axis, in pixels. */
export const roomFor = ({ ticks }: Scale): number =>
  18 + 7.3 * ticks.reduce((most, { label }) => Math.max(most, label.length), 3);

const cut = (pixel: number): number => Math.round(pixel * 10) / 10;
const within = (share: number): number => Math.min(1, Math.max(0, share));

/** Pixel of a value; values beyond an axis lie on its end. */
export const atX = (frame: Frame, value: number): number =>
  cut(frame.left + within(frame.x.place(value)) * (frame.right - frame.left));
export const atY = (frame: Frame, value: number): number =>
  cut(frame.bottom - within(frame.y.place(value)) * (frame.bottom - frame.top));

/** Grid, marks and names of both axes. `axisY` moves the horizontal axis below a strip under the plot. */
export function axes(frame: Frame, names: { x: string; y: string }, axisY = frame.bottom): Markup {
  const { left, right, top, bottom, x, y } = frame;
  return html`<g class="grid">${y.ticks.map(({ value }) => line(left, atY(frame, value), right, atY(frame, value)))}</g>
<g class="axis">${line(left, axisY, right, axisY)}${line(left, top, left, bottom)}${x.ticks.map(
    ({ value, label }) => {
      const at = atX(frame, value);
      return html`${line(at, axisY, at, axisY + 5)}<text x="${at}" y="${axisY + 19}" text-anchor="middle">${label}</text>`;
    },
  )}${y.ticks.map(
    ({ value, label }) =>
      html`<text x="${left - 8}" y="${atY(frame, value) + 4}" text-anchor="end">${label}</text>`,
  )}</g>
<text class="axis-name" x="${(left + right) / 2}" y="${axisY + 40}" text-anchor="middle">${names.x}</text>
<text class="axis-name" x="${left - 8}" y="${top - 12}" text-anchor="start" dx="${8 - left + 4}">${names.y}</text>`;
}

export const line = (x1: number, y1: number, x2: number, y2: number, shape = ''): Markup =>
  html`<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"${shape === '' ? '' : html` class="${shape}"`}/>`;

export type Pixel = readonly [x: number, y: number];

/** A line through pixels. */
export const through = (pixels: readonly Pixel[]): string =>
  pixels.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x} ${y}`).join('');

/** A line that keeps its height until the next pixel, as a value does that holds until a better one comes. */
export function steps(pixels: readonly Pixel[]): string {
  const parts: string[] = [];
  let height: number | undefined;
  pixels.forEach(([x, y], i) => {
    if (i === 0) parts.push(`M${x} ${y}`);
    else if (y !== height || i === pixels.length - 1) parts.push(`H${x}`, ...(y === height ? [] : [`V${y}`]));
    height = y;
  });
  return parts.join('');
}

/** The area between two such lines over the same places. */
export function stepArea(upper: readonly Pixel[], lower: readonly Pixel[]): string {
  const back: string[] = [];
  for (let i = lower.length - 1; i >= 0; i--) {
    const [x, y] = lower[i]!;
    const before = lower[i - 1];
    back.push(`L${x} ${y}`);
    if (before !== undefined && before[1] !== y) back.push(`V${before[1]}`);
  }
  return `${steps(upper)}${back.join('')}Z`;
}

/** A picture with a name and a description for those who do not see it. `id` must be unique in the page. */
export function picture(
  id: string,
  size: { width: number; height: number },
  says: { title: string; description: string },
  content: Markup,
  shape = '',
): Markup {
  return html`<svg${shape === '' ? '' : html` class="${shape}"`} viewBox="0 0 ${size.width} ${size.height}" role="img" aria-labelledby="${id}-t ${id}-d"><title id="${id}-t">${says.title}</title><desc id="${id}-d">${says.description}</desc>${content}</svg>`;
}
