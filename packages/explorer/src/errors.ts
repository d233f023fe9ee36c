/**
 * A request that cannot be answered. `field` is a path into the argument (for example
 * `observations[3].value`), the message says what is allowed there.
 */
export class ExplorerError extends Error {
  readonly field: string;

  constructor(field: string, allowed: string) {
    super(`${field}: ${allowed}`);
    this.name = 'ExplorerError';
    this.field = field;
  }
}

export function requireThat(condition: boolean, field: string, allowed: string): asserts condition {
  if (!condition) throw new ExplorerError(field, allowed);
}

/** Shows an offending value in a message: short, and safe for any input. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === 'number' || typeof value === 'boolean' || value == null) return String(value);
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
