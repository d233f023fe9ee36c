import { globSync, readFileSync } from 'node:fs';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { importsOf } from './imports.ts';
import { checkLayers, loaders } from './layers.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const paths = globSync('packages/*/src/**/*.{ts,tsx,mts,cts}', { cwd: root }).map((path) =>
  path.split(sep).join('/'),
);

test('imports point down only, and every source file was read', () => {
  const report = checkLayers(paths.map((path) => ({ path, text: readFileSync(`${root}/${path}`, 'utf8') })));
  expect(report.violations).toEqual([]);
  expect(report.files).toEqual(paths);
  // Floors, so that a broken glob or parser cannot pass by seeing nothing.
  expect(report.files.length).toBeGreaterThan(100);
  expect(report.edges).toBeGreaterThan(300);
  const names = ['contracts', 'datacard', 'explorer', 'evidence', 'instruments', 'platform', 'client', 'cli'];
  for (const name of names) {
    expect(report.files.some((path) => path.startsWith(`packages/${name}/src/`))).toBe(true);
  }
});

test('each file that may load what it is given exists and does so', () => {
  for (const path of loaders) {
    const computed = importsOf(path, readFileSync(`${root}/${path}`, 'utf8')).filter(
      ({ specifier }) => specifier === undefined,
    );
    expect(computed).toHaveLength(1);
  }
});

const violationsOf = (path: string, text: string): string[] => checkLayers([{ path, text }]).violations;
const platform = (inside: string): string => `packages/platform/src/${inside}`;

test.each([
  ['an import that points up', 'kernel/x.ts', `import { a } from '../ledger/index.ts';`],
  ['a type that points up', 'door/x.ts', `import type { A } from '../identity/index.ts';`],
  ['catalog to compute', 'catalog/x.ts', `import { a } from '../compute/index.ts';`],
  ['compute to catalog', 'compute/x.ts', `import { a } from '../catalog/index.ts';`],
  ['policy to ledger', 'policy/x.ts', `import { a } from '../ledger/index.ts';`],
  ['ledger to policy', 'ledger/x.ts', `import { a } from '../policy/index.ts';`],
  ['policy to the kernel by Node', 'policy/x.ts', `import { readFileSync } from 'node:fs';`],
  ['policy to a package', 'policy/x.ts', `import { a } from '@genesis/evidence';`],
  ['past an index', 'runs/x.ts', `import { a } from '../catalog/store.ts';`],
  ['past an index of a folder below', 'runs/x.ts', `import { a } from '../catalog/ingest/index.ts';`],
  ['an adapter from its own domain', 'catalog/index.ts', `export { a } from './adapters/s3.ts';`],
  ['an adapter from another domain', 'runs/x.ts', `import { a } from '../compute/adapters/slurm.ts';`],
  ['the wiring from a domain', 'runs/x.ts', `import { a } from '../main.ts';`],
  ['the wiring past an index', 'main.ts', `import { a } from './runs/store.ts';`],
  ['the explorer from runs', 'runs/x.ts', `import { a } from '@genesis/explorer';`],
  ['instruments from catalog', 'catalog/x.ts', `import { a } from '@genesis/instruments';`],
  ['the client from the server', 'runs/x.ts', `import { a } from '@genesis/client';`],
  ['a package through a path in it', 'runs/x.ts', `import { a } from '@genesis/evidence/src/zip.ts';`],
  ['another package by path', 'runs/x.ts', `import { a } from '../../../evidence/src/index.ts';`],
  ['a helper of the tests', 'runs/x.ts', `import { a } from '../../test/helper.ts';`],
  ['a re-export', 'kernel/x.ts', `export * from '../door/index.ts';`],
  ['a named re-export', 'kernel/x.ts', `export { a as b } from '../door/index.ts';`],
  ['a dynamic import', 'kernel/x.ts', `const load = async () => await import('../door/index.ts');`],
  ['a dynamic import by template', 'kernel/x.ts', 'void import(`../door/index.ts`);'],
  ['a computed import', 'kernel/x.ts', `const load = (name: string) => import('../' + name);`],
  ['an import type', 'kernel/x.ts', `export type A = import('../door/index.ts').A;`],
  ['require', 'kernel/x.ts', `const a = require('../door/index.ts');`],
  ['a worker', 'kernel/x.ts', `const w = new URL('../door/worker.ts', import.meta.url);`],
  ['a resolved path', 'kernel/x.ts', `const w = import.meta.resolve('../door/index.ts');`],
  ['a test past an index', 'runs/x.test.ts', `import { a } from '../catalog/store.ts';`],
  ['an unknown domain', 'helpers/x.ts', ''],
  ['a file beside the domains', 'util.ts', ''],
])('%s is a violation', (_, inside, text) => {
  expect(violationsOf(platform(inside), text)).toHaveLength(1);
});

