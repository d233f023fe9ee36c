import { posix } from 'node:path';
import { importsOf } from './imports.ts';

/* The order of the design. Imports point down only; ARCHITECTURE.md has the picture. */

/** Which packages a package may import. */
export const packages: Readonly<Record<string, readonly string[]>> = {
  contracts: [],
  explorer: [],
  instruments: [],
  datacard: ['contracts'],
  evidence: ['contracts'],
  platform: ['contracts', 'datacard', 'evidence', 'explorer', 'instruments'],
  client: ['contracts'],
  cli: ['client', 'contracts', 'datacard', 'evidence', 'explorer'],
};

/** Packages that are pure, with all that they may import besides: no Node, no other library. */
const pure: Readonly<Record<string, readonly string[]>> = {
  contracts: ['zod'],
  explorer: [],
  instruments: [],
  datacard: ['yaml'],
};

/** What of a package may be entered besides, where all of it takes too long to load: sandboxed children need errors alone. */
const openSubpaths: Readonly<Record<string, readonly string[]>> = { contracts: ['/errors'] };

/** Domains of the platform from the bottom up; those of one row do not import each other. */
export const rows: readonly (readonly string[])[] = [
  ['kernel'],
  ['policy', 'ledger'],
  ['door'],
  ['identity'],
  ['access'],
  ['catalog', 'compute'],
  ['runs'],
  ['models', 'tracking'],
  ['evaluation'],
  ['campaigns'],
  ['challenges'],
  ['surfaces'],
];

/** Packages that only some domains may use. Those that are not here are open to every domain. */
const reserved: Readonly<Record<string, readonly string[]>> = {
  explorer: ['models', 'campaigns'],
  instruments: ['runs', 'campaigns'],
};

/**
 * Files that load a module whose name they are given. Whoever gives it names it with `new URL('./x.ts',
 * import.meta.url)` or `import.meta.resolve`, and is checked there.
 */
export const loaders: ReadonlySet<string> = new Set([
  'packages/platform/src/compute/executors/function/worker.ts',
]);

/** Where things are wired together: above every domain. */
const wiring = 'main.ts';
/** Processes around the wiring and the kernel: what they share reads the command line. */
const processes = ['server.ts', 'restore.ts', 'read-flags.ts'];
/** What the package shows to others; on a level with the wiring. */
const packageDoor = 'index.ts';

export type SourceFile = { path: string; text: string };
export type Report = { violations: string[]; files: string[]; edges: number };

type Place = { package: string; domain: string | undefined; inside: string };

/** `packages/platform/src/runs/x.ts` as package, domain (of the platform only) and path below `src`. */
function placeOf(path: string): Place | undefined {
  const match = /^packages\/([^/]+)\/src\/(.+)$/.exec(path);
  const [, name, inside] = match ?? [];
  if (name === undefined || inside === undefined) return undefined;
  const domain =
    name === 'platform' && inside.includes('/') ? inside.slice(0, inside.indexOf('/')) : undefined;
  return { package: name, domain, inside };
}

const rowOf = (domain: string): number => rows.findIndex((row) => row.includes(domain));

function judgePackage(from: Place, specifier: string, isTest: boolean): string | undefined {
  const [, name, rest] = /^@genesis\/([^/]+)(.*)$/.exec(specifier) ?? [];
  if (name === undefined) {
    if (isTest) return undefined;
    const allowed = pure[from.package];
    if (allowed !== undefined && !allowed.includes(specifier)) return `${from.package} is pure`;
    return from.domain === 'policy' ? 'policy is pure' : undefined;
  }
  const subpaths = openSubpaths[name ?? ''] ?? [];
  if (rest !== '' && !subpaths.includes(rest ?? ''))
    return `a package is entered through its name only, not through ${rest}`;
  if (name === from.package) return 'a package does not import itself by name';
  if (!packages[from.package]?.includes(name)) return `${from.package} may not import ${name}`;
  if (from.domain === undefined) return undefined;
  if (from.domain === 'policy' && name !== 'contracts') return 'policy is pure';
  const users = reserved[name];
  return users === undefined || users.includes(from.domain)
    ? undefined
    : `${from.domain} may not import ${name}`;
}

function judgeFile(from: Place, fromPath: string, target: string, isTest: boolean): string | undefined {
  const to = placeOf(target);
  if (to === undefined) {
    return isTest && target.startsWith(`packages/${from.package}/test/`)
      ? undefined
      : 'only files of the own package, below src, may be imported by their path';
  }
  if (to.package !== from.package) return 'another package is entered through its name only';
  if (from.package !== 'platform') return undefined;
  const isWiring = from.inside === wiring;
  if (to.domain === undefined) {
    if (from.domain !== undefined) return `${from.domain} may not import what lies above it`;
    const above = [packageDoor, ...processes].includes(from.inside);
    return above || isTest ? undefined : `${wiring} imports domains`;
  }
  const adapters = /^(.*\/adapters)\//.exec(target)?.[1];
  if (adapters !== undefined) {
    return isWiring || fromPath.startsWith(`${adapters}/`) || (isTest && from.domain === to.domain)
      ? undefined
      : `an adapter is imported by ${wiring} only`;
  }
  if (from.domain === to.domain) return undefined;
  if (to.inside !== `${to.domain}/index.ts`) return `${to.domain} is entered through its index.ts only`;
  if (from.domain === undefined) return undefined;
  return rowOf(to.domain) < rowOf(from.domain)
    ? undefined
    : `${from.domain} may not import ${to.domain}, which does not lie below it`;
}

/** Where a file itself may not be: a package or a domain that the order does not know. */
function judgePlace({ package: name, domain, inside }: Place): string | undefined {
  if (packages[name] === undefined) return `the order of layers does not know the package ${name}`;
  if (name !== 'platform') return undefined;
  if (domain === undefined) {
    const beside = [wiring, packageDoor, ...processes];
    return beside.includes(inside.replace('.test.ts', '.ts'))
      ? undefined
      : `only ${beside.join(', ')} lie beside the domains`;
  }
  return rowOf(domain) < 0 ? `the order of layers does not know the domain ${domain}` : undefined;
}

function judgeImport(from: Place, path: string, specifier: string | undefined): string | undefined {
  if (specifier === undefined) {
    return loaders.has(path) ? undefined : 'an import whose target is computed cannot be checked';
  }
  const isTest = path.endsWith('.test.ts');
  return specifier.startsWith('.')
    ? judgeFile(from, path, posix.join(posix.dirname(path), specifier), isTest)
    : judgePackage(from, specifier, isTest);
}

/** Checks files of `packages/<name>/src`, given by their paths from the root with `/` as separator. */
export function checkLayers(sources: readonly SourceFile[]): Report {
  const report: Report = { violations: [], files: [], edges: 0 };
  for (const { path, text } of sources) {
    const from = placeOf(path);
    if (from === undefined) throw new Error(`${path} is not below packages/<name>/src`);
    const misplaced = judgePlace(from);
    if (misplaced !== undefined) report.violations.push(`${path}: ${misplaced}`);
    for (const { specifier, line } of importsOf(path, text)) {
      report.edges++;
      const problem = judgeImport(from, path, specifier);
      if (problem !== undefined) report.violations.push(`${path}:${line}: ${problem} (${specifier ?? '?'})`);
    }
    report.files.push(path);
  }
  return report;
}
