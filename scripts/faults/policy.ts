// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are pieces of source code.
import { edit, type Fault, tests } from './fault.ts';

/** Faults of the lattice, the rules, and the predicate in SQL. */
export const policyFaults: readonly Fault[] = [
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
        '      organisations.includes(owner) ||\n',
        '      organisations.length >= 0 ||\n',
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
    only: tests.sweep,
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
    edits: [
      edit(
        'door/scope.ts',
        '(${open} or ${owner} = any(${textArray(organisations)}) or ${among(reached)}',
        '(${open} or true or ${among(reached)}',
      ),
    ],
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
];
