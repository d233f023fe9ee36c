// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are pieces of source code.
import { edit, type Fault, tests } from './fault.ts';

/** Faults of the door and of identity. */
export const doorFaults: readonly Fault[] = [
  // The door.
  {
    name: 'hidden things are forbidden instead of not found',
    suite: 'people',
    only: tests.sweep,
    quick: true,
    edits: [
      edit(
        'door/door.ts',
        'return named.some((one) => !isVisible(request.principal, one, now())) ? missing() : denied(decision);',
        'return named.length < 0 ? missing() : denied(decision);',
      ),
    ],
  },
  {
    name: 'a look for what does not exist leaves no trace',
    suite: 'people',
    only: tests.growth,
    edits: [
      edit(
        'door/door.ts',
        "if (found?.decision.effect !== 'allow') await enterRefusal(tx, request, found);",
        "if (found === undefined) return found;\n      if (found.decision.effect !== 'allow') await enterRefusal(tx, request, found);",
      ),
    ],
  },
  {
    name: 'decisions about hidden things are foreseen',
    suite: 'people',
    only: tests.sweep,
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
    only: tests.sweep,
    edits: [
      edit('door/evidence.ts', "own?.visible === false ? 'nothing' : id", 'id'),
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
    only: tests.sweep,
    edits: [
      edit(
        'door/evidence.ts',
        `const { result: audited } = await door.perform(
        { principal, action: 'audit.read', resource: id, purpose: null },
        async (_tx, facts) => ({ result: facts, details: { limit } }),
      );`,
        "const audited = { label: { level: 'internal', categories: [] }, by: door };",
      ),
    ],
  },
  {
    name: 'the body of any entry is shown',
    suite: 'people',
    only: tests.sweep,
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
    only: tests.sweep,
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
    only: tests.sweep,
    edits: [edit('identity/authenticate.ts', 'row.revokedAt !== null || row.expiresAt', 'row.expiresAt')],
  },
  {
    name: "a token of the administrator carries its bearer's clearance",
    suite: 'people',
    only: tests.sweep,
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
    only: tests.streams,
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
    only: tests.replay,
    edits: [
      edit(
        'kernel/idempotency.ts',
        'and(eq(idempotentResponses.principal, principal), eq(idempotentResponses.key, key))',
        'eq(idempotentResponses.key, key)',
      ),
    ],
  },
];
