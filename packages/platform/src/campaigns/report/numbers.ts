import { plain } from './text.ts';

/** Keeps a number and what belongs to it on one line. */
const joint = '\u00a0';
const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';
/** A true minus sign, which does not break from its number and is as wide as a digit. */
const signed = (digits: string): string => digits.replace('-', '−');

/** "10⁻³" */
export function powerOfTen(exponent: number): string {
  const digits = Array.from(String(Math.abs(exponent)), (digit) => superscripts[Number(digit)]!).join('');
  return `10${exponent < 0 ? '⁻' : ''}${digits}`;
}

/** Two halves of a number in scientific form, without zeros at the end. */
function scientific(value: number, digits: number): string {
  const [mantissa, exponent] = value.toExponential(digits - 1).split('e') as [string, string];
  const short = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  return signed(`${short}${joint}×${joint}${powerOfTen(Number(exponent))}`);
}

/** A number with `digits` significant digits: as people write it, in powers of ten where it is very big or small. */
export function number(value: number | null, digits = 4): string {
  if (value === null || !Number.isFinite(value)) return 'not known';
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e7 || size < 1e-4)) return scientific(value, digits);
  const rounded = Number(value.toPrecision(digits));
  const [whole, fraction] = String(rounded).split('.') as [string, string?];
  const grouped = whole.replace('-', '').length > 4 ? Number(whole).toLocaleString('en-US') : whole;
  return signed(fraction === undefined ? grouped : `${grouped}.${fraction}`);
}

/** A number with its unit; a unit that is not known leaves the number alone. */
export const quantity = (value: number | null, unit: string | null, digits = 4): string =>
  unit === null || value === null ? number(value, digits) : `${number(value, digits)}${joint}${plain(unit)}`;

/** A value and its standard uncertainty to the same decimal place: "300.284 ± 0.061". */
export function withUncertainty(value: number, uncertainty: number): string {
  const decimals = 1 - Math.floor(Math.log10(uncertainty));
  const readable = uncertainty > 0 && decimals >= 0 && decimals <= 12 && Math.abs(value) < 1e7;
  return readable
    ? `${signed(value.toFixed(decimals))}${joint}±${joint}${uncertainty.toFixed(decimals)}`
    : `${number(value)}${joint}±${joint}${number(uncertainty, 2)}`;
}

/** Two significant digits; tiny ones as a power of ten, never as zero. */
export const probability = (p: number): string =>
  p === 0 ? '0' : p < 0.001 ? scientific(p, 2) : String(Number(p.toPrecision(2)));

/** "86 %", for shares and confidences. */
export const percent = (share: number): string =>
  `${signed(String(Number((share * 100).toPrecision(3))))}${joint}%`;

/** An interval in words; an open side is said, not hidden. */
export function interval(lo: number | null, hi: number | null, unit: string | null = null): string {
  const bound = (value: number): string => number(value, 3);
  const after = unit === null ? '' : `${joint}${plain(unit)}`;
  if (lo === null && hi === null) return 'unbounded on both sides';
  if (lo === null) return `at most ${bound(hi!)}${after}`;
  if (hi === null) return `at least ${bound(lo)}${after}`;
  return `${bound(lo)} to ${bound(hi)}${after}`;
}

/** "2026-11-23 05:50 UTC" */
export const moment = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
