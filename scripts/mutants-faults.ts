// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are pieces of source code.

/** One edit of a file: this text, which must occur exactly once, becomes that text. */
export type Edit = { file: string; find: string; replace: string };

/** A fault that somebody could make, and the tests that must fail because of it. */
export type Fault = { name: string; suite: Suite; only?: string; quick?: true; edits: readonly Edit[] };

export const suites = {
  policy: 'packages/platform/src/policy',
  sql: 'packages/platform/test/noninterference/scope-in-sql.test.ts',
  people: 'packages/platform/test/noninterference/noninterference.test.ts',
  cheating: 'packages/platform/test/cheating/cheating.test.ts',
} as const;
export type Suite = keyof typeof suites;

const platform = 'packages/platform/src';
const edit = (file: string, find: string, replace: string): Edit => ({
  file: `${platform}/${file}`,
  find,
  replace,
});

const sweep = 'nobody gets another answer';
const rest = 'sealed rows are nowhere';
const statistics = 'statistics, preview and export';
const crates = 'a crate for whoever';
const growth = 'lets the ledger grow alike';
const replay = 'under the same idempotency key';
const streams = 'a stream ends';

export const faults: readonly Fault[] = [
  // The lattice and the rules.
  {
    name: 'dominates looks the wrong way',
    suite: 'policy',
    quick: true,
    edits: [
      edit(
        'policy/lattice.ts',
        'return rank[a.level] >= rank[b.level] && isSubset(b.categories, a.categories);',
        'return rank[a.level] <= rank[b.level] && isSubset(b.categories, a.categories);',
      ),
    ],
  },
  {
    name: 'categories do not count',
    suite: 'policy',
    edits: [
      edit(
        'policy/lattice.ts',
        'return rank[a.level] >= rank[b.level] && isSubset(b.categories, a.categories);',
        'return rank[a.level] >= rank[b.level];',
      ),
    ],
  },
  {
    name: 'a wrong join: the level of the first',
    suite: 'policy',
    quick: true,
    edits: [
      edit(
        'policy/lattice.ts',
        'level: rank[a.level] >= rank[b.level] ? a.level : b.level,',
        'level: a.level,',
      ),
    ],
  },
  {
    name: 'a wrong join: the categories of the first',
    suite: 'policy',
    edits: [
      edit(
        'policy/lattice.ts',
        'categories: union(a.categories, b.categories),',
        'categories: a.categories,',
      ),
    ],
  },
  {
    name: 'derived things keep every purpose of the first source',
    suite: 'policy',
    edits: [
      edit(
        'policy/lattice.ts',
        'purposes: a.purposes.filter((purpose) => b.purposes.includes(purpose)),',
        'purposes: a.purposes,',
      ),
    ],
  },
  {
    name: 'any purpose will do',
    suite: 'policy',
    edits: [
      edit(
        'policy/lattice.ts',
        'if (purpose !== null) return conditions.purposes.includes(purpose);',
        'if (purpose !== null) return true;',
      ),
    ],
  },
  {
    name: 'sealed is ignored by scopes',
    suite: 'policy',
    edits: [edit('policy/scope.ts', 'resource.sealed !== true &&', '')],
  },
  {
    name: 'confinement is ignored by scopes',
    suite: 'policy',
    edits: [edit('policy/scope.ts', '(confinedTo === undefined || confinedTo.includes(resource.id)) &&', '')],
  },
  {
    name: 'the owner of a thing does not matter to scopes',
    suite: 'policy',
    edits: [
      edit(
        'policy/scope.ts',
        '(isPublic(resource.label) || organisations.includes(resource.organisation ?? platformOrganisation))',
        'true',
      ),
    ],
  },
  {
    name: 'the expiry of a delegation is ignored',
    suite: 'policy',
    edits: [
      edit(
        'policy/rules/credentials.ts',
        'return !delegation.revoked && at < delegation.expiresAt;',
        'return !delegation.revoked;',
      ),
    ],
  },
  {
    name: 'the revocation of a delegation is ignored',
    suite: 'policy',
    edits: [
      edit(
        'policy/rules/credentials.ts',
        'return !delegation.revoked && at < delegation.expiresAt;',
        'return at < delegation.expiresAt;',
      ),
    ],
  },
  {
    name: 'the scopes of a token are ignored',
    suite: 'policy',
    edits: [
      edit(
        'policy/rules/credentials.ts',
        "return scopes.some((scope) => scope === action || scope === wildcard || scope === '*');",
        'return scopes.length >= 0 || wildcard === action;',
      ),
    ],
  },
  {
    name: 'a role that has expired counts',
    suite: 'people',
    only: sweep,
    edits: [
      edit(
        'policy/rules/permissions.ts',
        '(binding.expiresAt === undefined || at < binding.expiresAt)',
        '(binding.expiresAt === undefined || at > 0)',
      ),
    ],
  },
  {
    name: 'a role counts in every organisation',
    suite: 'policy',
    edits: [
      edit(
        'policy/rules/permissions.ts',
        'binding.organisation === owner ||',
        'binding.organisation !== undefined ||',
      ),
    ],
  },
  {
    name: 'anyone unseals',
    suite: 'policy',
    quick: true,
    edits: [
      edit(
        'policy/rules/duties.ts',
        "return handler === 'confirm'",
        "return handler === 'confirm' || action === 'split.unseal'",
      ),
    ],
  },
  {
    name: 'the destination of an export is not looked at',
    suite: 'policy',
    edits: [
      edit(
        'policy/rules/labels.ts',
        'if (covers(destination, resource.label, sources)) return silent;',
        'if (covers(destination, destination, sources)) return silent;',
      ),
    ],
  },
  {
    name: 'what is derived may be labelled lower',
    suite: 'policy',
    edits: [
      edit(
        'policy/rules/labels.ts',
        'if (sources.every((source) => dominates(resource.label, source.label))) return silent;',
        'if (sources.length < 100) return silent;',
      ),
    ],
  },
  // The predicate in SQL.
  {
    name: 'SQL: the level is dropped',
    suite: 'sql',
    quick: true,
    edits: [edit('door/scope.ts', 'sql`${resource.labelLevel} <= ${levels.indexOf(maxLevel)}`,', '')],
  },
  {
    name: 'SQL: the categories are dropped',
    suite: 'sql',
    edits: [edit('door/scope.ts', 'sql`${resource.labelCategories} <@ ${textArray(categories)}`,', '')],
  },
  {
    name: 'SQL: categories the other way round',
    suite: 'sql',
    edits: [
      edit(
        'door/scope.ts',
        'sql`${resource.labelCategories} <@ ${textArray(categories)}`',
        'sql`${resource.labelCategories} @> ${textArray(categories)}`',
      ),
    ],
  },
  {
    name: 'SQL: the organisation is dropped',
    suite: 'sql',
    edits: [edit('door/scope.ts', 'sql`(${open} or ${owner} = any(${textArray(organisations)}))`,', '')],
  },
  {
    name: 'SQL: the kind is dropped',
    suite: 'sql',
    edits: [edit('door/scope.ts', 'sql`${resource.kind} = any(${textArray(kinds)})`,', '')],
  },
  {
    name: 'SQL: the purpose is dropped',
    suite: 'sql',
    edits: [edit('door/scope.ts', '    fits,\n', '')],
  },
  {
    name: 'SQL: confinement is dropped',
    suite: 'sql',
    edits: [
      edit(
        'door/scope.ts',
        '...(confinedTo === undefined ? [] : [sql`${resource.id} = any(${textArray(confinedTo)})`]),',
        '',
      ),
    ],
  },
  // The door.
  {
    name: 'hidden things are forbidden instead of not found',
    suite: 'people',
    only: sweep,
    quick: true,
    edits: [
      edit(
        'door/door.ts',
        'if (named.some((one) => !isVisible(request.principal, one, now()))) throw missing();',
        '',
      ),
    ],
  },
  {
    name: 'a look for what does not exist leaves no trace',
    suite: 'people',
    only: growth,
    edits: [
      edit(
        'door/door.ts',
        '    if (judged === undefined) return await refuseUnknown(request);\n',
        '    if (judged === undefined) throw missing();\n',
      ),
    ],
  },
  {
    name: 'decisions about hidden things are foreseen',
    suite: 'people',
    only: sweep,
    edits: [
      edit(
        'door/door.ts',
        'if (named.some((one) => !isVisible(request.principal, one, now()))) return undefined;',
        '',
      ),
    ],
  },
  {
    name: 'lineage is not filtered',
    suite: 'people',
    only: sweep,
    edits: [
      edit(
        'door/evidence.ts',
        'thing: (about) => sql`${about} in ${visible}`,',
        'thing: (about) => sql`${about} is not null`,',
      ),
      edit(
        'door/evidence.ts',
        'sql`(${node} in ${visible} or not exists (select 1 from ${resource} where ${resource.id} = ${node}))`',
        'sql`${node} is not null`',
      ),
    ],
  },
  {
    name: 'audit without a decision',
    suite: 'people',
    only: sweep,
    edits: [
      edit(
        'door/evidence.ts',
        "await door.perform({ principal, action: 'audit.read', resource: id, purpose: null }, async () => ({\n        result: undefined,\n        details: { limit },\n      }));",
        'if (door === undefined || principal === undefined) throw missing();',
      ),
    ],
  },
  {
    name: 'the body of any entry is shown',
    suite: 'people',
    only: sweep,
    edits: [
      edit(
        'door/evidence.ts',
        'if (!may) throw missing();',
        'if (!may && entry === undefined) throw missing();',
      ),
    ],
  },
  // Identity.
  {
    name: 'tokens never expire',
    suite: 'people',
    only: sweep,
    edits: [
      edit(
        'identity/authenticate.ts',
        'row.revokedAt !== null || row.expiresAt <= clock.now().getTime()',
        'row.revokedAt !== null || clock === undefined',
      ),
    ],
  },
  {
    name: 'revoked tokens go on',
    suite: 'people',
    only: sweep,
    edits: [edit('identity/authenticate.ts', 'row.revokedAt !== null || row.expiresAt', 'row.expiresAt')],
  },
  {
    name: "a token of the administrator carries its bearer's clearance",
    suite: 'people',
    only: sweep,
    edits: [
      edit(
        'identity/authenticate.ts',
        'const known = row.uncleared ? unvouched(facts, row.founding) : facts;',
        'const known = row.uncleared && facts === undefined ? unvouched(facts, row.founding) : facts;',
      ),
    ],
  },
  {
    name: 'a stream goes on for whoever began it',
    suite: 'people',
    only: streams,
    edits: [
      edit(
        'identity/request.ts',
        'const principal = await bearers.get(request)?.again();',
        'const principal = await Promise.resolve(bearers.get(request)?.principal);',
      ),
    ],
  },
  {
    name: "another one's idempotency key gives their answer",
    suite: 'people',
    only: replay,
    edits: [
      edit(
        'kernel/idempotency.ts',
        'and(eq(idempotentResponses.principal, principal), eq(idempotentResponses.key, key))',
        'eq(idempotentResponses.key, key)',
      ),
    ],
  },
  // The catalog.
  {
    name: 'the list of datasets is not filtered',
    suite: 'people',
    only: sweep,
    quick: true,
    edits: [edit('catalog/store.ts', '.where(and(scope.where, beyond))', '.where(beyond)')],
  },
  {
    name: 'imports are shown to everybody',
    suite: 'people',
    only: sweep,
    edits: [
      edit(
        'catalog/jobs.ts',
        'and(eq(catalogJob.id, id), eq(catalogJob.submittedBy, principal.id))',
        'eq(catalogJob.id, id)',
      ),
    ],
  },
  {
    name: 'imports are shown under a token without clearance',
    suite: 'people',
    only: sweep,
    edits: [
      edit(
        'catalog/jobs.ts',
        '|| !dominates(principal.clearance, await labelOf(parts, principal, row))',
        '|| !dominates(await labelOf(parts, principal, row), principal.clearance)',
      ),
    ],
  },
  {
    name: 'statistics and preview of all rows instead of the explored ones',
    suite: 'people',
    only: statistics,
    edits: [
      edit('catalog/work.ts', 'describe: wanted.split === undefined,', 'describe: true,'),
      edit(
        'catalog/work.ts',
        'description = cut.cut.explore.description;',
        'description = table.description ?? cut.cut.explore.description;',
      ),
    ],
  },
  {
    name: 'the whole table is kept as the explore part',
    suite: 'people',
    only: rest,
    edits: [
      edit(
        'catalog/work.ts',
        'visible = cut.explore;',
        'visible = await parts.blobs.put(createReadStream(parquetFile), { labelKey });',
      ),
    ],
  },
  // Runs.
  {
    name: 'the list of runs is not filtered',
    suite: 'people',
    only: sweep,
    edits: [edit('runs/store.ts', '        scope.where,\n        governedBy', '        governedBy')],
  },
  {
    name: 'a cursor skips the scope',
    suite: 'people',
    only: sweep,
    edits: [
      edit(
        'runs/store.ts',
        '        scope.where,\n        governedBy',
        '        before === undefined ? scope.where : sql`true`,\n        governedBy',
      ),
    ],
  },
  {
    name: 'logs are read without a scope',
    suite: 'people',
    only: sweep,
    edits: [
      edit(
        'runs/store.ts',
        '.where(and(eq(run.id, id), scope.where));\n  if (found',
        '.where(eq(run.id, id));\n  if (found',
      ),
      edit('runs/store.ts', '        eq(run.id, id),\n        scope.where,\n', '        eq(run.id, id),\n'),
      edit(
        'runs/routes.ts',
        "await door.use(principal, reading, row.governedBy, purpose, { run: row.id, for: 'log' });",
        'if (reading === undefined) return;',
      ),
    ],
  },
  {
    name: 'the list of capabilities is not filtered',
    suite: 'people',
    only: sweep,
    edits: [edit('runs/registry.ts', '    .where(scope.where)\n', '')],
  },
  // Campaigns and models.
  {
    name: 'the campaigns of a challenge are not filtered',
    suite: 'people',
    only: sweep,
    edits: [
      edit(
        'campaigns/store.ts',
        "and(scope.where, sql`(${campaign.plan} ->> 'challenge')::int = ${challenge}`)",
        "sql`(${campaign.plan} ->> 'challenge')::int = ${challenge}`",
      ),
    ],
  },
  {
    name: 'the list of campaigns is not filtered',
    suite: 'people',
    only: sweep,
    edits: [edit('campaigns/store.ts', '.where(and(scope.where, after))', '.where(after)')],
  },
  {
    name: 'the list of models is not filtered',
    suite: 'people',
    only: sweep,
    edits: [edit('models/models.ts', '        .where(scope.where)\n', '')],
  },
  {
    name: 'models do not get the label of what they learnt from',
    suite: 'people',
    only: sweep,
    edits: [
      edit(
        'campaigns/train.ts',
        '      facts,\n      sources: [job.campaign],',
        "      facts: { ...facts, label: { level: 'public', categories: [] } },\n      sources: [],",
      ),
    ],
  },
  {
    name: 'a crate leaves for any destination',
    suite: 'people',
    only: crates,
    edits: [
      edit(
        'campaigns/crate/export-crate.ts',
        'destinationClearance: wanted.destination }',
        'destinationClearance: facts.label }',
      ),
    ],
  },
  {
    name: 'a crate holds the sealed rows',
    suite: 'people',
    only: crates,
    edits: [
      edit(
        'campaigns/crate/export-crate.ts',
        '(wanted.includeSealedRows ? [] : sealedClaims).map',
        '(wanted.includeSealedRows ? sealedClaims : []).map',
      ),
    ],
  },
  {
    name: 'the rows of a verdict are kept in the clear',
    suite: 'people',
    only: rest,
    edits: [
      edit(
        'campaigns/hypotheses/evaluation-rows.ts',
        "claim.source.kind === 'split'",
        "claim.source.kind === 'split' && blobs === undefined",
      ),
    ],
  },
  // The error budget.
  {
    name: 'openings are not counted',
    suite: 'cheating',
    edits: [
      edit(
        'campaigns/hypotheses/open.ts',
        'earlier.map((one) => ({ ...one, concluded: true })),',
        'earlier.slice(earlier.length).map((one) => ({ ...one, concluded: true })),',
      ),
    ],
  },
  {
    name: 'alpha is refunded',
    suite: 'cheating',
    edits: [
      edit(
        'campaigns/hypotheses/open.ts',
        'earlier.map((one) => ({ ...one, concluded: true })),',
        'earlier.slice(1).map((one) => ({ ...one, concluded: true })),',
      ),
    ],
  },
  {
    name: 'every import of the same rows has a budget of its own',
    suite: 'cheating',
    quick: true,
    edits: [
      edit(
        'campaigns/hypotheses/freeze.ts',
        'family: sealed?.seal.id ?? campaignId',
        'family: sealed?.split.id ?? campaignId',
      ),
    ],
  },
  {
    name: 'known rows are not recognised',
    suite: 'cheating',
    edits: [
      edit('catalog/recognise.ts', 'if (same !== undefined) return known(same);', ''),
      edit('catalog/recognise.ts', "if (overlap.recognised === 'same-rows') return known(candidate);", ''),
    ],
  },
  {
    name: 'a claim is not held against its freeze',
    suite: 'cheating',
    edits: [
      edit(
        'campaigns/hypotheses/frozen.ts',
        'if (!holds) throw changed(row.id);',
        'if (!holds && size < 0) throw changed(row.id);',
      ),
    ],
  },
  {
    name: 'a second campaign with the same plan gets the same fresh seeds',
    suite: 'cheating',
    edits: [
      edit(
        'campaigns/hypotheses/freeze.ts',
        '.where(eq(campaign.planHash, planHash));',
        ".where(eq(campaign.planHash, ''));",
      ),
    ],
  },
];
