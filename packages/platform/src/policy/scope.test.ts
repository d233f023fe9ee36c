import { purposes } from '@genesis/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyPrincipal, anyPurpose, easyRequest, now, resourceOf } from '../../test/policy-arbitraries.ts';
import { readActionOf, readableKinds } from './actions.ts';
import { decide } from './decide.ts';
import { bottom, isPublic, unrestricted } from './lattice.ts';
import { admits, isVisible, readScopeOf } from './scope.ts';

test('the scope admits a resource exactly where deciding its read does not deny it', () => {
  let admitted = 0;
  let refused = 0;
  fc.assert(
    fc.property(anyPrincipal, resourceOf(readableKinds), anyPurpose, (principal, resource, purpose) => {
      const action = readActionOf(resource.kind);
      if (action === undefined) throw new Error(`no read for the kind ${resource.kind}`);
      const expected = decide({ principal, action, resource, purpose, at: now }).effect !== 'deny';
      if (!expected) refused++;
      else if (!isPublic(resource.label)) admitted++;
      expect(admits(readScopeOf(principal, purpose, now), resource)).toBe(expected);
    }),
    { numRuns: 30_000 },
  );
  // Agreement on refusals alone would prove nothing.
  expect(admitted).toBeGreaterThan(1_000);
  expect(refused).toBeGreaterThan(1_000);
});

test('kinds without a read are admitted by no scope', () => {
  fc.assert(
    fc.property(
      anyPrincipal,
      resourceOf(['principal', 'token', 'seal', 'x']),
      anyPurpose,
      (principal, resource, purpose) => {
        expect(admits(readScopeOf(principal, purpose, now), resource)).toBe(false);
      },
    ),
  );
});

test('without grants, a thing is visible exactly if some purpose lets its unsealed part be read', () => {
  const ungranted = anyPrincipal.map(({ grants: _grants, ...principal }) => principal);
  fc.assert(
    fc.property(ungranted, resourceOf(readableKinds), (principal, resource) => {
      const unsealed = { ...resource, sealed: false };
      const readable = [null, ...purposes].some((purpose) =>
        admits(readScopeOf(principal, purpose, now), unsealed),
      );
      expect(isVisible(principal, resource, now)).toBe(readable);
      expect(isVisible(principal, { ...resource, sealed: true }, now)).toBe(readable);
    }),
    { numRuns: 2_000 },
  );
});

test('what a grant showed once may be known of, and is not read', () => {
  const { principal, resource } = easyRequest('dataset.read');
  const grants = [
    {
      id: 'grn_1',
      dataset: 'dst_1',
      purposes,
      expiresAt: now + 1,
      agreement: null,
      ended: 'revoked' as const,
    },
  ];
  const outsider = { ...principal, organisation: 'org_b', roles: [], grants };
  const derived = {
    ...resource,
    id: 'mdl_1',
    kind: 'model',
    conditions: { ...unrestricted, origins: ['dst_1'] },
  };
  const knows = (thing: typeof derived, who: typeof outsider = outsider) => isVisible(who, thing, now);
  expect(admits(readScopeOf(outsider, 'explore', now), resource)).toBe(false);
  expect(knows(resource)).toBe(true);
  expect(knows({ ...resource, id: 'dst_2' })).toBe(false);
  expect(knows(derived)).toBe(false);
  expect(knows({ ...derived, createdBy: outsider.id })).toBe(true);
  expect(knows(resource, { ...outsider, clearance: bottom })).toBe(false);
  expect(knows(resource, { ...outsider, tokenScopes: ['model.*'] })).toBe(false);
});
