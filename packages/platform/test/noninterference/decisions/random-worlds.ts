import {
  type Action,
  type AgreementPurpose,
  actions,
  agreementPurposes,
  type Conditions,
  type Label,
  levels,
  type PrincipalKind,
  type Purpose,
  purposes,
  type Role,
  roles,
  type StoredAgreementState,
} from '@genesis/contracts';
import type { DecisionRequest, DelegationFacts } from '../../../src/policy/index.ts';

/*
 * Random worlds in the words of docs/policy.md and docs/access.md: people, agreements with their versions, grants, projects
 * and things. Vocabularies are small and times lie around `noon`, so that facts meet each other often.
 */
export const noon = Date.UTC(2026, 5, 15, 12);
/** The moments at which worlds are looked at; most ends lie between them. */
export const moments = [noon, noon + 1_000, noon + 2_000] as const;
export const organisations = ['org_a', 'org_b', 'org_c'] as const;

export type Person = {
  id: string;
  kind: PrincipalKind;
  home: string;
  clearance: Label;
  roles: { organisation: string; role: Role; until?: number }[];
  scopes: string[];
  delegation?: DelegationFacts;
};
type Version = {
  parties: { organisation: string; representative: string; everybody: boolean }[];
  people: string[];
};
export type Agreement = {
  id: string;
  drafter: string;
  state: StoredAgreementState;
  /** Whether the other parties were told of it. */
  shared: boolean;
  /** The version in force, if there is one, and the newest, which may be the same. */
  inForce: Version | null;
  newest: Version;
  from: number | null;
  to: number | null;
  purposes: AgreementPurpose[];
  datasets: string[];
};
export type Grant = {
  id: string;
  dataset: string;
  purposes: Purpose[];
  holders: string[];
  agreement: string | null;
  until: number;
  revoked: boolean;
};
export type World = {
  people: Person[];
  agreements: Agreement[];
  grants: Grant[];
  /** Members of each project. */
  projects: Record<string, string[]>;
};

/** A source of choices that gives the same for the same seed. */
export type Chance = ReturnType<typeof chanceFrom>;
export function chanceFrom(seed: number) {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count: number): number => Math.floor(next() * count);
  const one = <T>(items: readonly T[]): T => items[below(items.length)]!;
  const chance = (probability: number): boolean => next() < probability;
  /** Each item with this probability, sorted. */
  const some = <T extends string>(items: readonly T[], probability = 0.5): T[] =>
    items.filter(() => chance(probability)).sort();
  return { below, one, chance, some };
}

const people = ['prn_1', 'prn_2', 'prn_3', 'prn_4', 'prn_5', 'prn_6'] as const;
const datasets = ['dst_1', 'dst_2', 'dst_3'] as const;
const agreementIds = ['agr_1', 'agr_2', 'agr_3'] as const;
const projectIds = ['prj_1', 'prj_2'] as const;
const categories = ['cui', 'export:ear', 'pii'] as const;
const ends = [noon, noon + 1, noon + 1_000, noon + 1_001, noon + 2_000, noon + 5_000] as const;

const anyLabel = ({ one, some }: Chance, share: number): Label => ({
  level: one(levels),
  categories: some(categories, share),
});

function anyPerson(draw: Chance, id: string): Person {
  const { one, chance, some, below } = draw;
  const home = one(organisations);
  const role = () => ({
    organisation: chance(0.7) ? home : one([...organisations, 'platform']),
    role: chance(0.5) ? one(['researcher', 'steward', 'auditor'] as const) : one(roles),
    ...(chance(0.3) ? { until: one(ends) } : {}),
  });
  const person: Person = {
    ...{ id, home, kind: one(['person', 'person', 'person', 'agent', 'service'] as const) },
    clearance: chance(0.7)
      ? { level: 'classified', categories: some(categories, 0.95) }
      : anyLabel(draw, 0.5),
    roles: [
      ...(chance(0.5) ? [{ organisation: home, role: 'researcher' as const }] : []),
      ...Array.from({ length: below(3) }, role),
    ],
    scopes: chance(0.85) ? ['*'] : some(['dataset.*', 'card.read', 'run.*', 'model.create', 'access.*'], 0.6),
  };
  if (!chance(0.12)) return person;
  const delegation: DelegationFacts = {
    ...{ id: 'dlg_1', purpose: one(purposes), expiresAt: one(ends), revoked: chance(0.15) },
    actions: chance(0.6) ? [...actions] : some(actions, 0.5),
    resources: chance(0.5) ? ['*'] : some(datasets, 0.6),
  };
  return { ...person, delegation };
}

function anyAgreement(draw: Chance, id: string): Agreement {
  const { one, chance, some } = draw;
  const state = one([
    'drafted',
    'in-review',
    'signed',
    'signed',
    'signed',
    'suspended',
    'terminated',
  ] as const);
  const signer = new Map(organisations.map((organisation) => [organisation, one(people)]));
  const version = (): Version => ({
    parties: organisations
      .filter(() => chance(0.75))
      .map((organisation) => ({
        ...{ organisation, representative: signer.get(organisation)!, everybody: chance(0.4) },
      })),
    people: some(people, 0.4),
  });
  const wasSigned = ['signed', 'suspended'].includes(state) || (state === 'terminated' && chance(0.6));
  const inForce = wasSigned ? version() : null;
  const newest = inForce === null || chance(0.25) ? version() : inForce;
  return {
    ...{ id, drafter: one(organisations), state, inForce, newest },
    shared: wasSigned || state === 'in-review' || (state === 'terminated' && chance(0.5)),
    from: wasSigned ? (chance(0.85) ? noon - 1 : one(ends)) : null,
    to: wasSigned ? one(ends) : null,
    purposes: chance(0.4) ? [...agreementPurposes] : some(agreementPurposes, 0.6),
    datasets: some(datasets, 0.7),
  };
}

