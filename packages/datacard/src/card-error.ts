/** What one card may be at most. The example of the specification has 23 kB and 500 values. */
export const limits = {
  /** The whole file, in UTF-16 units. */
  text: 256 * 1024,
  /** The front matter, or a whole card in JSON or YAML without its body. */
  frontMatter: 128 * 1024,
  values: 20_000,
  depth: 24,
  keyLength: 200,
} as const;

/** A text that is no card. The message names field and line, where they are known. */
export class CardError extends Error {
  readonly field: string;
  readonly line: number | undefined;

  constructor(problem: string, field: string, line: number | undefined, options: { cause?: unknown } = {}) {
    const where = [...(line === undefined ? [] : [`line ${line}`]), ...(field === '' ? [] : [field])];
    super([...where, problem].join(': '), options);
    this.name = 'CardError';
    this.field = field;
    this.line = line;
  }
}
