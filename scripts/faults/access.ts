// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are pieces of source code.
import { edit, type Fault } from './fault.ts';

/** Faults of the rules about agreements and grants, of the scopes, and of what the door loads and binds. */
export const accessFaults: readonly Fault[] = [
  // The rules.
  {
    name: 'an agreement counts for every purpose',
    suite: 'rules',
    edits: [
      edit(
        'policy/rules/access.ts',
        '({ endsAt, purposes }) => at < endsAt && (purpose === null || purposes.includes(purpose)),',
        '({ endsAt }) => at < endsAt && purpose !== undefined,',
      ),
    ],
  },
  {
    name: 'a grant that has ended opens',
    suite: 'rules',
    quick: true,
    edits: [edit('policy/rules/access.ts', '      ended === undefined &&\n', '      ended !== null &&\n')],
  },
  {
    name: 'a grant opens after its days',
    suite: 'rules',
    edits: [edit('policy/rules/access.ts', '      at < expiresAt &&\n', '      expiresAt > 0 &&\n')],
  },
  {
    name: 'a grant opens for every purpose',
    suite: 'decisions',
    edits: [
      edit(
        'policy/rules/access.ts',
        '      (purpose === null || purposes.includes(purpose)) &&\n',
        '      purposes.length > 0 &&\n',
      ),
    ],
  },
  {
    name: 'a grant outlives the agreement that it rests on',
    suite: 'decisions',
    edits: [
      edit('policy/rules/access.ts', '(agreement === null || held.has(agreement)),', 'held.size >= 0,'),
    ],
  },
  {
    name: 'a grant for one origin opens what comes from several',
    suite: 'decisions',
    edits: [
      edit(
        'policy/rules/access.ts',
        'origins.length > 0 && origins.every((origin)',
        'origins.length > 0 && origins.some((origin)',
      ),
    ],
  },
  {
    name: 'custodians use what an agreement binds, and not only read it',
    suite: 'decisions',
    edits: [
      edit(
        'policy/rules/access.ts',
        'reads.has(action) ? custodianOf(principal, at) : []',
        'custodianOf(principal, at)',
      ),
    ],
  },
  {
    name: 'every role of the owner makes a custodian',
    suite: 'decisions',
    edits: [
      edit(
        'policy/rules/access.ts',
        "(role === 'steward' || role === 'auditor') &&",
        "role !== 'operator' &&",
      ),
    ],
  },
  {
    name: 'the agreements of sources do not count',
    suite: 'rules',
    edits: [
      edit(
        'policy/rules/access.ts',
        'return [resource, ...sources].filter(',
        'return [resource, ...sources].slice(0, 1).filter(',
      ),
    ],
  },
  {
    name: 'an embargo holds until the day before',
    suite: 'rules',
    edits: [edit('policy/rules/access.ts', '.filter((day) => today < day)', '.filter((day) => today > day)')],
  },
  {
    name: 'a grant needs no role at home',
    suite: 'rules',
    edits: [edit('policy/rules/access.ts', '    if (role === undefined) return silent;\n', '')],
  },
  {
    name: 'people covered see every card',
    suite: 'decisions',
    edits: [
      edit(
        'policy/rules/access.ts',
        'isSubset(conditions.origins, coveredBy(principal, at));',
        'coveredBy(principal, at).length > 0;',
      ),
    ],
  },
  {
    name: 'an agreement is known to whoever has any role in a party',
    suite: 'rules',
    edits: [
      edit(
        'policy/rules/agreements.ts',
        'organisations.some((organisation) => custodian.includes(organisation));',
        'organisations.length + custodian.length > 0;',
      ),
    ],
  },
  {
    name: 'whoever knows an agreement signs it',
    suite: 'rules',
    edits: [
      edit(
        'policy/rules/agreements.ts',
        "action === 'agreement.sign' && !partsIn(principal, resource).some(({ signs }) => signs)",
        "action === 'agreement.sign' && partsIn(principal, resource).length === 0",
      ),
    ],
  },
  {
    name: 'people decide about their own requests',
    suite: 'rules',
    quick: true,
    edits: [
      edit(
        'policy/rules/agreements.ts',
        'resource.members?.includes(principal.id) === true',
        'resource.members?.length === 0',
      ),
    ],
  },
  // Scopes.
  {
    name: 'scopes do not look for agreements',
    suite: 'policy',
    only: 'scope',
    edits: [edit('policy/scope.ts', '    isSubset(agreements, held) &&\n', '    held.length >= 0 &&\n')],
  },
  {
    name: 'scopes show every agreement',
    suite: 'policy',
    only: 'scope',
    edits: [
      edit(
        'policy/scope.ts',
        "(resource.kind !== 'agreement' || predicate.known.includes(resource.id)) &&",
        '',
      ),
    ],
  },
  {
    name: 'what a grant showed once is known whatever the clearance is now',
    suite: 'policy',
    only: 'what a grant showed once',
    edits: [
      edit(
        'policy/scope.ts',
        '    dominates(clearance, resource.label) &&\n    knowsByGrant',
        '    clearance !== undefined &&\n    knowsByGrant',
      ),
    ],
  },
  {
    name: 'SQL: agreements are dropped',
    suite: 'sql',
    edits: [
      edit(
        'door/scope.ts',
        '(${resource.agreements} <@ ${textArray(held)} and (${needsNoGrant}',
        '((${needsNoGrant}',
      ),
    ],
  },
  {
    name: 'SQL: agreements of others are shown',
    suite: 'sql',
    edits: [
      edit(
        'door/scope.ts',
        "    sql`(${resource.kind} <> 'agreement' or ${resource.id} = any(${textArray(known)}))`,\n",
        '',
      ),
    ],
  },
  {
    name: 'SQL: one origin of several is enough',
    suite: 'sql',
    edits: [
      edit(
        'door/scope.ts',
        '${resource.origins} <@ ${textArray(ids)})`',
        '${resource.origins} && ${textArray(ids)})`',
      ),
    ],
  },
  {
    name: 'SQL: grants that are demanded are dropped',
    suite: 'sql',
    edits: [edit('door/scope.ts', 'and (${needsNoGrant} or ${among(granted)}) and (not', 'and (not')],
  },
  // What the door binds, and what is loaded before it decides.
  {
    name: 'what is made under a grant is not bound by its agreement',
    suite: 'access',
    only: 'what rests on an agreement',
    edits: [edit('door/door.ts', '  behind.length === 0\n    ? facts', '  behind.length >= 0\n    ? facts')],
  },
  {
    name: 'a grant that was revoked is loaded as a good one',
    suite: 'decisions',
    quick: true,
    edits: [edit('access/directory.ts', "  if (grant.revokedAt !== null) return 'revoked';\n", '')],
  },
  {
    name: 'a grant does not end with its agreement',
    suite: 'access',
    only: 'a grant ends with its agreement',
    edits: [
      edit(
        'access/directory.ts',
        "rests !== null && stateOf(rests, at) === 'active' && rests.datasets.includes(grant.dataset);",
        'rests !== null && rests.datasets.includes(grant.dataset) && at > 0 && stateOf !== undefined;',
      ),
    ],
  },
  {
    name: 'a grant does not end when its dataset is amended away',
    suite: 'decisions',
    edits: [
      edit('access/directory.ts', "=== 'active' && rests.datasets.includes(grant.dataset);", "=== 'active';"),
    ],
  },
  {
    name: 'people whom only a proposed version names are covered',
    suite: 'decisions',
    edits: [
      edit(
        'access/directory.ts',
        "(role === 'covered' || role === 'everybody') && version === inForce);",
        "(role === 'covered' || role === 'everybody') && version >= (inForce ?? 1));",
      ),
    ],
  },
  {
    name: 'a draft is known to every party',
    suite: 'decisions',
    edits: [edit('access/directory.ts', '=> row.shared ||', '=> row.shared !== null ||')],
  },
];
