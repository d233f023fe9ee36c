import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { expect, test } from 'vitest';
import { exitCodeMeanings } from '../src/exit-codes.ts';
import { createProgram } from '../src/program.ts';
import { shellWords } from './shell-words.ts';

/** Parses a command line without carrying it out; returns the path of the command that would run, or why none would. */
async function parsed(line: string): Promise<string> {
  let ran = '';
  const { program } = createProgram(async (_act, _options, command) => {
    const names = [command.name()];
    for (let at = command.parent; at !== null; at = at.parent) names.unshift(at.name());
    ran = names.join(' ');
    await Promise.resolve();
  });
  const quiet = (command: typeof program): void => {
    command.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
    for (const inner of command.commands) quiet(inner as typeof program);
  };
  quiet(program);
  try {
    await program.parseAsync(shellWords(line).slice(1), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.message;
  }
  return ran;
}

const { program, examples } = createProgram(async () => await Promise.resolve());
const all = [...examples].flatMap(([path, lines]) => lines.map((line) => [line, path] as const));

test('every command has an example, a summary and help', () => {
  const leaves = (command: typeof program, path: string): string[] =>
    command.commands.length === 0
      ? [path]
      : command.commands.flatMap((one) => leaves(one as typeof program, `${path} ${one.name()}`));
  const paths = leaves(program, 'genesis');
  expect(paths.length).toBeGreaterThan(50);
  expect(paths.filter((path) => (examples.get(path) ?? []).length === 0)).toEqual([]);
});

test.each(all)('the example "%s" parses as %s', async (line, path) => {
  expect(await parsed(line)).toBe(path);
});

const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');

test('every command line of the README parses, and its exit codes are those of the program', async () => {
  const lines = [...readme.matchAll(/^(?:npx )?(genesis [^\n]*)$/gm)].map(([, line]) => line!);
  expect(lines.length).toBeGreaterThan(10);
  for (const line of lines) expect(await parsed(line), line).toMatch(/^genesis \S+/);
  for (const line of lines) expect(await parsed(line), line).not.toMatch(/error/);
  for (const { code, meaning } of exitCodeMeanings) expect(readme).toContain(`| ${code} | ${meaning} |`);
});

test.each([
  ['genesis demo --budget many', /whole number from 4/],
  ['genesis demo --bugdet 5', /unknown option/],
  ['genesis campaign create --vary teos', /NAME=MIN\.\.MAX/],
  ['genesis campaign create --label secret --objective x', /expected a level/],
  ['genesis hypothesis freeze cmp_1 --kind arms', /--confidence/],
  ['genesis dataset import', /missing required argument/],
  ['genesis nonsense', /unknown command/],
])('%s says what is wrong', async (line, message) => {
  expect(await parsed(line)).toMatch(message);
});
