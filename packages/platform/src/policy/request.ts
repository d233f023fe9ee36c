import type { Action, Conditions, Label, PrincipalKind, Purpose, Role } from '@genesis/contracts';

/**
 * The name under which a role is bound to the platform itself instead of to an organisation.
 * A resource whose organisation is null belongs to it.
 */
export const platformOrganisation = 'platform';

/** A role in one organisation, or on the platform itself. Times are milliseconds since the epoch. */
export type RoleBinding = { organisation: string; role: Role; expiresAt?: number };

/** Authority that a principal has handed to long work: never more than the principal has at that moment. */
export type DelegationFacts = {
  id: string;
  purpose: Purpose;
  actions: readonly Action[];
  /** Ids that it is confined to; empty means none at all, `*` means that it is not confined. */
  resources: readonly string[];
  expiresAt: number;
  revoked: boolean;
};

/** An agreement that is in force now and covers the principal. */
export type HeldAgreement = {
  id: string;
  purposes: readonly Purpose[];
  /** Ids of the datasets that it gives access to. Covered people see their cards and may ask for them. */
  datasets: readonly string[];
  endsAt: number;
};

/** What a steward granted to the principal, to a project or to the organisation of the principal. */
export type GrantFacts = {
  id: string;
  dataset: string;
  purposes: readonly Purpose[];
  expiresAt: number;
  /** The agreement that it rests on: without that in force the grant opens nothing. */
  agreement: string | null;
  /** Set once it opens nothing any more; the principal still knows that the dataset is there. */
  ended?: 'expired' | 'revoked' | 'agreement-ended';
};

export type PrincipalFacts = {
  id: string;
  kind: PrincipalKind;
  organisation: string;
  clearance: Label;
  roles: readonly RoleBinding[];
  /**
   * True under a token that somebody other than the principal or a steward of its organisation issued: `clearance` is
   * then no more than public, so that who hands out tokens gets no clearance by it.
   */
  uncleared?: boolean;
  /** `dataset.*`, `dataset.read` or `*`. */
  tokenScopes: readonly string[];
  delegation?: DelegationFacts;
  /** Left out: none. */
  agreements?: readonly HeldAgreement[];
  grants?: readonly GrantFacts[];
};

export type ResourceFacts = {
  /** `dataset`, `run`, ... for a thing of the catalog; `principal` names the person that an act concerns. */
  kind: string;
  id: string;
  /** The owner; null is the platform itself. */
  organisation: string | null;
  /** For `principal.clear` the clearance that is asked for, for `dataset.relabel` the new label. */
  label: Label;
  conditions: Conditions;
  sealed?: boolean;
  /** What the target (machine, endpoint, recipient) may hold, when data moves to it. */
  destinationClearance?: Label;
  /** Name and id of the target, where it is a machine. */
  destinationNames?: readonly string[];
  /** Who proposed what is decided about now, where an act takes two people. */
  proposedBy?: string;
  /** Who made it, where it has a row of its own. */
  createdBy?: string;
  /** Ids of the members of a project, where an act is about what only they have. */
  members?: readonly string[];
};

/** A label with the conditions that go with it, and the owner where there is one: what a source of a derived thing has. */
export type SourceFacts = { label: Label; conditions: Conditions; organisation?: string | null };

export type DecisionRequest = {
  principal: PrincipalFacts;
  action: Action;
  resource: ResourceFacts;
  purpose: Purpose | null;
  /** What the result is derived from; for `dataset.relabel` the one entry is the current label. */
  sources?: readonly SourceFacts[];
  /** Set by the platform's own confirming run only. */
  handler?: 'confirm';
  /** Milliseconds since the epoch. */
  at: number;
};
