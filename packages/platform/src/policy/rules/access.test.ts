import { expect, test } from 'vitest';
import { easyRequest, now } from '../../../test/policy-arbitraries.ts';
import { decide } from '../decide.ts';
import { bottom, unrestricted } from '../lattice.ts';
import type { DecisionRequest, GrantFacts, HeldAgreement } from '../request.ts';
import { agreementsBehind } from './access.ts';

const agreement: HeldAgreement = {
  id: 'agr_1',
  purposes: ['explore', 'train'],
  datasets: ['dst_1'],
  endsAt: now + 1,
};
const grant: GrantFacts = {
  ...{ id: 'grn_1', dataset: 'dst_1', purposes: ['explore', 'train'] },
  ...{ expiresAt: now + 1, agreement: null },
};

/** Somebody of another organisation, with the role of a researcher at home. */
function outsider(more: Partial<DecisionRequest['principal']>, conditions = {}): DecisionRequest {
  const request = easyRequest('dataset.read');
  return {
    ...request,
    principal: {
      ...request.principal,
      organisation: 'org_b',
      roles: [{ organisation: 'org_b', role: 'researcher' }],
      ...more,
    },
    resource: { ...request.resource, conditions: { ...unrestricted, origins: ['dst_1'], ...conditions } },
  };
}
const code = (request: DecisionRequest): string => decide(request).rationaleCode;

test('a grant opens what comes from its dataset, for its purposes, until it ends', () => {
  expect(code(outsider({}))).toBe('default-deny');
  const granted = outsider({ grants: [grant] });
  expect(code(granted)).toBe('granted');
  expect(code({ ...granted, purpose: 'evaluate' })).toBe('default-deny');
  expect(code({ ...granted, at: now + 1 })).toBe('default-deny');
  expect(code(outsider({ grants: [{ ...grant, ended: 'revoked' }] }))).toBe('default-deny');
  expect(code(outsider({ grants: [grant], roles: [] }))).toBe('default-deny');
  expect(code(outsider({ grants: [grant] }, { origins: ['dst_1', 'dst_2'] }))).toBe('default-deny');
  expect(code({ ...granted, action: 'model.create', purpose: 'train' })).toBe('granted');
  for (const action of ['dataset.relabel', 'dataset.import', 'split.create', 'card.replace'] as const)
    expect(decide({ ...granted, action, sources: [granted.resource] }).effect).toBe('deny');
});

test('a denial says why a grant does not open it, and how to ask', () => {
  const words = (request: DecisionRequest) => decide(request).needed.join(' ');
  expect(words(outsider({}))).toContain('genesis access request dst_1 --purpose explore');
  const ended = (why: NonNullable<GrantFacts['ended']>) => outsider({ grants: [{ ...grant, ended: why }] });
  expect(words(ended('revoked'))).toContain('the grant grn_1 was revoked');
  expect(words(ended('agreement-ended'))).toContain('rests on an agreement that is no longer in force');
  expect(words({ ...outsider({ grants: [grant] }), at: now + 5 })).toContain('the grant grn_1 has expired');
});

test('a grant under an agreement opens nothing without it', () => {
  const under = { ...grant, agreement: 'agr_1' };
  expect(code(outsider({ grants: [under] }))).toBe('default-deny');
  expect(code(outsider({ grants: [under], agreements: [agreement] }))).toBe('granted');
  const request = outsider({ grants: [under], agreements: [agreement] });
  expect(agreementsBehind({ ...request, action: 'model.create', purpose: 'train' })).toEqual(['agr_1']);
  expect(agreementsBehind(easyRequest('model.create'))).toEqual([]);
});

