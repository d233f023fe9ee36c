import { purposes } from '@genesis/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyPrincipal, anyPurpose, now, resourceOf } from '../../test/policy-arbitraries.ts';
import { readActionOf, readableKinds } from './actions.ts';
import { decide } from './decide.ts';
import { isPublic } from './lattice.ts';
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

test('a thing is visible exactly if some purpose lets its unsealed part be read', () => {
  fc.assert(
    fc.property(anyPrincipal, resourceOf(readableKinds), (principal, resource) => {
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
