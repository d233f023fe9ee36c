/** What the commands that kill in a series have in common: reading their options, and ending when they are interrupted. */

/** Readers of options; one that is none ends the process with status 2 and the usage. */
export function optionsBy(usage: string) {
  const refuse = (message: string): never => {
    console.error(`${message}\n\n${usage}`);
    process.exit(2);
  };
  return {
    helpIf(isAsked: boolean): void {
      if (!isAsked) return;
      console.log(usage);
      process.exit(0);
    },
    wholeNumber(name: string, text: string): number {
      const value = Number(text);
      return Number.isInteger(value) && value >= 1
        ? value
        : refuse(`--${name}: expected a whole number from 1 on`);
    },
    /** Some of `allowed`, separated by commas. */
    someOf<Word extends string>(name: string, text: string, allowed: readonly Word[]): Word[] {
      return text
        .split(',')
        .map(
          (asked) =>
            allowed.find((word) => word === asked) ??
            refuse(`--${name}: "${asked}" is none of ${allowed.join(', ')}`),
        );
    },
  };
}

/** Daemons outlive whoever started them, so an interrupted series ends its own, and itself with status 130. */
export function whenInterrupted(end: () => Promise<unknown>): void {
  const interrupt = async (): Promise<never> => {
    await end();
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void interrupt());
}
