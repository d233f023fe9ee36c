import { actions, decisionSchema } from '@genesis/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyLabel, anyRequest, easyRequest } from '../../test/policy-arbitraries.ts';
import { decide } from './decide.ts';
import { dominates, isPublic, join } from './lattice.ts';
import type { DecisionRequest } from './request.ts';
import type { Rule } from './rule.ts';
import { ownerOfDerived } from './rules/labels.ts';
import { standardRules } from './standard-rules.ts';

const runs = { numRuns: 10_000 };
const denied = (request: DecisionRequest) => decide(request).effect === 'deny';

/** `easyRequest`, moved half the way to a random one: allowed in a good part of the cases. */
const likely: fc.Arbitrary<DecisionRequest> = fc
  .tuple(anyRequest, fc.boolean(), fc.boolean(), fc.boolean())
  .map(([request, principal, resource, purpose]) => ({
    ...request,
    ...(principal ? { principal: easyRequest(request.action).principal } : {}),
    ...(resource ? { resource: easyRequest(request.action).resource } : {}),
    ...(purpose ? { purpose: 'explore' as const } : {}),
  }));

test('a decision has the form that clients are promised, and a denial always says what is needed', () => {
  fc.assert(
    fc.property(likely, (request) => {
      const decision = decide(request);
      expect(decisionSchema.parse(decision)).toEqual(decision);
      expect(decision.needed.length > 0).toBe(decision.effect === 'deny');
      expect(decision.obligations.length > 0).toBe(decision.effect === 'conditional');
      if (decision.rationaleCode !== 'default-deny') {
        expect(decision.rules.map(({ rule }) => rule)).toContain(decision.rationaleCode);
      }
    }),
    runs,
  );
});

test('nothing is allowed whose label, or whose source has a label, that the clearance does not dominate', () => {
  let allowed = 0;
  fc.assert(
    fc.property(likely, (request) => {
      // For one the label is a clearance that is asked for; for the other it says who may know, not who may operate.
      if (['principal.clear', 'compute.manage'].includes(request.action) || denied(request)) return;
      allowed++;
      const labels = [request.resource.label, ...(request.sources ?? []).map(({ label }) => label)];
      for (const label of labels) expect(dominates(request.principal.clearance, label)).toBe(true);
    }),
    runs,
  );
  expect(allowed).toBeGreaterThan(300);
});

test('nothing allowed writes down: the result dominates its sources and loosens none of their conditions', () => {
  let derived = 0;
  fc.assert(
    fc.property(likely, (request) => {
      if (denied(request)) return;
      for (const { label, conditions } of request.sources ?? []) {
        derived++;
        expect(dominates(request.resource.label, label)).toBe(true);
        const { licences, agreements, purposes: left } = request.resource.conditions;
        expect(conditions.purposes).toEqual(expect.arrayContaining(left));
        expect(licences).toEqual(expect.arrayContaining(conditions.licences));
        expect(agreements).toEqual(expect.arrayContaining(conditions.agreements));
      }
    }),
    { numRuns: 30_000 },
  );
  expect(derived).toBeGreaterThan(30);
});

test('nothing allowed changes hands: what has a source that is not public belongs to the owner of the source', () => {
  let kept = 0;
  fc.assert(
    fc.property(likely, (request) => {
      const { resource } = request;
      const owned = (request.sources ?? []).filter(
        ({ label, organisation }) => organisation !== undefined && !isPublic(label),
      );
      if (owned.length === 0) return;
      if (denied(request)) return;
      kept++;
      for (const { organisation } of owned) expect(organisation).toBe(resource.organisation);
      expect([resource.organisation, undefined]).toContain(ownerOfDerived(owned));
      const elsewhere = { ...resource, organisation: resource.organisation === 'org_a' ? 'org_b' : 'org_a' };
      const { rules } = decide({ ...request, resource: elsewhere });
      expect(rules.map(({ rule }) => rule)).toContain('owner-kept');
    }),
    { numRuns: 30_000 },
  );
  expect(kept).toBeGreaterThan(5);
});

test('monotone in clearance: a higher one never turns an allowed request into a denied one', () => {
  fc.assert(
    fc.property(likely, anyLabel, (request, more) => {
      if (denied(request)) return;
      const clearance = join(request.principal.clearance, more);
      expect(denied({ ...request, principal: { ...request.principal, clearance } })).toBe(false);
    }),
    runs,
  );
});

test('monotone in roles: taking a role away never allows what was denied', () => {
  fc.assert(
    fc.property(likely, fc.nat(7), (request, index) => {
      if (!denied(request)) return;
      const roles = request.principal.roles.toSpliced(index, 1);
      expect(denied({ ...request, principal: { ...request.principal, roles } })).toBe(true);
    }),
    runs,
  );
});

test('what has expired never allows: the decision is the same as without it, or a denial', () => {
  fc.assert(
    fc.property(likely, (request) => {
      const { principal, at } = request;
      const living = principal.roles.filter(({ expiresAt }) => expiresAt === undefined || at < expiresAt);
      expect(decide({ ...request, principal: { ...principal, roles: living } })).toEqual(decide(request));
      const { delegation } = principal;
      if (delegation === undefined) return;
      for (const dead of [{ expiresAt: at }, { expiresAt: at - 1 }, { revoked: true }]) {
        expect(
          denied({ ...request, principal: { ...principal, delegation: { ...delegation, ...dead } } }),
        ).toBe(true);
      }
    }),
    runs,
  );
});

test('a delegation only takes away: what is allowed under it is allowed without it', () => {
  fc.assert(
    fc.property(likely, (request) => {
      if (denied(request)) return;
      const { delegation: _, ...principal } = request.principal;
      expect(denied({ ...request, principal })).toBe(false);
    }),
    runs,
  );
});

test('adding a rule that forbids never allows what was denied, wherever it stands', () => {
  fc.assert(
    fc.property(likely, fc.nat(standardRules.length), fc.boolean(), (request, place, speaks) => {
      const extra: Rule = {
        name: 'extra',
        says: 'Forbids.',
        judge: () =>
          speaks ? { effect: 'forbid', reason: 'closed', needed: ['wait'] } : { effect: 'silent' },
      };
      const decision = decide(request, standardRules.toSpliced(place, 0, extra));
      expect(decision.effect).toBe(speaks ? 'deny' : decide(request).effect);
    }),
    runs,
  );
});

test('a rule that throws allows nothing', () => {
  const broken: Rule = {
    name: 'broken',
    says: 'Throws.',
    judge: () => {
      throw new Error('broken rule');
    },
  };
  expect(() => decide(easyRequest('dataset.read'), [...standardRules, broken])).toThrow('broken rule');
});

test('without rules, and without roles, the answer is deny', () => {
  expect(decide(easyRequest('dataset.read'), [])).toMatchObject({
    effect: 'deny',
    rationaleCode: 'default-deny',
  });
  for (const action of actions) {
    const request = easyRequest(action);
    expect(denied({ ...request, principal: { ...request.principal, roles: [] } })).toBe(true);
  }
});
