import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyRequest, easyRequest } from '../../test/policy-arbitraries.ts';
import { explain } from './explain.ts';
import { isVisible } from './scope.ts';

test('an allowed act, a denied one and a conditional one are told in words', () => {
  expect(explain('dataset.read', 'dst_1', easyRequest('dataset.read'))).toMatch(
    /^Allowed: dataset\.read on dst_1 \(role-in-organisation\)\.\n {2}permit by role-in-organisation: steward of org_a/,
  );
  const unstated = explain('dataset.read', 'dst_1', easyRequest('dataset.read', { purpose: null }));
  expect(unstated).toContain('Denied: dataset.read on dst_1 (purpose-allowed).');
  expect(unstated).toContain('needed: state a purpose that the conditions allow');
  const { principal } = easyRequest('hypothesis.open');
  expect(
    explain(
      'hypothesis.open',
      'dst_1',
      easyRequest('hypothesis.open', { principal: { ...principal, kind: 'agent' } }),
    ),
  ).toContain('condition: human approval');
});

test('of a thing that may not be known of, the text is that of a thing that does not exist', () => {
  let hidden = 0;
  fc.assert(
    fc.property(anyRequest, (request) => {
      if (isVisible(request.principal, request.resource, request.at)) return;
      hidden++;
      expect(explain(request.action, 'x', request)).toBe(explain(request.action, 'x', undefined));
    }),
    { numRuns: 3_000 },
  );
  expect(hidden).toBeGreaterThan(300);
});
