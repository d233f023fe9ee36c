import { type Action, actions, decisionSchema, levels, purposes } from '@genesis/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyLabel, anyRequest, easyRequest, now } from '../../test/policy-arbitraries.ts';
import { decide } from './decide.ts';
import { dominates, join } from './lattice.ts';
import type { DecisionRequest } from './request.ts';
import type { Rule } from './rule.ts';
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
      if (request.action === 'principal.clear' || denied(request)) return;
      allowed++;
      const labels = [request.resource.label, ...(request.sources ?? []).map(({ label }) => label)];
      for (const label of labels) expect(dominates(request.principal.clearance, label)).toBe(true);
    }),
    runs,
  );
  expect(allowed).toBeGreaterThan(300);
});

test('nothing allowed writes down: the result dominates its sources and adds no purpose', () => {
  let derived = 0;
  fc.assert(
    fc.property(likely, (request) => {
      if (denied(request)) return;
      for (const { label, conditions } of request.sources ?? []) {
        derived++;
        expect(dominates(request.resource.label, label)).toBe(true);
        for (const purpose of request.resource.conditions.purposes) {
          expect(conditions.purposes).toContain(purpose);
        }
      }
    }),
    { numRuns: 30_000 },
  );
  expect(derived).toBeGreaterThan(30);
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

test('administrators read and derive nothing that is not public, whatever their clearance', () => {
  const data = /^(dataset|split|run|campaign|hypothesis|model|capability|audit)\./;
  for (const action of actions.filter((name) => data.test(name))) {
    for (const organisation of ['org_a', 'platform']) {
      const request = easyRequest(action, { handler: 'confirm' });
      for (const purpose of [null, ...purposes]) {
        const roles = [{ organisation, role: 'administrator' as const }];
        expect(denied({ ...request, purpose, principal: { ...request.principal, roles } })).toBe(true);
      }
    }
  }
});

test('only the confirming run opens what is sealed, and only to unseal it', () => {
  const resource = { ...easyRequest('dataset.read').resource, sealed: true };
  const blind: Action[] = ['split.create', 'split.retire', 'dataset.import', 'audit.read', 'backup.create'];
  for (const action of actions) {
    for (const handler of [undefined, 'confirm'] as const) {
      for (const purpose of purposes) {
        const request = { ...easyRequest(action, { resource, purpose }), ...(handler && { handler }) };
        if (denied(request)) continue;
        const open = action === 'split.unseal' && handler === 'confirm' && purpose === 'evaluate';
        expect(open || blind.includes(action), `${action} by ${handler}`).toBe(true);
      }
    }
  }
  const unsealing = easyRequest('split.unseal', { resource, purpose: 'evaluate' });
  expect(denied({ ...unsealing, handler: 'confirm' })).toBe(false);
  expect(decide(unsealing).rationaleCode).toBe('sealed');
});

test('an agent with every role can neither grant, nor retire, nor lower, and asks a person before it spends', () => {
  for (const action of actions) {
    const person = easyRequest(action, { purpose: 'publish' });
    const agent: DecisionRequest = { ...person, principal: { ...person.principal, kind: 'agent' } };
    if (/^(principal|token|organisation)\.|^split\.retire$/.test(action)) expect(denied(agent)).toBe(true);
  }
  const spend = easyRequest('hypothesis.open');
  expect(decide(spend).effect).toBe('allow');
  expect(decide({ ...spend, principal: { ...spend.principal, kind: 'agent' } })).toMatchObject({
    effect: 'conditional',
    rationaleCode: 'agent-approval',
    obligations: ['human_approval'],
  });
});

test('relabelling: a steward raises, nobody lowers', () => {
  const { resource } = easyRequest('dataset.relabel');
  for (const level of levels) {
    const request = easyRequest('dataset.relabel', {
      resource: { ...resource, label: { level, categories: [] } },
      sources: [{ label: { level: 'controlled', categories: [] }, conditions: resource.conditions }],
    });
    const lower = levels.indexOf(level) < levels.indexOf('controlled');
    expect(decide(request)).toMatchObject(
      lower ? { effect: 'deny', rationaleCode: 'declassification' } : { effect: 'allow' },
    );
    const researcher = {
      ...request.principal,
      roles: [{ organisation: 'org_a', role: 'researcher' as const }],
    };
    expect(denied({ ...request, principal: researcher })).toBe(true);
  }
  expect(decide(easyRequest('dataset.relabel')).rationaleCode).toBe('declassification');
});

test('clearing: a steward of that organisation, never for oneself, whatever the steward may read', () => {
  const steward = easyRequest('principal.clear', {
    resource: {
      ...easyRequest('principal.clear').resource,
      kind: 'principal',
      id: 'prn_2',
      label: { level: 'classified', categories: [] },
    },
  });
  const uncleared = { ...steward.principal, clearance: { level: 'public' as const, categories: [] } };
  expect(denied({ ...steward, principal: uncleared })).toBe(false);
  expect(decide({ ...steward, resource: { ...steward.resource, id: 'prn_1' } }).rationaleCode).toBe(
    'not-oneself',
  );
  expect(denied({ ...steward, resource: { ...steward.resource, organisation: 'org_b' } })).toBe(true);
});

test('exporting: the conditions allow publishing, and the destination is cleared', () => {
  const { resource } = easyRequest('dataset.export');
  const to = (destinationClearance: DecisionRequest['resource']['label']) =>
    easyRequest('dataset.export', { purpose: 'publish', resource: { ...resource, destinationClearance } });
  expect(denied(to(resource.label))).toBe(false);
  expect(decide(to({ level: 'public', categories: ['cui'] })).rationaleCode).toBe('destination-not-cleared');
  expect(decide(easyRequest('dataset.export', { purpose: 'publish' })).rationaleCode).toBe(
    'destination-not-cleared',
  );
  const conditions = { ...resource.conditions, purposes: ['explore' as const] };
  expect(decide({ ...to(resource.label), resource: { ...resource, conditions } }).rules).toContainEqual(
    expect.objectContaining({ rule: 'export-conditions', effect: 'forbid' }),
  );
});

test('acts with one purpose are denied under any other', () => {
  for (const purpose of [null, ...purposes]) {
    expect(denied(easyRequest('model.create', { purpose }))).toBe(purpose !== 'train');
    expect(denied(easyRequest('model.predict', { purpose }))).toBe(purpose !== 'infer');
  }
});

test('a missing category is named with the person who can give it', () => {
  const request = easyRequest('dataset.read', { at: now });
  const decision = decide({
    ...request,
    principal: { ...request.principal, clearance: { level: 'internal', categories: [] } },
    resource: { ...request.resource, label: { level: 'controlled', categories: ['cui'] } },
  });
  expect(decision).toMatchObject({ effect: 'deny', rationaleCode: 'label-not-dominated' });
  expect(decision.needed).toEqual([
    'a steward of org_a must raise your clearance to controlled with category cui',
  ]);
});
