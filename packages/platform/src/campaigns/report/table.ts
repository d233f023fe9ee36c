import { html, type Markup } from './markup.ts';

/** A table under its note; a wide one scrolls by itself, also with the keyboard. `label` must be unique in the page. */
export const table = (label: string, note: Markup | string, rows: Markup, shape = ''): Markup =>
  html`<p class="soft small">${note}</p><div class="scroll" role="region" tabindex="0" aria-label="${label}"><table${shape === '' ? '' : html` class="${shape}"`} aria-label="${label}">${rows}</table></div>`;
