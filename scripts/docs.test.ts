import { existsSync, globSync, readFileSync } from 'node:fs';
import { posix, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { exitCodeMeanings } from '../packages/cli/src/exit-codes.ts';
import { createProgram } from '../packages/cli/src/program.ts';
import { capabilityManifestSchema } from '../packages/contracts/src/capability.ts';
import { configSchema, environmentName } from '../packages/contracts/src/config.ts';
import { errorStatus } from '../packages/contracts/src/errors.ts';
import {
  anchors,
  type Document,
  type Found,
  inlineCode,
  links,
  marked,
  quoted,
  shellLines,
  shellWords,
  tableRows,
} from './docs.ts';
import { packages, rows } from './layers.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(posix.join(root, path), 'utf8');
const found = (pattern: string): string[] =>
  globSync(pattern, { cwd: root })
    .map((path) => path.split(sep).join('/'))
    .sort();
const documents = ['*.md', 'docs/**/*.md', 'packages/*/README.md']
  .flatMap(found)
  .map((path): Document => ({ path, text: read(path) }));
const documentAt = (path: string): Document => {
  const one = documents.find((document) => document.path === path);
  if (one === undefined) throw new Error(`${path} is missing`);
  return one;
};
const [readme, architecture, api] = ['README.md', 'ARCHITECTURE.md', 'docs/api.md'].map(documentAt) as [
  Document,
  Document,
  Document,
];

type Command = ReturnType<typeof createProgram>['program'];
const silent = (command: Command): void => {
  command.exitOverride().configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
  for (const inner of command.commands) silent(inner as Command);
};

/** What is wrong with the arguments of `genesis`, or undefined. Nothing runs. */
async function misfit(words: readonly string[]): Promise<string | undefined> {
  const { program } = createProgram(async () => {});
  silent(program);
  try {
    await program.parseAsync([...words], { from: 'user' });
    return undefined;
  } catch (error) {
    // What commander says of a command line has a code and a status; all else is a fault of ours.
    if (!(error instanceof Error && 'code' in error && 'exitCode' in error)) throw error;
    return error.exitCode === 0 ? undefined : error.message;
  }
}

const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts);

/** What is wrong with `npm ...`, or undefined; what is passed on to `genesis` is checked too. */
async function npmProblem([command = '', script = '', ...rest]: readonly string[]): Promise<
  string | undefined
> {
  if (command !== 'run') return ['test', 'ci'].includes(command) ? undefined : `npm ${command} is not ours`;
  if (!scripts.includes(script)) return `package.json has no script ${script}`;
  const passed = rest[0] === '--' ? rest.slice(1) : rest;
  if (script === 'genesis') return await misfit(passed);
  return script === 'demo' ? await misfit(['demo', ...passed]) : undefined;
}

/** What is wrong with a command line of a document, or undefined. */
async function problemOf(line: string): Promise<string | undefined> {
  const [program = '', ...words] = shellWords(line);
  const [first = '', ...more] = words;
  switch (program) {
    case 'genesis':
      return await misfit(words);
    case 'npx':
      return first === 'genesis' ? await misfit(more) : undefined;
    case 'npm':
      return await npmProblem(words);
    case 'node':
      return existsSync(posix.join(root, first)) ? undefined : `there is no ${first}`;
    case 'export':
    case 'curl':
      return undefined;
    default:
      return `nobody checks "${program}"`;
  }
}

const failing = async (
  all: readonly Found[],
  check: (text: string, at: string) => Promise<string | undefined> | string | undefined,
): Promise<string[]> => {
  const problems: string[] = [];
  for (const { at, text } of all) {
    const problem = await check(text, at);
    if (problem !== undefined) problems.push(`${at}: ${text}: ${problem}`);
  }
  return problems;
};

test('every command line in the documents is one that works', async () => {
  const lines = documents.flatMap(shellLines);
  expect(lines.length).toBeGreaterThan(40);
  expect(await failing(lines, problemOf)).toEqual([]);
});

