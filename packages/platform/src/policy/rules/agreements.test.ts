import type { Action } from '@genesis/contracts';
import { expect, test } from 'vitest';
import { easyRequest, now } from '../../../test/policy-arbitraries.ts';
import { decide } from '../decide.ts';
import { bottom } from '../lattice.ts';
import type { DecisionRequest, PartyFacts } from '../request.ts';
import { isVisible } from '../scope.ts';

const agreement = (action: Action, change: Partial<DecisionRequest['principal']>): DecisionRequest => {
  const easy = easyRequest(action, { purpose: null });
  return {
    ...easy,
    principal: { ...easy.principal, clearance: bottom, ...change },
    resource: { ...easy.resource, kind: 'agreement', id: 'agr_1', label: bottom },
  };
};
const code = (request: DecisionRequest) => decide(request).rationaleCode;
const part = (more: Partial<PartyFacts>): PartyFacts => ({
  ...{ agreement: 'agr_1', organisations: [], signs: false, covered: false },
  ...more,
});

test('without a part in it nobody knows of an agreement, whatever roles they have', () => {
  const nobody = agreement('agreement.read', {});
  expect(code(nobody)).toBe('parties-only');
  expect(isVisible(nobody.principal, nobody.resource, now)).toBe(false);
  for (const parties of [[part({ covered: true })], [part({ signs: true })]]) {
    const one = agreement('agreement.read', { roles: [], parties });
    expect(decide(one).effect).toBe('allow');
    expect(isVisible(one.principal, one.resource, now)).toBe(true);
    expect(code(agreement('agreement.terminate', { roles: [], parties }))).toBe('default-deny');
  }
});

test('stewards and auditors of any party read, stewards act, and a role that has expired counts no more', () => {
  const parties = [part({ organisations: ['org_b'] })];
  const as = (action: Action, role: 'steward' | 'auditor' | 'researcher', expiresAt = now + 1) =>
    code(agreement(action, { parties, roles: [{ organisation: 'org_b', role, expiresAt }] }));
  expect(as('agreement.read', 'auditor')).toBe('public-to-all');
  expect(as('agreement.suspend', 'auditor')).toBe('default-deny');
  expect(as('agreement.impact', 'auditor')).toBe('party-to-agreement');
  expect(as('agreement.suspend', 'steward')).toBe('party-to-agreement');
  expect(as('agreement.review', 'steward')).toBe('default-deny');
  expect(as('agreement.read', 'researcher')).toBe('parties-only');
  expect(as('agreement.read', 'steward', now)).toBe('parties-only');
});

test('a steward who is no representative cannot sign', () => {
  const parties = [part({ organisations: ['org_a'] })];
  expect(code(agreement('agreement.sign', { parties }))).toBe('parties-only');
  expect(code(agreement('agreement.sign', { roles: [], parties: [part({ signs: true })] }))).toBe(
    'party-to-agreement',
  );
});

test('nobody decides about their own request', () => {
  const request = easyRequest('access.decide', { purpose: null });
  const about = (members: string[]) => code({ ...request, resource: { ...request.resource, members } });
  expect(about(['prn_1', 'prn_2'])).toBe('not-own-request');
  expect(about(['prn_2'])).toBe('role-in-organisation');
});

test('who was granted a dataset once may ask again', () => {
  const request = easyRequest('access.request', { purpose: null });
  const grant = {
    ...{ id: 'grn_1', dataset: 'dst_1', purposes: [], expiresAt: now, agreement: null },
    ended: 'expired' as const,
  };
  const outsider = { ...request.principal, organisation: 'org_b', roles: [] };
  expect(code({ ...request, principal: outsider })).toBe('default-deny');
  expect(code({ ...request, principal: { ...outsider, grants: [grant] } })).toBe('may-ask-again');
});
