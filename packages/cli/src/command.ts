import type { GenesisClient } from '@genesis/client';
import { type Command, InvalidArgumentError } from 'commander';
import type { ConnectionOptions } from './connection.ts';
import type { Bar, Progress, Sink } from './terminal/progress.ts';

/** What a command gives back: text for people, one object for programs, and how to end. */
export type Result = { text: string; json: Record<string, unknown>; exitCode?: number };

/** What a command may use. */
export type Call = {
  /** The typed client of the server that the options, the environment or the credentials file name. */
  client(): Promise<GenesisClient>;
  /** A line for people, shown at once. */
  say(text: string): void;
  progress(): Progress;
  /** Where a document or a table that was asked for goes, for example an export without `--output`. */
  out: Sink;
  env: Readonly<Record<string, string | undefined>>;
  /** Working folder. */
  folder: string;
  input: AsyncIterable<Uint8Array>;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
};

export type { Bar };

/** Options that every command takes. */
export type GlobalOptions = ConnectionOptions & { json?: boolean };

export type Act = (call: Call) => Promise<Result>;

/** Carries out a command; tests put another one here to see what would run. */
export type Execute = (act: Act, options: GlobalOptions, command: Command) => Promise<void>;

type Spec<Arguments extends readonly unknown[], Options> = {
  summary: string;
  /** More than the summary, for `--help`. */
  details?: string;
  examples: readonly string[];
  /** Adds the options of the command. */
  options?: (command: Command) => unknown;
  act: (call: Call, options: Options, ...given: Arguments) => Promise<Result>;
};

/** All examples by the path of their command, gathered as the commands are declared. */
export type Examples = Map<string, readonly string[]>;

export type Registry = { execute: Execute; examples: Examples };

const pathOf = (command: Command): string => {
  const names: string[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) names.unshift(at.name());
  return names.join(' ');
};

/**
 * Declares a command, for example `declare(registry, campaign, 'show <id>', { ... })`. The types of its arguments and
 * options are stated by the caller, as commander hands them over: text, or what a parser made of it.
 */
export function declare<Arguments extends readonly unknown[] = [], Options = object>(
  { execute, examples }: Registry,
  parent: Command,
  signature: string,
  spec: Spec<Arguments, Options>,
): Command {
  const command = parent
    .command(signature)
    .summary(spec.summary)
    .description(spec.details ? `${spec.summary}.\n\n${spec.details}` : `${spec.summary}.`);
  spec.options?.(command);
  examples.set(pathOf(command), spec.examples);
  command.addHelpText('after', () => `\nExamples:\n${spec.examples.map((line) => `  ${line}`).join('\n')}`);
  command.action(async (...given: unknown[]) => {
    const args = given.slice(0, -2) as unknown as Arguments;
    const options = command.optsWithGlobals<GlobalOptions & Options>();
    await execute(async (call) => await spec.act(call, options, ...args), options, command);
  });
  return command;
}

/** A group of commands, for example `genesis campaign`. */
export const group = (parent: Command, name: string, summary: string): Command =>
  parent.command(name).summary(summary).description(`${summary}.`).helpCommand(false);

/** A parser of whole numbers within bounds. */
export const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}`);
    }
    return value;
  };

/** A parser of numbers. */
export const decimal =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= least && value <= most)) {
      throw new InvalidArgumentError(
        Number.isFinite(least) && Number.isFinite(most)
          ? `expected a number from ${least} to ${most}`
          : 'expected a number',
      );
    }
    return value;
  };

/** A parser of names separated by commas. */
export const names = (text: string): string[] => {
  const all = text.split(',').map((name) => name.trim());
  if (all.some((name) => name === '')) throw new InvalidArgumentError('expected names separated by commas');
  return all;
};

/** A parser of one of several words. */
export const oneOf =
  <const Word extends string>(words: readonly Word[]) =>
  (text: string): Word => {
    const found = words.find((word) => word === text);
    if (found === undefined) throw new InvalidArgumentError(`expected one of ${words.join(', ')}`);
    return found;
  };
