/** One edit of a file: this text, which must occur exactly once, becomes that text. */
export type Edit = { file: string; find: string; replace: string };

/** A fault that somebody could make, and the tests that must fail because of it. */
export type Fault = { name: string; suite: Suite; only?: string; quick?: true; edits: readonly Edit[] };

export const suites = {
  policy: 'packages/platform/src/policy',
  rules: 'packages/platform/src/policy/rules',
  sql: 'packages/platform/test/noninterference/scope-in-sql.test.ts',
  people: 'packages/platform/test/noninterference/noninterference.test.ts',
  cheating: 'packages/platform/test/cheating/cheating.test.ts',
  decisions: 'packages/platform/test/noninterference/decisions/decisions.test.ts',
  access: 'packages/platform/src/access',
  cards: 'packages/platform/src/catalog/cards',
  search: 'packages/platform/src/catalog/search',
  metadata: 'packages/platform/test/metadata/metadata.test.ts',
  signIn: 'packages/platform/src/identity/sign-in',
  uploads: 'packages/platform/src/catalog/uploads',
} as const;
export type Suite = keyof typeof suites;

export const edit = (file: string, find: string, replace: string): Edit => ({
  file: `packages/platform/src/${file}`,
  find,
  replace,
});

/** Beginnings of the names of the tests of `people`, so that a fault runs the one that is to catch it. */
export const tests = {
  sweep: 'nobody gets another answer',
  rest: 'sealed rows are nowhere',
  statistics: 'statistics, preview and export',
  crates: 'a crate for whoever',
  growth: 'lets the ledger grow alike',
  replay: 'under the same idempotency key',
  streams: 'a stream ends',
} as const;