test.each([
  ['evidence to platform', 'packages/evidence/src/x.ts', `import { a } from '@genesis/platform';`],
  ['contracts to Node', 'packages/contracts/src/x.ts', `import { a } from 'node:fs';`],
  ['explorer to contracts', 'packages/explorer/src/x.ts', `import { a } from '@genesis/contracts';`],
  ['instruments to explorer', 'packages/instruments/src/x.ts', `import { a } from '@genesis/explorer';`],
  ['explorer to a library', 'packages/explorer/src/x.ts', `import { a } from 'mathjs';`],
  ['datacard to Node', 'packages/datacard/src/x.ts', `import { a } from 'node:fs';`],
  ['datacard to platform', 'packages/datacard/src/x.ts', `import { a } from '@genesis/platform';`],
  ['cli to platform', 'packages/cli/src/x.ts', `import { a } from '@genesis/platform';`],
  ['cli to platform by path', 'packages/cli/src/x.ts', `import { a } from '../../platform/src/index.ts';`],
  ['client to evidence', 'packages/client/src/x.ts', `import { a } from '@genesis/evidence';`],
  ['an unknown package', 'packages/extra/src/x.ts', ''],
])('%s is a violation', (_, path, text) => {
  expect(violationsOf(path, text)).toHaveLength(1);
});

test.each([
  ['down to an index', 'campaigns/x.ts', `import { a } from '../runs/index.ts';`],
  ['down over many rows', 'surfaces/x.ts', `import { a } from '../kernel/index.ts';`],
  ['within a domain', 'runs/deep/x.ts', `import { a } from '../store.ts';`],
  [
    'between adapters',
    'compute/adapters/x.ts',
    `import { a } from './y.ts'; import { b } from '../ports.ts';`,
  ],
  ['an adapter from the wiring', 'main.ts', `import { a } from './compute/adapters/slurm.ts';`],
  ['a domain from the wiring', 'main.ts', `import { a } from './runs/index.ts';`],
  ['the explorer from campaigns', 'campaigns/x.ts', `import { a } from '@genesis/explorer';`],
  ['a library from a domain', 'kernel/x.ts', `import pg from 'pg'; import { join } from 'node:path';`],
  ['a helper in a test', 'runs/x.test.ts', `import { a } from '../../test/helper.ts';`],
  ['a library in a test of policy', 'policy/x.test.ts', `import fc from 'fast-check';`],
  [
    'words in a text',
    'kernel/x.ts',
    `const a = "import { b } from '../door/index.ts'"; // import '../door/x.ts'`,
  ],
])('%s is allowed', (_, inside, text) => {
  expect(violationsOf(platform(inside), text)).toEqual([]);
});

test('a file that does not parse is an error, not a file without imports', () => {
  expect(() => importsOf('packages/cli/src/x.ts', 'import { from')).toThrow('does not parse');
  expect(() => checkLayers([{ path: 'scripts/x.ts', text: '' }])).toThrow('not below');
});

test('a violation is named with its file and line', () => {
  expect(violationsOf(platform('kernel/x.ts'), `\n\nimport '../runs/index.ts';`)).toEqual([
    'packages/platform/src/kernel/x.ts:3: kernel may not import runs, which does not lie below it (../runs/index.ts)',
  ]);
});
