import { z } from 'zod';

/** Roles that a principal can hold in an organisation. None of them gives a clearance to read. */
export const roles = ['administrator', 'steward', 'operator', 'researcher', 'auditor'] as const;
export const roleSchema = z.enum(roles);
export type Role = z.infer<typeof roleSchema>;

const principalKinds = ['person', 'service', 'agent'] as const;
export const principalKindSchema = z.enum(principalKinds);
export type PrincipalKind = z.infer<typeof principalKindSchema>;

/** Everything that passes the door. A noun and a verb, so that a token's scope can name either all of a noun or one act. */
export const actions = [
  'organisation.create',
  'principal.create',
  'principal.grant-role',
  'principal.clear',
  'token.create',
  'token.revoke',
  'account.link',
  'account.map',
  'account.unlink',
  'session.create',
  'session.read',
  'session.end',
  'principal.disable',
  'delegation.create',
  'delegation.revoke',
  'dataset.create',
  'dataset.import',
  'dataset.read',
  'dataset.export',
  'dataset.relabel',
  'card.read',
  'card.replace',
  'agreement.draft',
  'agreement.review',
  'agreement.amend',
  'agreement.sign',
  'agreement.suspend',
  'agreement.resume',
  'agreement.terminate',
  'agreement.disclose',
  'agreement.impact',
  'agreement.read',
  'search.save',
  'access.request',
  'release.ask',
  'release.decide',
  'access.withdraw',
  'access.decide',
  'access.renew',
  'access.revoke',
  'access.form',
  'access.remind',
  'access.read',
  'harvest.create',
  'harvest.run',
  'split.create',
  'split.unseal',
  'split.retire',
  'compute.manage',
  'compute.read',
  'compute.use',
  'project.create',
  'project.manage',
  'project.read',
  'job.submit',
  'job.update',
  'job.cancel',
  'job.finish',
  'job.read',
  'file.read',
  'file.write',
  'capability.register',
  'capability.read',
  'run.submit',
  'run.execute',
  'run.finish',
  'run.cancel',
  'run.read',
  'campaign.create',
  'campaign.read',
  'campaign.propose',
  'campaign.record',
  'campaign.stop',
  'campaign.resume',
  'campaign.finish',
  'campaign.export',
  'hypothesis.freeze',
  'hypothesis.abandon',
  'hypothesis.open',
  'hypothesis.conclude',
  'model.create',
  'model.read',
  'model.predict',
  'evaluation.create',
  'evaluation.read',
  'evaluation.submit',
  'evaluation.score',
  'evaluation.close',
  'model.stage',
  'model.approve',
  'model.export',
  'model.serve',
  'tracking.create',
  'tracking.read',
  'tracking.log',
  'challenge.define',
  'challenge.read',
  'ledger.read',
  'ledger.checkpoint',
  'ledger.witness',
  'audit.read',
  'backup.create',
] as const;
export const actionSchema = z.enum(actions);
export type Action = z.infer<typeof actionSchema>;

/** What a decision may ask for before or while the act happens (GMP's words). */
export const obligations = ['mfa', 'human_approval', 'data_masking', 'time_window'] as const;
const obligationSchema = z.enum(obligations);
export type Obligation = z.infer<typeof obligationSchema>;

export const decisionSchema = z.object({
  effect: z.enum(['allow', 'deny', 'conditional']),
  /** The rule that settled it, for example `label-not-dominated`. */
  rationaleCode: z.string(),
  /** Every rule that spoke, in the order of evaluation. */
  rules: z.array(
    z.object({ rule: z.string(), effect: z.enum(['permit', 'forbid', 'oblige']), reason: z.string() }),
  ),
  obligations: z.array(obligationSchema),
  /** What would have to be true for the same request to be allowed, in plain words. Empty when allowed. */
  needed: z.array(z.string()),
});
export type Decision = z.infer<typeof decisionSchema>;
