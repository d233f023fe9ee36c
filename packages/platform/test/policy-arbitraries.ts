import {
  type Action,
  actions,
  type Conditions,
  type Label,
  levels,
  principalKindSchema,
  purposes,
  roles,
} from '@genesis/contracts';
import fc from 'fast-check';
import {
  type DecisionRequest,
  type GrantFacts,
  type HeldAgreement,
  type PartyFacts,
  type PrincipalFacts,
  type ResourceFacts,
  type RoleBinding,
  readableKinds,
  type SourceFacts,
  unrestricted,
} from '../src/policy/index.ts';

/*
 * Small vocabularies on purpose: with three organisations, four categories and times around `now`, random facts
 * meet each other often enough that reads are allowed in a good part of the cases.
 */
export const now = 1_000;
const organisations = ['org_a', 'org_b'];
const categories = ['cui', 'export:ear', 'pii', 'proprietary:org_a'];

const subset = <T extends string>(items: readonly T[]): fc.Arbitrary<T[]> =>
  fc.subarray([...items]).map((chosen) => chosen.sort());
/** Mostly everything, else a part: what an agreement that restricts little looks like. */
const mostly = <T extends string>(items: readonly T[]): fc.Arbitrary<T[]> =>
  fc.oneof({ weight: 2, arbitrary: fc.constant([...items].sort()) }, { weight: 1, arbitrary: subset(items) });

/** Mostly nothing. */
const rarely = <T>(items: fc.Arbitrary<T[]>): fc.Arbitrary<T[]> =>
  fc.oneof({ weight: 6, arbitrary: fc.constant<T[]>([]) }, { weight: 1, arbitrary: items });
const datasets = ['dst_1', 'dst_2'];

export const anyLabel: fc.Arbitrary<Label> = fc.record({
  level: fc.constantFrom(...levels),
  categories: subset(categories),
});
const lowLabel: fc.Arbitrary<Label> = fc.record({
  level: fc.constantFrom('public' as const, 'internal' as const),
  categories: fc.oneof(fc.constant<string[]>([]), subset<string>(['cui'])),
});
const highLabel: fc.Arbitrary<Label> = fc.record({
  level: fc.constantFrom('controlled' as const, 'classified' as const),
  categories: mostly(categories),
});

export const anyConditions: fc.Arbitrary<Conditions> = fc.record({
  licences: subset(['CC-BY-4.0', 'MIT']),
  purposes: mostly(purposes),
  agreements: rarely(subset(['agr_1', 'agr_2'])),
  origins: rarely(subset(datasets)),
  needsAgreement: fc.constantFrom(false, false, false, false, false, false, true),
  needsGrant: rarely(subset(purposes)),
  embargoUntil: fc.constantFrom(null, null, '1970-01-01', '1970-01-02'),
  environments: fc.constant(null),
});

export const anyPurpose = fc.option(fc.constantFrom(...purposes));
const anyTime = fc.constantFrom(now - 1, now, now + 1, now + 2, now + 3);
/** `base`, with the fields of `extra` in one case of `n`. */
const withRare = <T extends object, U extends object>(
  base: fc.Arbitrary<T>,
  n: number,
  extra: fc.Arbitrary<U>,
) =>
  fc.oneof(
    { weight: n - 1, arbitrary: base },
    { weight: 1, arbitrary: fc.tuple(base, extra).map(([common, rare]): T & U => ({ ...common, ...rare })) },
  );

const anyRole: fc.Arbitrary<RoleBinding> = fc.record(
  {
    organisation: fc.constantFrom(...organisations, 'platform'),
    role: fc.constantFrom(...roles),
    expiresAt: anyTime,
  },
  { requiredKeys: ['organisation', 'role'] },
);

const anyDelegation = fc.record({
  id: fc.constant('dlg_1'),
  purpose: fc.constantFrom(...purposes),
  actions: fc.oneof(fc.constant([...actions]), fc.subarray([...actions])),
  resources: fc.oneof(fc.constant(['*']), fc.subarray(['dst_1', 'dst_2'])),
  expiresAt: anyTime,
  revoked: fc.constantFrom(false, false, false, true),
});