test('the check of command lines finds what is wrong', async () => {
  expect(await problemOf('npx genesis dataset import table.csv --licence MIT')).toContain('--licence');
  expect(await problemOf('genesis campagin list')).toContain('campagin');
  expect(await problemOf('npm run demo -- --table x.csv --objectiv y')).toContain('--objectiv');
  expect(await problemOf('npm run benchmark')).toContain('benchmark');
  expect(await problemOf('node scripts/nothing.mjs')).toContain('nothing.mjs');
});

test('every command that is named in a sentence exists', async () => {
  const { program } = createProgram(async () => {});
  const named = documents
    .flatMap(inlineCode)
    .filter(({ text }) => /^(npx )?genesis [a-z]/.test(text) || /^npm run [a-z]/.test(text));
  expect(named.length).toBeGreaterThan(15);
  const problems = await failing(named, (text) => {
    const words = text.replace(/^npx /, '').split(' ');
    if (words[0] === 'npm') return scripts.includes(words[2] ?? '') ? undefined : 'no such script';
    const top = program.commands.find((command) => command.name() === words[1]);
    if (top === undefined) return 'no such command';
    const inner = words[2];
    const isGroup = top.commands.length > 0 && top.registeredArguments.length === 0;
    if (!isGroup || inner === undefined || !/^[a-z-]+$/.test(inner)) return undefined;
    return top.commands.some((command) => command.name() === inner) ? undefined : 'no such command';
  });
  expect(problems).toEqual([]);
});