const anyGrant = ({ one, chance, some }: Chance, id: string): Grant => ({
  ...{ id, dataset: one(datasets), until: one(ends), revoked: chance(0.15) },
  purposes: chance(0.5) ? [...purposes].sort() : some(purposes, 0.6),
  holders: [...new Set([one(people), one([...people, ...organisations, ...projectIds])])].sort(),
  agreement: chance(0.4) ? one(agreementIds) : null,
});

export function anyWorld(draw: Chance): World {
  return {
    people: people.map((id) => anyPerson(draw, id)),
    agreements: agreementIds.map((id) => anyAgreement(draw, id)),
    grants: Array.from({ length: 8 }, (_, i) => anyGrant(draw, `grn_${i + 1}`)),
    projects: Object.fromEntries(projectIds.map((id) => [id, draw.some(people, 0.4)])),
  };
}

function anyConditions({ one, chance, some }: Chance): Conditions {
  return {
    licences: some(['CC-BY-4.0', 'MIT'], 0.3),
    purposes: chance(0.75) ? [...purposes].sort() : some(purposes, 0.6),
    agreements: chance(0.8) ? [] : some(agreementIds, 0.5),
    origins: chance(0.25) ? [] : chance(0.7) ? [one(datasets)] : some(datasets, 0.6),
    needsAgreement: chance(0.15),
    needsGrant: chance(0.8) ? [] : some(purposes, 0.5),
    embargoUntil: chance(0.8) ? null : one(['2026-06-14', '2026-06-15', '2026-06-16']),
    environments: chance(0.85) ? null : some(['alpha', 'beta'], 0.5),
  };
}

const kinds = [
  ...['dataset', 'dataset', 'version', 'split', 'card', 'card', 'run', 'campaign', 'model', 'hypothesis'],
  ...['agreement', 'agreement', 'request', 'grant', 'project', 'job', 'capability', 'machine', 'principal'],
];
const nameless = { licences: [], agreements: [], origins: [], needsGrant: [] };
/** What an agreement is governed by: it is closed by a rule of its own. */
const ofAgreements = {
  label: { level: 'public' as const, categories: [] },
  conditions: {
    ...{ ...nameless, purposes: [...purposes].sort() },
    ...{ needsAgreement: false, embargoUntil: null, environments: null },
  },
};

const meantBy: Partial<Record<Action, Purpose>> = {
  ...{ 'model.create': 'train', 'model.predict': 'infer', 'split.unseal': 'evaluate' },
  ...{ 'dataset.export': 'publish', 'campaign.export': 'publish' },
};

/** What somebody could ask for in a world: mostly something that fits together, sometimes anything at all. */
export function anyAsking(draw: Chance): Omit<DecisionRequest, 'principal' | 'at'> {
  const { one, chance, some } = draw;
  const kind = one(kinds);
  const fitting = actions.filter((action) => action.startsWith(`${kind}.`));
  const asksForIt: readonly Action[] = [
    ...(['access.request', 'access.decide', 'access.renew', 'dataset.read', 'run.submit'] as const),
    ...(['run.read', 'model.create', 'campaign.create', 'card.read', 'dataset.export'] as const),
  ];
  const action =
    chance(0.6) && fitting.length > 0 ? one(fitting) : chance(0.6) ? one(asksForIt) : one(actions);
  const label = chance(0.25) ? { level: 'public' as const, categories: [] } : anyLabel(draw, 0.15);
  const conditions = anyConditions(draw);
  const ids: readonly string[] =
    kind === 'agreement' ? agreementIds : kind === 'principal' ? people : [...datasets, 'x_1'];
  const id = one(ids);
  const resource: DecisionRequest['resource'] = {
    ...{ kind, id, organisation: chance(0.08) ? null : one(organisations), label, conditions },
    ...(kind === 'agreement' ? ofAgreements : {}),
    ...(chance(0.06) ? { sealed: true } : {}),
    ...(chance(0.08) ? { destinationClearance: anyLabel(draw, 0.6) } : {}),
    ...(chance(0.1) ? { destinationNames: some(['alpha', 'beta', 'gamma'], 0.5) } : {}),
    ...(chance(0.15) ? { members: some(people, 0.4) } : {}),
    ...(chance(0.2) ? { proposedBy: one(people) } : {}),
    ...(chance(0.3) ? { createdBy: one(people) } : {}),
  };
  const source = () => ({
    ...(chance(0.7)
      ? { label: resource.label, conditions: resource.conditions, organisation: resource.organisation }
      : { label: anyLabel(draw, 0.2), conditions: anyConditions(draw) }),
    ...(chance(0.15) ? { organisation: one([...organisations, null]) } : {}),
  });
  const meant = meantBy[action];
  const purpose = chance(0.08) ? null : meant !== undefined && chance(0.8) ? meant : one(purposes);
  return {
    ...{ action, resource, purpose },
    ...(chance(0.25) ? { sources: Array.from({ length: 1 + draw.below(2) }, source) } : {}),
    ...(chance(0.1) ? { handler: one(['confirm', 'sign-in'] as const) } : {}),
  };
}
