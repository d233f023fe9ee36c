/**
 * Text from elsewhere, made safe to show: control characters and those that turn the direction of writing would let a
 * name move the cursor or pass for another one.
 */
export const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]/gu, '\u{fffd}');

/** As `plain`, but keeps line breaks and tabs: for texts of several lines. */
export const plainLines = (text: string): string => text.replace(/(?![\n\t])[\p{Cc}\p{Cf}]/gu, '\u{fffd}');

/** Cut to at most `width` characters, the last of them an ellipsis where something is missing. */
export const short = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;

/** A number for people: four significant digits, without an exponent where it is short. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined) return '-';
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value);
  return String(Number(value.toPrecision(4)));
}
