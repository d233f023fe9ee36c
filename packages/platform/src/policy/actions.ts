import type { Action, Purpose, Role } from '@genesis/contracts';

/**
 * Which role, held in the organisation that owns the resource, permits which action. Every action is here: a new
 * one does not compile without a line. Administrators administer and read nothing; auditors read and change nothing.
 */
export const rolesFor: Readonly<Record<Action, readonly Role[]>> = {
  'organisation.create': ['administrator'],
  'principal.create': ['administrator'],
  'principal.grant-role': ['administrator'],
  'principal.clear': ['steward'],
  'token.create': ['administrator', 'steward'],
  'token.revoke': ['administrator'],
  'delegation.create': ['steward', 'operator', 'researcher'],
  'delegation.revoke': ['administrator', 'steward', 'operator', 'researcher'],
  'dataset.create': ['steward', 'researcher'],
  'dataset.import': ['steward', 'researcher'],
  'dataset.read': ['steward', 'researcher', 'auditor'],
  'dataset.export': ['steward', 'researcher'],
  'dataset.relabel': ['steward'],
  'card.read': ['steward', 'researcher', 'auditor'],
  'card.replace': ['steward'],
  'search.save': ['steward', 'researcher', 'auditor'],
  'access.request': ['steward', 'researcher'],
  'release.ask': ['steward', 'researcher'],
  'release.decide': ['steward'],
  'split.create': ['steward', 'researcher'],
  'split.unseal': ['steward', 'researcher'],
  'split.retire': ['steward', 'researcher'],
  'compute.manage': ['operator'],
  'compute.read': ['steward', 'researcher', 'auditor'],
  'compute.use': ['researcher'],
  'project.create': ['steward', 'operator'],
  'project.manage': ['steward', 'operator'],
  'project.read': ['steward', 'researcher', 'auditor'],
  'job.submit': ['researcher'],
  'job.update': ['researcher'],
  'job.cancel': ['steward', 'operator', 'researcher'],
  'job.finish': ['operator', 'researcher'],
  'job.read': ['steward', 'researcher', 'auditor'],
  'file.read': ['steward', 'researcher', 'auditor'],
  'file.write': ['researcher'],
  'capability.register': ['operator', 'researcher'],
  'capability.read': ['steward', 'researcher', 'auditor'],
  'run.submit': ['researcher'],
  'run.execute': ['operator', 'researcher'],
  'run.finish': ['operator', 'researcher'],
  'run.cancel': ['steward', 'operator', 'researcher'],
  'run.read': ['steward', 'researcher', 'auditor'],
  'campaign.create': ['researcher'],
  'campaign.read': ['steward', 'researcher', 'auditor'],
  'campaign.propose': ['researcher'],
  'campaign.record': ['researcher'],
  'campaign.stop': ['steward', 'operator', 'researcher'],
  'campaign.resume': ['researcher'],
  'campaign.finish': ['researcher'],
  'campaign.export': ['steward', 'researcher'],
  'hypothesis.freeze': ['researcher'],
  'hypothesis.abandon': ['researcher'],
  'hypothesis.open': ['researcher'],
  'hypothesis.conclude': ['researcher'],
  'model.create': ['researcher'],
  'model.read': ['steward', 'researcher', 'auditor'],
  'model.predict': ['steward', 'researcher'],
  'challenge.define': ['operator'],
  'challenge.read': ['steward', 'researcher', 'auditor'],
  'ledger.read': ['administrator', 'steward', 'operator', 'researcher', 'auditor'],
  'ledger.checkpoint': ['administrator', 'operator', 'auditor'],
  'ledger.witness': ['administrator', 'operator', 'auditor'],
  'audit.read': ['steward', 'auditor'],
  'backup.create': ['administrator', 'operator'],
};

/** The reads that a scope covers. They share one set of roles, so that one scope serves every store. */
export const readActions = [
  'dataset.read',
  'card.read',
  'compute.read',
  'project.read',
  'job.read',
  'capability.read',
  'run.read',
  'campaign.read',
  'model.read',
  'challenge.read',
] as const satisfies readonly Action[];
export type ReadAction = (typeof readActions)[number];

/** The read that shows a thing of this kind. Kinds that are not here are never shown through a scope. */
const readActionByKind: ReadonlyMap<string, ReadAction> = new Map([
  ['dataset', 'dataset.read'],
  ['version', 'dataset.read'],
  ['split', 'dataset.read'],
  ['card', 'card.read'],
  ['facility', 'compute.read'],
  ['machine', 'compute.read'],
  ['project', 'project.read'],
  ['job', 'job.read'],
  ['capability', 'capability.read'],
  ['run', 'run.read'],
  ['attempt', 'run.read'],
  ['campaign', 'campaign.read'],
  ['experiment', 'campaign.read'],
  ['hypothesis', 'campaign.read'],
  ['model', 'model.read'],
  ['challenge', 'challenge.read'],
]);

export const readActionOf = (kind: string): ReadAction | undefined => readActionByKind.get(kind);

/** What any principal may do with something public, whoever owns it. */
export const openActions: ReadonlySet<Action> = new Set([
  ...readActions,
  'compute.use',
  'model.predict',
  'access.request',
  'search.save',
  'ledger.read',
]);

/** Acts that look into data or derive something from it: they need a purpose that its conditions name. */
export const usesData: ReadonlySet<Action> = new Set([
  'dataset.read',
  'dataset.export',
  'card.read',
  'split.unseal',
  'compute.read',
  'compute.use',
  'project.read',
  'job.submit',
  'job.finish',
  'job.read',
  'file.read',
  'file.write',
  'capability.read',
  'run.submit',
  'run.execute',
  'run.finish',
  'run.read',
  'campaign.create',
  'campaign.read',
  'campaign.propose',
  'campaign.record',
  'campaign.resume',
  'campaign.finish',
  'campaign.export',
  'hypothesis.freeze',
  'hypothesis.open',
  'hypothesis.conclude',
  'model.create',
  'model.read',
  'model.predict',
  'challenge.read',
]);

/** Acts that mean one purpose and are denied under any other. */
export const purposeFor: ReadonlyMap<Action, Purpose> = new Map([
  ['model.create', 'train'],
  ['model.predict', 'infer'],
  ['split.unseal', 'evaluate'],
  ['dataset.export', 'publish'],
  ['campaign.export', 'publish'],
]);

/** Acts on a thing that does not exist yet, whose id no delegation can have named. */
export const creates: ReadonlySet<Action> = new Set([
  'dataset.create',
  'split.create',
  'project.create',
  'job.submit',
  'capability.register',
  'run.submit',
  'campaign.create',
  'hypothesis.freeze',
  'model.create',
]);

/** Acts that hand authority to somebody. */
export const grantsAuthority: ReadonlySet<Action> = new Set([
  'organisation.create',
  'principal.create',
  'principal.grant-role',
  'principal.clear',
  'token.create',
  'token.revoke',
]);

/** The kinds of things that a scope can show. */
export const readableKinds: readonly string[] = [...readActionByKind.keys()];
