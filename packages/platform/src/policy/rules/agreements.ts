import type { Action } from '@genesis/contracts';
import type { PartyFacts, PrincipalFacts, ResourceFacts } from '../request.ts';
import { forbid, type Rule, silent } from '../rule.ts';
import { custodianOf } from './access.ts';
import { permittingRole } from './permissions.ts';

/** Whether somebody may know of an agreement: as a custodian of a party, its representative, or a person it covers. */
const knows = ({ organisations, signs, covered }: PartyFacts, custodian: readonly string[]): boolean =>
  signs || covered || organisations.some((organisation) => custodian.includes(organisation));

/** Ids of the agreements that the principal may know of, sorted. */
export function agreementsKnown(principal: PrincipalFacts, at: number): string[] {
  const parties = principal.parties ?? [];
  if (parties.length === 0) return [];
  const custodian = custodianOf(principal, at);
  return parties
    .filter((party) => knows(party, custodian))
    .map(({ agreement }) => agreement)
    .sort();
}

const partsIn = ({ parties = [] }: PrincipalFacts, { id }: ResourceFacts): readonly PartyFacts[] =>
  parties.filter(({ agreement }) => agreement === id);

export const partiesOnly: Rule = {
  name: 'parties-only',
  says: 'An agreement is known to stewards and auditors of its parties, to its representatives and to the people it covers; only a representative signs it.',
  judge: ({ principal, action, resource, at }) => {
    if (resource.kind !== 'agreement' || action === 'agreement.draft') return silent;
    if (!agreementsKnown(principal, at).includes(resource.id))
      return forbid(
        'you have no part in this agreement',
        'a party must name you as its representative or among the people covered, or make you its steward',
      );
    return action === 'agreement.sign' && !partsIn(principal, resource).some(({ signs }) => signs)
      ? forbid(
          'you are no representative of a party',
          'the representative that the agreement names must sign',
        )
      : silent;
  },
};

/** What stewards of every party may do, not only of the one that drafted it. */
const forEveryParty: ReadonlySet<Action> = new Set([
  'agreement.amend',
  'agreement.suspend',
  'agreement.resume',
  'agreement.terminate',
  'agreement.disclose',
  'agreement.impact',
]);

export const partyToAgreement: Rule = {
  name: 'party-to-agreement',
  says: 'Stewards of every party amend, suspend and end an agreement; the representative of a party signs it.',
  judge: ({ principal, action, resource, at }) => {
    if (resource.kind !== 'agreement') return silent;
    const parts = partsIn(principal, resource);
    if (action === 'agreement.sign')
      return parts.some(({ signs }) => signs)
        ? { effect: 'permit', reason: 'you are named as a representative' }
        : silent;
    if (!forEveryParty.has(action)) return silent;
    const organisation = parts
      .flatMap(({ organisations }) => organisations)
      .find((one) => permittingRole(principal, action, one, at) !== undefined);
    return organisation === undefined
      ? silent
      : { effect: 'permit', reason: `you look after data of ${organisation}, which is a party` };
  },
};

const aboutOneself: ReadonlySet<Action> = new Set(['access.decide', 'access.renew']);

export const notOwnRequest: Rule = {
  name: 'not-own-request',
  says: 'Nobody decides about a request of their own, or renews a grant that reaches them by name.',
  judge: ({ principal, action, resource }) =>
    aboutOneself.has(action) && resource.members?.includes(principal.id) === true
      ? forbid('it is your own access', 'another steward must decide')
      : silent,
};

export const mayAskAgain: Rule = {
  name: 'may-ask-again',
  says: 'Who was granted a dataset once may ask for it again.',
  judge: ({ principal, action, resource }) =>
    action === 'access.request' &&
    resource.kind === 'dataset' &&
    principal.grants?.some(({ dataset }) => dataset === resource.id) === true
      ? { effect: 'permit', reason: 'you were granted it once' }
      : silent,
};
