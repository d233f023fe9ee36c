import type { Idempotency } from '../kernel/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { agreementsForBinding } from './agreements/bind.ts';
import { changeAgreement } from './agreements/change-agreement.ts';
import { closeDisclosure } from './agreements/disclosures.ts';
import { amendAgreement, draftAgreement } from './agreements/draft-agreement.ts';
import { impactOf } from './agreements/impact.ts';
import { signAgreement } from './agreements/sign-agreement.ts';
import { listTemplates } from './agreements/templates.ts';
import type { Amendment, DecisionBody, NewAgreement, NewForm, NewRequest } from './model.ts';
import type { AccessParts } from './parts.ts';
import { renewGrant, revokeGrant } from './requests/change-grant.ts';
import { decideRequest, withdrawRequest } from './requests/decide-request.ts';
import { setForm } from './requests/forms.ts';
import { reminderQueue, startReminders } from './requests/reminders.ts';
import { requestAccess, showForm } from './requests/request-access.ts';

/** The kinds of background work that access needs. */
export const accessQueues = [reminderQueue];

type By = PrincipalFacts;

/** Agreements, requests and grants. Reads are in the stores, by scope. */
export const createAccess = (parts: AccessParts) => ({
  projectsOf: parts.projectsOf,
  /** Begins to remind people of what ends soon. */
  start: () => startReminders(parts),
  templates: () => listTemplates(parts.templatesFolder),
  draft: (by: By, wanted: NewAgreement, once?: Idempotency) => draftAgreement(parts, by, wanted, once),
  amend: (by: By, id: string, wanted: Amendment, once?: Idempotency) =>
    amendAgreement(parts, by, id, wanted, once),
  sign: (by: By, id: string, signature: { version: number; sha256: string }, once?: Idempotency) =>
    signAgreement(parts, by, id, signature, once),
  change: (by: By, id: string, change: Parameters<typeof changeAgreement>[3], once?: Idempotency) =>
    changeAgreement(parts, by, id, change, once),
  impact: (by: By, id: string) => impactOf(parts, by, id),
  showForm: (by: By, dataset: string) => showForm(parts, by, dataset),
  setForm: (by: By, form: NewForm, once?: Idempotency) => setForm(parts, by, form, once),
  request: (by: By, wanted: NewRequest, once?: Idempotency) => requestAccess(parts, by, wanted, once),
  decide: (by: By, id: string, word: DecisionBody, once?: Idempotency) =>
    decideRequest(parts, by, id, word, once),
  withdraw: (by: By, id: string, once?: Idempotency) => withdrawRequest(parts, by, id, once),
  revoke: (by: By, id: string, reason: string, once?: Idempotency) =>
    revokeGrant(parts, by, id, reason, once),
  renew: (by: By, id: string, wanted: { days: number; reason: string }, once?: Idempotency) =>
    renewGrant(parts, by, id, wanted, once),
  closeDisclosure: (by: By, id: string, note: string, once?: Idempotency) =>
    closeDisclosure(parts, by, id, note, once),
  agreements: agreementsForBinding,
});
export type Access = ReturnType<typeof createAccess>;
