import { html, type Markup } from '../markup.ts';
import type { ArmReport } from '../model.ts';

/** Colour and dashes of an arm: the control has its own, the others go by their place. */
export function seriesClass(arms: readonly Pick<ArmReport, 'control'>[], index: number): string {
  if (arms[index]!.control) return 'control';
  const place = arms.slice(0, index).filter(({ control }) => !control).length;
  return `arm-${place % 7}`;
}

/** What each line means, as text beside a piece of it. */
export const legend = (arms: readonly ArmReport[]): Markup =>
  html`<ul class="legend">${arms.map(
    (arm, i) =>
      html`<li><svg viewBox="0 0 34 12" aria-hidden="true"><path class="series ${seriesClass(arms, i)}" d="M1 6H33"/></svg>${arm.name}${arm.control ? ' (control)' : ''}</li>`,
  )}</ul>`;
