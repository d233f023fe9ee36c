import { type Action, actions, levels, purposes } from '@genesis/contracts';
import { expect, test } from 'vitest';
import { easyRequest, now } from '../../test/policy-arbitraries.ts';
import { decide } from './decide.ts';
import { bottom, unrestricted } from './lattice.ts';
import type { DecisionRequest } from './request.ts';

const denied = (request: DecisionRequest) => decide(request).effect === 'deny';

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
    if (
      /^(principal|token|organisation|account)\.|^session\.create$|^split\.retire$|^agreement\.sign$|^access\.(decide|renew)$/.test(
        action,
      )
    )
      expect(denied(agent)).toBe(true);
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

test('what a result loses of the conditions of its source is forbidden, one by one', () => {
  const source = {
    ...unrestricted,
    licences: ['MIT'],
    agreements: ['agr_1'],
    purposes: ['explore' as const],
  };
  const { principal, resource } = easyRequest('run.finish');
  const agreements = [{ id: 'agr_1', purposes: [...purposes], datasets: [], endsAt: now + 1 }];
  const deriving = (conditions: typeof resource.conditions) =>
    decide(
      easyRequest('run.finish', {
        principal: { ...principal, agreements },
        resource: { ...resource, conditions },
        sources: [{ label: resource.label, conditions: source }],
      }),
    ).rationaleCode;
  expect(deriving(source)).toBe('role-in-organisation');
  expect(deriving({ ...source, licences: [] })).toBe('no-looser-conditions');
  expect(deriving({ ...source, agreements: [] })).toBe('no-looser-conditions');
  expect(deriving({ ...source, purposes: ['explore', 'train'] })).toBe('no-looser-conditions');
});

test('what is derived from data of another organisation stays there, unless the data are public', () => {
  const { resource } = easyRequest('run.submit');
  const deriving = (organisation: string | null, label = resource.label) =>
    decide(easyRequest('run.submit', { sources: [{ label, organisation, conditions: resource.conditions }] }))
      .rationaleCode;
  expect(deriving('org_a')).toBe('role-in-organisation');
  expect(deriving('org_b')).toBe('owner-kept');
  expect(deriving(null)).toBe('owner-kept');
  expect(deriving('org_b', bottom)).toBe('role-in-organisation');
});

test('a source beyond the clearance is named as that, whatever else is wrong', () => {
  const request = easyRequest('run.submit', {
    sources: [{ label: { level: 'internal', categories: ['zz'] }, conditions: unrestricted }],
  });
  expect(decide(request)).toMatchObject({ effect: 'deny', rationaleCode: 'label-not-dominated' });
});

test('a purpose that a source does not allow is named as that, even if the result claims it', () => {
  const sources = [{ label: bottom, conditions: { ...unrestricted, purposes: ['publish' as const] } }];
  expect(decide(easyRequest('run.submit', { sources })).rules).toContainEqual(
    expect.objectContaining({ rule: 'purpose-allowed', effect: 'forbid' }),
  );
});

test('the scopes of a token cover an act, a noun or everything, and nothing by half a word', () => {
  const request = easyRequest('dataset.read');
  const allowed = (...tokenScopes: string[]) =>
    !denied({ ...request, principal: { ...request.principal, tokenScopes } });
  for (const scope of ['*', 'dataset.*', 'dataset.read']) expect(allowed('run.*', scope)).toBe(true);
  for (const scope of [
    '',
    'data',
    'dataset',
    'dataset.',
    'dataset.re',
    'dataset.import',
    'd*',
    '*.read',
    '**',
  ]) {
    expect(allowed(scope), scope).toBe(false);
  }
});

test('a delegation that names everything still hands no authority on', () => {
  const handsOn =
    /^(principal|token|organisation|account)\.|^(delegation|session)\.create$|^agreement\.sign$|^access\.(decide|renew)$/;
  for (const action of actions) {
    const request = easyRequest(action);
    const delegation = {
      id: 'dlg_1',
      purpose: 'explore' as const,
      actions,
      resources: ['*'],
      expiresAt: now + 1,
      revoked: false,
    };
    const { rules } = decide({ ...request, principal: { ...request.principal, delegation } });
    expect(rules.some(({ rule }) => rule === 'delegation-grants-nothing')).toBe(handsOn.test(action));
  }
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

test('a principal is born without clearance', () => {
  const { resource } = easyRequest('principal.create');
  const born = (label: typeof resource.label) =>
    decide(
      easyRequest('principal.create', { resource: { ...resource, kind: 'principal', id: 'prn_9', label } }),
    );
  expect(born(bottom).effect).toBe('allow');
  expect(born({ level: 'internal', categories: [] }).rationaleCode).toBe('born-without-clearance');
});

test('a principal without roles makes and revokes their own tokens, and nobody else does but an administrator', () => {
  for (const action of ['token.create', 'token.revoke'] as const) {
    const request = easyRequest(action);
    const about = (id: string) => ({
      ...request,
      principal: { ...request.principal, roles: [] },
      resource: { ...request.resource, kind: 'principal', id, label: bottom },
    });
    expect(decide(about('prn_1'))).toMatchObject({ effect: 'allow', rationaleCode: 'own-credentials' });
    expect(denied(about('prn_2'))).toBe(true);
    const { resource } = about('prn_1');
    expect(denied({ ...about('prn_1'), resource: { ...resource, kind: 'token' } })).toBe(true);
  }
});

test('claims are applied, and sessions begun, by the sign-in alone, whatever roles somebody has', () => {
  for (const action of ['account.map', 'session.create'] as const) {
    const request = easyRequest(action);
    expect(decide(request).rationaleCode).toBe('sign-in');
    expect(denied({ ...request, handler: 'confirm' })).toBe(true);
    const roleless = { ...request.principal, roles: [] };
    expect(decide({ ...request, handler: 'sign-in', principal: roleless })).toMatchObject({
      effect: 'allow',
    });
  }
  for (const action of actions) {
    const roleless = { ...easyRequest(action).principal, roles: [] };
    const request = { ...easyRequest(action), principal: roleless, handler: 'sign-in' as const };
    const may = ['account.map', 'account.link', 'session.create', 'session.end'].includes(action);
    if (!may)
      expect(decide(request), action).toEqual(decide({ ...easyRequest(action), principal: roleless }));
  }
});
