/** Limits of one parameter; an absent limit is none. `lower < upper`. */
export interface Bounds {
  readonly lower?: number;
  readonly upper?: number;
}

/**
 * Bounded parameters as functions of unbounded ones (James and Roos, Computer Physics Communications 10,
 * 343, 1975): a sine between two limits, a square root beyond one.
 */
export function toExternal(internal: number, { lower, upper }: Bounds): number {
  if (lower !== undefined && upper !== undefined) {
    return lower + ((upper - lower) * (Math.sin(internal) + 1)) / 2;
  }
  if (lower !== undefined) return lower - 1 + Math.hypot(internal, 1);
  if (upper !== undefined) return upper + 1 - Math.hypot(internal, 1);
  return internal;
}

/** The inverse of `toExternal`, for values inside the limits. */
export function toInternal(external: number, { lower, upper }: Bounds): number {
  if (lower !== undefined && upper !== undefined) {
    return Math.asin((2 * (external - lower)) / (upper - lower) - 1);
  }
  const distance =
    lower !== undefined ? external - lower : upper !== undefined ? upper - external : undefined;
  // sqrt((distance + 1)^2 - 1) without cancellation
  return distance === undefined ? external : Math.sqrt(distance * (distance + 2));
}

/** d(external)/d(internal). */
export function externalSlope(internal: number, { lower, upper }: Bounds): number {
  if (lower !== undefined && upper !== undefined) return ((upper - lower) * Math.cos(internal)) / 2;
  if (lower !== undefined) return internal / Math.hypot(internal, 1);
  if (upper !== undefined) return -internal / Math.hypot(internal, 1);
  return 1;
}

/** Whether a value lies so near to a limit that the fit has in effect chosen the limit. */
export function isAtBound(external: number, { lower, upper }: Bounds): boolean {
  const scale = lower !== undefined && upper !== undefined ? upper - lower : 1;
  const margin = 1e-5 * scale;
  return (
    (lower !== undefined && external - lower < margin) || (upper !== undefined && upper - external < margin)
  );
}
