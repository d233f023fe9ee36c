// `npm run test:mutants [-- --quick] [-- --json] [-- --only TEXT] [-- --suite NAME] [-- --group NAME]`: puts one fault after the other into a copy of the
// project and requires that the tests named for it fail. Exits 1 when a fault survives or its text is no longer found.
import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Fault, type Suite, suites } from './faults/fault.ts';
import { groups } from './faults/groups.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    /** Faults with this text in their name. */
    only: { type: 'string' },
    suite: { type: 'string' },
    /** Faults of one list: policy, door, domain, budget, access or governed. */
    group: { type: 'string' },
  },
});
const root = fileURLToPath(new URL('..', import.meta.url));
const copy = mkdtempSync(join(tmpdir(), 'genesis-mutants-'));
const secondsAtMost = 420;

type Outcome = { fault: string; suite: Suite; caughtBy: string | null; seconds: number };

/** Copies the project; its packages see each other in the copy, and everything else where it is installed. */
function copyProject(): void {
  const kept = (path: string): boolean => !/(^|\/)(node_modules|dist)(\/|$)/.test(path.slice(root.length));
  for (const name of ['packages', 'docs', 'scripts', 'package.json', 'tsconfig.json', 'vitest.config.ts'])
    cpSync(join(root, name), join(copy, name), { recursive: true, filter: kept });
  // Real files and not links to a folder: the sandbox of the imports shows its jobs the project and nothing beside it.
  const linked = spawnSync('cp', ['-al', join(root, 'node_modules'), join(copy, 'node_modules')]);
  if (linked.status !== 0) {
    rmSync(join(copy, 'node_modules'), { recursive: true, force: true });
    cpSync(join(root, 'node_modules'), join(copy, 'node_modules'), {
      recursive: true,
      verbatimSymlinks: true,
    });
  }
  rmSync(join(copy, 'node_modules', '@genesis'), { recursive: true });
  mkdirSync(join(copy, 'node_modules', '@genesis'));
  for (const name of readdirSync(join(copy, 'packages')))
    symlinkSync(join('..', '..', 'packages', name), join(copy, 'node_modules', '@genesis', name));
}

type Report = {
  success: boolean;
  numTotalTests: number;
  testResults: { name: string; message: string; assertionResults: { status: string; title: string }[] }[];
};

/** Runs a suite in the copy, and stops at the first failure. */
async function runTests(suite: Suite, only?: string): Promise<{ failed: string | null }> {
  const file = join(copy, 'report.json');
  rmSync(file, { force: true });
  const filter = only === undefined ? [] : ['-t', only];
  const child = spawn(
    process.execPath,
    [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      suites[suite],
      ...filter,
      '--bail=1',
      '--reporter=json',
      `--outputFile=${file}`,
    ],
    {
      cwd: copy,
      stdio: 'ignore',
      detached: true,
      env: { ...process.env, GENESIS_WORLDS: '1', GENESIS_SEQUENCES: '5', GENESIS_DECISIONS: '25000' },
    },
  );
  const timer = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), secondsAtMost * 1000);
  await new Promise((resolve) => child.once('exit', resolve));
  clearTimeout(timer);
  const report = readReport(file);
  if (report === undefined) return { failed: '(the tests did not end)' };
  const broken = report.testResults.find(({ message }) =>
    /SyntaxError|Transform failed|PARSE_ERROR/.test(message),
  );
  if (broken !== undefined) throw new Error(`the mutated source does not parse: ${broken.message}`);
  if (report.success) {
    if (report.numTotalTests === 0) throw new Error(`${suites[suite]} has no test named "${only}"`);
    return { failed: null };
  }
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const first = tests.find(({ status }) => status === 'failed');
  return {
    failed:
      first?.title ??
      `(while the world was made) ${report.testResults.find(({ message }) => message !== '')?.message.slice(0, 600) ?? ''}`,
  };
}

function readReport(file: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    return undefined;
  }
}

/** Makes the edits of a fault and returns what undoes them. Every text must be there exactly once. */
function apply({ name, edits }: Fault): () => void {
  const before = new Map<string, string>();
  const undo = (): void => {
    for (const [path, text] of before) writeFileSync(path, text);
  };
  for (const { file, find, replace } of edits) {
    const path = join(copy, file);
    const text = readFileSync(path, 'utf8');
    if (!before.has(path)) before.set(path, text);
    if (text.split(find).length !== 2) {
      undo();
      throw new Error(`"${name}": ${file} does not hold exactly once\n${find}`);
    }
    writeFileSync(
      path,
      text.replace(find, () => replace),
    );
  }
  return undo;
}

const faults = Object.values(groups).flat();
const wanted = options.group === undefined ? faults : groups[options.group];
if (wanted === undefined) throw new Error(`--group: expected one of ${Object.keys(groups).join(', ')}`);
const chosen = wanted.filter(
  ({ name, quick, suite }) =>
    (options.suite === undefined || suite === options.suite) &&
    (options.only === undefined || name.includes(options.only)) &&
    (!options.quick || quick === true),
);
const outcomes: Outcome[] = [];
const problems: string[] = [];
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

try {
  copyProject();
  // All texts are looked for before the first test runs.
  for (const fault of faults) {
    try {
      apply(fault)();
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  if (problems.length === 0) {
    for (const suite of new Set(chosen.map((fault) => fault.suite))) {
      const { failed } = await runTests(suite);
      if (failed !== null) problems.push(`without any fault, ${suites[suite]} fails: ${failed}`);
    }
  }
  if (problems.length === 0) {
    say(`${'fault'.padEnd(66)} ${'s'.padStart(5)}  caught by`);
    for (const fault of chosen) {
      const began = Date.now();
      const undo = apply(fault);
      const { failed } = await runTests(fault.suite, fault.only);
      undo();
      const seconds = Math.round((Date.now() - began) / 100) / 10;
      outcomes.push({ fault: fault.name, suite: fault.suite, caughtBy: failed, seconds });
      say(`${fault.name.padEnd(66)} ${seconds.toFixed(1).padStart(5)}  ${failed ?? 'NOTHING: it survives'}`);
    }
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
const survivors = outcomes.filter(({ caughtBy }) => caughtBy === null);
for (const problem of problems) say(problem);
say(`${outcomes.length - survivors.length} of ${chosen.length} faults caught`);
if (options.json) say(JSON.stringify({ faults: outcomes, survivors: survivors.length, problems }));
process.exitCode = survivors.length === 0 && problems.length === 0 ? 0 : 1;
