const relative = 1e-9;
/** Below this a difference is rounding around zero, not a different result. */
const absolute = 1e-12;

export function sameNumber(a: number, b: number): boolean {
  return a === b || Math.abs(a - b) <= Math.max(absolute, relative * Math.max(Math.abs(a), Math.abs(b)));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The first field in which two JSON values differ, as a path, or null. Numbers may differ by 1e-9 relative to the
 * larger one (1e-12 near zero); everything else must be equal.
 */
export function firstDifference(computed: unknown, stated: unknown, path = ''): string | null {
  if (typeof computed === 'number' && typeof stated === 'number') {
    return sameNumber(computed, stated) ? null : path;
  }
  if (Array.isArray(computed) && Array.isArray(stated)) {
    if (computed.length !== stated.length) return path;
    for (const [at, item] of computed.entries()) {
      const place = firstDifference(item, stated[at], `${path}/${at}`);
      if (place !== null) return place;
    }
    return null;
  }
  if (isRecord(computed) && isRecord(stated)) {
    for (const key of new Set([...Object.keys(computed), ...Object.keys(stated)])) {
      if (Object.hasOwn(computed, key) !== Object.hasOwn(stated, key)) return `${path}/${key}`;
      const place = firstDifference(computed[key], stated[key], `${path}/${key}`);
      if (place !== null) return place;
    }
    return null;
  }
  return computed === stated ? null : path === '' ? '/' : path;
}