test('every link leads somewhere', async () => {
  const all = documents.flatMap(links);
  expect(all.length).toBeGreaterThan(25);
  const problems = await failing(all, (target, at) => {
    if (/^https:\/\//.test(target)) return undefined;
    const from = at.slice(0, at.lastIndexOf(':'));
    const [file = '', anchor] = target.split('#');
    const path = file === '' ? from : posix.join(posix.dirname(from), file);
    if (!existsSync(posix.join(root, path))) return 'no such file';
    if (anchor === undefined) return undefined;
    return anchors({ path, text: read(path) }).includes(anchor) ? undefined : 'no such heading';
  });
  expect(problems).toEqual([]);
});

test('every file that is named exists', async () => {
  const named = documents
    .flatMap(inlineCode)
    .filter(({ text }) => /^[\w.@-]+(\/[\w.@-]+)+\.(ts|mjs|md|sql|svg)$/.test(text));
  expect(named.length).toBeGreaterThan(25);
  const problems = await failing(named, (path, at) => {
    const places = ['', posix.dirname(at), 'packages/platform/src'];
    return places.some((place) => existsSync(posix.join(root, place, path))) ? undefined : 'no such file';
  });
  expect(problems).toEqual([]);
});

test('ARCHITECTURE.md has the layers that are checked', () => {
  const listed = marked(architecture, 'layers').trim().split('\n').map(quoted);
  expect(listed).toEqual(rows);
  const allowed = marked(architecture, 'packages')
    .trim()
    .split('\n')
    .map((line) => quoted(line));
  expect(Object.fromEntries(allowed.map(([name, ...others]) => [name, others]))).toEqual(packages);
});

test('ARCHITECTURE.md has every crash point and every table', () => {
  const source = found('packages/platform/src/**/*.ts')
    .filter((path) => !path.endsWith('.test.ts'))
    .map(read);
  const reached = source.flatMap((text) =>
    [...text.matchAll(/\.reach\('([a-z.-]+)'\)/g)].map((match) => match[1]!),
  );
  const described = tableRows(architecture, 'crash point').flatMap(([names = '']) => quoted(names));
  expect(described.toSorted()).toEqual([...new Set(reached)].sort());
  const defined = found('packages/platform/src/*/tables.ts').flatMap((path) =>
    [...read(path).matchAll(/pgTable\(\s*'([a-z_]+)'/g)].map((match) => `${path.split('/')[3]} ${match[1]}`),
  );
  const names = new Set(defined.map((one) => one.split(' ')[1]));
  const listed = tableRows(architecture, 'domain', 'tables').flatMap(([domain, cell = '']) =>
    quoted(cell)
      .filter((name) => names.has(name))
      .map((name) => `${domain} ${name}`),
  );
  expect(listed.toSorted()).toEqual(defined.toSorted());
});

test('README.md has the configuration, the exit codes and the commands', () => {
  const configured = tableRows(readme, 'name', 'environment').map(([name = '', variable = '']) => [
    ...quoted(name),
    ...quoted(variable),
  ]);
  const names = Object.keys(configSchema.shape) as (keyof typeof configSchema.shape)[];
  expect(configured).toEqual(names.map((name) => [name, environmentName(name)]));
  expect(tableRows(readme, 'exit code', 'meaning')).toEqual(
    exitCodeMeanings.map(({ code, meaning }) => [String(code), meaning]),
  );
  const listed = tableRows(readme, 'command', 'what for').flatMap(([names = '']) => quoted(names));
  const { program } = createProgram(async () => {});
  expect(listed.toSorted()).toEqual(program.commands.map((command) => command.name()).sort());
});

test('the manifest in README.md declares a capability', () => {
  const [manifest] = [...readme.text.matchAll(/```json\n([\s\S]*?)```/g)].map((match) => match[1]!);
  const { name, implementation } = capabilityManifestSchema.parse(JSON.parse(manifest!));
  expect(readme.text).toContain(`--capability ${name} `);
  expect(implementation.kind).toBe('command');
});

test('docs/api.md has the error codes, and paths that the server has', () => {
  const codes = tableRows(api, 'code', 'status').map(([code = '', status]) => [
    quoted(code)[0],
    Number(status),
  ]);
  expect(Object.fromEntries(codes)).toEqual(errorStatus);
  const routes = new Set(
    found('packages/platform/src/**/*routes.ts').flatMap((path) =>
      [...read(path).matchAll(/app\.(get|post|put|delete)\(\s*'(\/v1[^']*)'/g)].map(
        ([, method = '', route = '']) => `${method.toUpperCase()} ${route.replace(/:(\w+)/g, '{$1}')}`,
      ),
    ),
  );
  const named = inlineCode(api).filter(({ text }) => /^(GET|POST|PUT|DELETE) \/v1/.test(text));
  expect(named.length).toBeGreaterThan(12);
  expect(named.filter(({ text }) => !routes.has(text))).toEqual([]);
});

test('the index of decisions names them all, by their titles', () => {
  const index = documentAt('docs/decisions/README.md')
    .text.split('\n')
    .filter((line) => line.startsWith('- '));
  const pages = documents.filter(({ path }) => /^docs\/decisions\/\d/.test(path));
  expect(pages.length).toBeGreaterThan(5);
  expect(index).toEqual(
    pages.map(({ path, text }) => `- [${text.split('\n')[0]!.replace(/^# /, '')}](${posix.basename(path)})`),
  );
});

test('documents speak of the project only', () => {
  const machine = ['work', 'tmp', 'root', 'home'].map((folder) => `/${folder}/`).join('|');
  const hosts = ['registry[.]', 'npm' + 'js[.]', 'artifactory', 'localhost:4873'].join('|');
  const making = ['issue \\d', 'issues \\d', 'pull request \\d', 'helper [a-z]* session', 'prompt'].join('|');
  const forbidden = new RegExp(`(?<![\\w.~-])(${machine})|${hosts}|\\b(${making})`, 'i');
  expect('see /tm' + 'p/x').toMatch(forbidden);
  expect(
    documents
      .filter(({ text }) => forbidden.test(text))
      .map(({ path, text }) => [path, forbidden.exec(text)?.[0]]),
  ).toEqual([]);
});