const anyAgreement: fc.Arbitrary<HeldAgreement> = fc.record({
  id: fc.constantFrom('agr_1', 'agr_2'),
  purposes: mostly(purposes),
  datasets: subset(datasets),
  endsAt: anyTime,
});

const anyParty: fc.Arbitrary<PartyFacts> = fc.record({
  agreement: fc.constantFrom('dst_1', 'dst_2', 'prn_1'),
  organisations: subset(organisations),
  signs: fc.boolean(),
  covered: fc.boolean(),
});

const anyGrant: fc.Arbitrary<GrantFacts> = withRare(
  fc.record({
    id: fc.constantFrom('grn_1', 'grn_2'),
    dataset: fc.constantFrom(...datasets),
    purposes: mostly(purposes),
    expiresAt: anyTime,
    agreement: fc.constantFrom(null, 'agr_1', 'agr_2'),
  }),
  4,
  fc.record({ ended: fc.constantFrom('expired' as const, 'revoked' as const, 'agreement-ended' as const) }),
);

export const anyPrincipal: fc.Arbitrary<PrincipalFacts> = withRare(
  fc.record({
    agreements: fc.array(anyAgreement, { maxLength: 3 }),
    grants: fc.array(anyGrant, { maxLength: 4 }),
    parties: fc.array(anyParty, { maxLength: 3 }),
    id: fc.constantFrom('prn_1', 'prn_2'),
    kind: fc.constantFrom(...principalKindSchema.options),
    organisation: fc.constantFrom(...organisations),
    clearance: fc.oneof(anyLabel, highLabel),
    roles: fc.array(anyRole, { maxLength: 8 }),
    tokenScopes: fc.oneof(
      { weight: 3, arbitrary: fc.constant(['*']) },
      { weight: 1, arbitrary: fc.subarray(['dataset.*', 'run.read', 'model.*', 'campaign.read', 'data']) },
    ),
  }),
  3,
  fc.record({ delegation: anyDelegation }),
);

export const resourceOf = (kinds: readonly string[]): fc.Arbitrary<ResourceFacts> =>
  withRare(
    fc.record({
      kind: fc.constantFrom(...kinds),
      id: fc.constantFrom('dst_1', 'dst_2', 'prn_1'),
      organisation: fc.option(fc.constantFrom(...organisations)),
      label: fc.oneof(anyLabel, lowLabel),
      conditions: anyConditions,
    }),
    4,
    fc.record({ sealed: fc.boolean(), destinationClearance: fc.oneof(anyLabel, highLabel) }),
  );

const anySource: fc.Arbitrary<SourceFacts> = withRare(
  fc.record({ label: fc.oneof(anyLabel, lowLabel), conditions: anyConditions }),
  2,
  fc.record({ organisation: fc.option(fc.constantFrom(...organisations)) }),
);

const anyAction: fc.Arbitrary<Action> = fc.constantFrom(...actions);

export const anyRequest: fc.Arbitrary<DecisionRequest> = fc.record(
  {
    principal: anyPrincipal,
    action: anyAction,
    resource: resourceOf([...readableKinds, 'principal']),
    purpose: anyPurpose,
    sources: fc.array(anySource, { maxLength: 2 }),
    handler: fc.constant('confirm' as const),
    at: fc.constant(now),
  },
  { requiredKeys: ['principal', 'action', 'resource', 'purpose', 'at'] },
);

/**
 * A request that nothing speaks against: a researcher and steward with every clearance and role, all purposes.
 * Tests change one thing in it.
 */
export function easyRequest(action: Action, change: Partial<DecisionRequest> = {}): DecisionRequest {
  const conditions: Conditions = unrestricted;
  return {
    principal: {
      id: 'prn_1',
      kind: 'person',
      organisation: 'org_a',
      clearance: { level: 'classified', categories: [...categories].sort() },
      roles: roles.map((role) => ({ organisation: 'org_a', role })),
      tokenScopes: ['*'],
    },
    action,
    resource: {
      kind: 'dataset',
      id: 'dst_1',
      organisation: 'org_a',
      label: { level: 'internal', categories: [] },
      conditions,
    },
    purpose: 'explore',
    at: now,
    ...change,
  };
}