test('what an agreement binds is closed without it, to the owner too; its custodians read on', () => {
  const conditions = { ...unrestricted, agreements: ['agr_1'] };
  const { principal, resource } = easyRequest('dataset.read');
  const as = (role: 'researcher' | 'steward', more: Partial<DecisionRequest> = {}) =>
    easyRequest('dataset.read', {
      principal: { ...principal, roles: [{ organisation: 'org_a', role }] },
      resource: { ...resource, conditions },
      ...more,
    });
  expect(code(as('researcher'))).toBe('agreement-in-force');
  expect(code(as('steward'))).toBe('role-in-organisation');
  expect(code({ ...as('steward'), action: 'dataset.export', purpose: 'publish' })).toBe('agreement-in-force');
  const roles = [{ organisation: 'org_a', role: 'researcher' as const }];
  const covered = { ...principal, roles, agreements: [agreement] };
  expect(code(as('researcher', { principal: covered }))).toBe('role-in-organisation');
  expect(code(as('researcher', { principal: covered, purpose: 'evaluate' }))).toBe('agreement-in-force');
  expect(code(as('researcher', { principal: covered, at: now + 1 }))).toBe('agreement-in-force');
});

test('a card that demands an agreement, or a grant, is met by nothing less', () => {
  const { principal, resource } = easyRequest('run.submit');
  const of = (conditions: object, more: Partial<DecisionRequest['principal']> = {}) =>
    code(
      easyRequest('run.submit', {
        principal: { ...principal, ...more },
        resource: { ...resource, conditions: { ...unrestricted, origins: ['dst_1'], ...conditions } },
      }),
    );
  const under = { ...grant, agreement: 'agr_1' };
  expect(of({ needsAgreement: true })).toBe('agreement-demanded');
  expect(of({ needsAgreement: true }, { grants: [grant] })).toBe('agreement-demanded');
  expect(of({ needsAgreement: true }, { grants: [under], agreements: [agreement] })).toBe(
    'role-in-organisation',
  );
  expect(of({ needsAgreement: true, agreements: ['agr_1'] }, { agreements: [agreement] })).toBe(
    'role-in-organisation',
  );
  expect(of({ needsGrant: ['explore'] })).toBe('grant-demanded');
  expect(of({ needsGrant: ['explore'] }, { grants: [grant] })).toBe('role-in-organisation');
  expect(of({ needsGrant: ['train'] })).toBe('role-in-organisation');
});

test('an agreement on the result does not stand behind a source that has none', () => {
  const { principal, resource } = easyRequest('run.submit');
  const demanding = { ...unrestricted, origins: ['dst_1'], needsAgreement: true };
  const source = { ...resource, conditions: demanding };
  const of = (grants: GrantFacts[]) =>
    code(
      easyRequest('run.submit', {
        principal: { ...principal, agreements: [agreement], grants },
        resource: { ...resource, conditions: { ...demanding, agreements: ['agr_1'] } },
        sources: [source],
      }),
    );
  expect(of([])).toBe('agreement-demanded');
  expect(of([{ ...grant, agreement: 'agr_1' }])).toBe('role-in-organisation');
});

test('an embargo closes exports until its day, and prescribed machines all others', () => {
  const { resource } = easyRequest('dataset.export');
  const at = Date.UTC(2026, 4, 2);
  const exporting = (embargoUntil: string) =>
    code(
      easyRequest('dataset.export', {
        ...{ at, purpose: 'publish' },
        resource: { ...resource, label: bottom, conditions: { ...unrestricted, embargoUntil } },
      }),
    );
  expect(exporting('2026-05-03')).toBe('embargo');
  expect(exporting('2026-05-02')).toBe('role-in-organisation');
  const placed = (environments: string[] | null) =>
    code(
      easyRequest('run.execute', {
        resource: {
          ...resource,
          destinationNames: ['alpha', 'mch_1'],
          conditions: { ...unrestricted, environments },
        },
      }),
    );
  expect(placed(null)).toBe('role-in-organisation');
  expect(placed(['beta', 'mch_1'])).toBe('role-in-organisation');
  expect(placed(['beta'])).toBe('environment-approved');
  expect(placed([])).toBe('environment-approved');
});

test('people whom an agreement covers see the card, and nothing else of the dataset', () => {
  const card = (action: DecisionRequest['action'], kind = 'card') => {
    const request = outsider({ agreements: [agreement] });
    return code({ ...request, action, resource: { ...request.resource, kind } });
  };
  expect(card('card.read')).toBe('covered-by-agreement');
  expect(card('access.request')).toBe('covered-by-agreement');
  expect(card('dataset.read', 'dataset')).toBe('default-deny');
});
