// The whole test suite: static checks, then all tests. Ends with one line: N passed, N failed, N skipped.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(`Tests run on Node 24, and this is ${process.version}. Start them with "npm test".`);
  process.exit(1);
}

const bin = (name) => join(root, 'node_modules', '.bin', name);
const run = (name, args, options = {}) =>
  spawnSync(bin(name), args, { cwd: root, stdio: 'inherit', ...options }).status === 0;

/** @type {[string, string, string[]][]} */
const checks = [
  ['types', 'tsc', ['--noEmit']],
  ['format and lint', 'biome', ['check', '.']],
  ['promises and correctness', 'oxlint', ['--type-aware', '--deny-warnings']],
  ['nothing unused', 'knip', []],
];

let passed = 0;
let failed = 0;
for (const [what, command, args] of checks) {
  const ok = run(command, args);
  console.log(`${ok ? 'ok' : 'FAILED'}: ${what}`);
  if (ok) passed += 1;
  else failed += 1;
}

const folder = mkdtempSync(join(tmpdir(), 'genesis-test-'));
const report = join(folder, 'report.json');
const vitest = run('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]);
let skipped = 0;
try {
  const counts = JSON.parse(readFileSync(report, 'utf8'));
  passed += counts.numPassedTests;
  failed += counts.numFailedTests;
  skipped += counts.numPendingTests + counts.numTodoTests;
  // A file that breaks before its first test has no failed test of its own.
  if (!vitest && counts.numFailedTests === 0) failed += Math.max(1, counts.numFailedTestSuites);
} catch (error) {
  console.error(`The test runner left no report: ${error instanceof Error ? error.message : String(error)}`);
  failed += 1;
}
rmSync(folder, { recursive: true, force: true });

console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed === 0 ? 0 : 1);
