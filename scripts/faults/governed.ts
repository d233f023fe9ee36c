// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are pieces of source code.
import { edit, type Fault } from './fault.ts';

/** Faults of agreements and requests, of cards, search and metadata, of sign-in and of uploads. */
export const governedFaults: readonly Fault[] = [
  {
    name: 'a grant rests on an agreement for another purpose',
    suite: 'access',
    only: 'an agreement has to cover',
    edits: [edit('access/requests/covers.ts', 'if (beyond.length > 0)', 'if (beyond.length > 99)')],
  },
  {
    name: 'a grant rests on an agreement that does not cover its people',
    suite: 'access',
    only: 'an agreement has to cover',
    quick: true,
    edits: [edit('access/requests/covers.ts', 'if (outside.length > 0)', 'if (outside.length > 99)')],
  },
  {
    name: 'a grant rests on an agreement for another dataset',
    suite: 'access',
    only: 'an agreement has to cover',
    edits: [
      edit('access/requests/covers.ts', 'if (!row.datasets.includes(dataset))', 'if (dataset.length === 0)'),
    ],
  },
  {
    name: 'one steward approves for both parties',
    suite: 'access',
    only: 'a form can demand two stewards',
    edits: [
      edit(
        'access/requests/decide-request.ts',
        'if (earlier.some((one) => one.principal === principal.id))',
        'if (earlier.length > 9)',
      ),
      edit('access/requests/decide-request.ts', '&& one.principal !== byOwner?.principal,', ','),
    ],
  },
  {
    name: 'the second party is not waited for',
    suite: 'access',
    only: 'a second party',
    edits: [
      edit(
        'access/requests/decide-request.ts',
        '(secondParty === null || bySecond !== undefined)',
        '(secondParty === null || bySecond !== null)',
      ),
    ],
  },
  {
    name: 'a grant lasts longer than its agreement',
    suite: 'access',
    only: 'a grant ends with its agreement',
    edits: [
      edit(
        'access/requests/decide-request.ts',
        'Math.min(at + row.days * dayMs, endsAt ?? Number.MAX_SAFE_INTEGER)',
        'Math.max(at + row.days * dayMs, endsAt ?? 0)',
      ),
    ],
  },
  {
    name: 'a grant that has ended is renewed',
    suite: 'access',
    only: 'a grant whose days have gone',
    edits: [edit('access/requests/change-grant.ts', 'if (row.expiresAt <= at)', 'if (row.expiresAt <= 0)')],
  },
  {
    name: 'a signature counts over any text',
    suite: 'access',
    only: 'a signature is over the text',
    edits: [
      edit(
        'access/agreements/sign-agreement.ts',
        'if (version.text.sha256 !== signature.sha256)',
        "if (signature.sha256 === '')",
      ),
    ],
  },
  {
    name: 'requests of others are shown',
    suite: 'access',
    only: 'nobody decides about themselves',
    edits: [
      edit(
        'access/requests/request-store.ts',
        '.where(and(requestsFor(scope), condition))',
        '.where(and(or(sql`true`, requestsFor(scope)), condition))',
      ),
    ],
  },
  {
    name: 'the label of a card does not bind its dataset',
    suite: 'cards',
    quick: true,
    edits: [
      edit(
        'catalog/cards/bind-card.ts',
        'label: join(asked.label, governance.label),',
        'label: asked.label,',
      ),
    ],
  },
  {
    name: 'an agreement that a card demands is forgotten',
    suite: 'cards',
    edits: [
      edit(
        'catalog/cards/bind-card.ts',
        'needsAgreement: governance.agreement.required,',
        'needsAgreement: false,',
      ),
    ],
  },
  {
    name: 'purposes that a card denies stay open',
    suite: 'cards',
    edits: [
      edit(
        'catalog/cards/bind-card.ts',
        "purposes: purposes.filter((purpose) => governance.purposes[purpose] !== 'denied').sort(),",
        'purposes: [...purposes].sort(),',
      ),
    ],
  },
  {
    name: 'facets count what is hidden',
    suite: 'search',
    quick: true,
    edits: [
      edit(
        'catalog/search/count.ts',
        'from ${searchCount} where ${ofClasses} group by value`',
        'from ${searchCount} group by value`',
      ),
    ],
  },
  {
    name: 'the hits of a search count what is hidden',
    suite: 'search',
    edits: [
      edit(
        'catalog/search/page.ts',
        'where ${shows(visible, { beside: !isAll })} and ${where} and ${searchDocument.createdAt} <=',
        'where (${shows(visible, { beside: !isAll })} or true) and ${where} and ${searchDocument.createdAt} <=',
      ),
    ],
  },
  {
    name: 'harvesters list what is hidden',
    suite: 'metadata',
    edits: [
      edit(
        'catalog/metadata/described-store.ts',
        'const conditions: (SQL | undefined)[] = [\n    visible,',
        'const conditions: (SQL | undefined)[] = [\n    sql`(true or ${visible})`,',
      ),
    ],
  },
  {
    name: 'what a public card stands for is described with it',
    suite: 'metadata',
    edits: [
      edit(
        'catalog/metadata/described-store.ts',
        '.where(and(scope.where, inArray(dataset.id, wanted)));',
        '.where(inArray(dataset.id, wanted));',
      ),
    ],
  },
  {
    name: 'a session lives on when it was not used for long',
    suite: 'signIn',
    edits: [
      edit(
        'identity/sign-in/sessions.ts',
        'gt(session.expiresAt, now()), gt(session.lastSeenAt, now() - idleMs));',
        'gt(session.expiresAt, now() - 0 * idleMs));',
      ),
    ],
  },
  {
    name: 'any secret opens a session whose id is known',
    suite: 'signIn',
    quick: true,
    edits: [
      edit(
        'identity/sign-in/sessions.ts',
        'row !== undefined && sameHash(row.session.hash, presented.hash) ? row',
        'row !== undefined && sameHash(row.session.hash, row.session.hash) ? row',
      ),
    ],
  },
  {
    name: 'bytes with a wrong checksum are kept',
    suite: 'uploads',
    edits: [
      edit(
        'catalog/uploads/uploads.ts',
        'const options = { checksum, guard: parts.guard, seen };',
        'const options = { checksum: checksum && undefined, guard: parts.guard, seen };',
      ),
    ],
  },
  {
    name: 'a whole that was not announced is imported',
    suite: 'uploads',
    edits: [
      edit(
        'catalog/uploads/uploads.ts',
        'if (record.sha256 !== null && record.sha256 !== sha256) {',
        "if (record.sha256 === '') {",
      ),
    ],
  },
];
