import type { Action, Label } from '@genesis/contracts';
import { purposeFor, usesData } from '../actions.ts';
import {
  atLeastAsStrict,
  bottom,
  describeLabel,
  describeMissing,
  dominates,
  isPublic,
  join,
  joinConditions,
  purposeFits,
} from '../lattice.ts';
import type { SourceFacts } from '../request.ts';
import { forbid, type Rule, silent } from '../rule.ts';

const noSources: readonly SourceFacts[] = [];

const covers = (clearance: Label, label: Label, sources: readonly SourceFacts[]): boolean =>
  dominates(clearance, label) && sources.every((source) => dominates(clearance, source.label));

const joined = (label: Label, sources: readonly SourceFacts[]): Label =>
  sources.reduce((all, source) => join(all, source.label), label);

export const labelNotDominated: Rule = {
  name: 'label-not-dominated',
  says: 'The clearance must dominate the label of the resource and of every source.',
  judge: ({ principal, action, resource, sources = noSources }) => {
    // There the label is the clearance that is asked for. A steward vouches for it without holding it:
    // otherwise nobody could ever be the first to be cleared.
    if (action === 'principal.clear') return silent;
    // Who operates a resource keeps its description and status, whatever it holds: the label says who may know of it.
    if (action === 'compute.manage') return silent;
    if (covers(principal.clearance, resource.label, sources)) return silent;
    const missing = describeMissing(principal.clearance, joined(resource.label, sources));
    return forbid(
      `the clearance does not reach ${missing}`,
      `a steward of ${principal.organisation} must raise your clearance to ${missing}`,
    );
  },
};

export const noWriteDown: Rule = {
  name: 'no-write-down',
  says: 'What is derived carries at least the joined label of its sources.',
  judge: ({ resource, sources = noSources }) => {
    if (sources.every((source) => dominates(resource.label, source.label))) return silent;
    return forbid(
      `the label ${describeLabel(resource.label)} is below what its sources require`,
      `give the result at least the label ${describeLabel(joined(resource.label, sources))}`,
    );
  },
};

export const noLooseConditions: Rule = {
  name: 'no-looser-conditions',
  says: 'What is derived keeps every licence and agreement of its sources and adds no purpose to theirs.',
  judge: ({ resource, sources = noSources }) => {
    for (const source of sources) {
      if (atLeastAsStrict(resource.conditions, source.conditions)) continue;
      const { licences, agreements, purposes } = sources.reduce(
        (all, each) => joinConditions(all, each.conditions),
        source.conditions,
      );
      const list = (items: readonly string[]) => items.join(', ') || 'none';
      return forbid(
        'the conditions of the result are looser than those of its sources',
        `give the result the licences ${list(licences)}, the agreements ${list(agreements)} and no purpose but ${list(purposes)}`,
      );
    }
    return silent;
  },
};

/**
 * Who owns what is derived from these sources: the owner of the first that is not public. Undefined where all are public
 * and the result belongs to whoever makes it.
 */
export const ownerOfDerived = (
  sources: readonly Pick<SourceFacts, 'label' | 'organisation'>[],
): string | null | undefined => sources.find(({ label }) => !isPublic(label))?.organisation;

export const ownerKept: Rule = {
  name: 'owner-kept',
  says: 'What is derived from something that is not public belongs to the organisation of that source.',
  judge: ({ resource, sources = noSources }) => {
    const other = sources.find(
      ({ label, organisation }) =>
        organisation !== undefined && organisation !== resource.organisation && !isPublic(label),
    );
    if (other === undefined) return silent;
    const owner = other.organisation ?? 'the platform';
    return forbid(
      `a source that is not public belongs to ${owner}`,
      `the result must belong to ${owner}, and all its sources that are not public too`,
    );
  },
};

export const declassification: Rule = {
  name: 'declassification',
  says: 'A label is never lowered by one person; raising it needs its present label as the source.',
  judge: ({ action, resource, sources = noSources }) => {
    if (action !== 'dataset.relabel') return silent;
    const [current] = sources;
    if (current === undefined) {
      return forbid(
        'the present label is not stated',
        'state the present label and conditions as the source',
      );
    }
    if (dominates(resource.label, current.label)) return silent;
    return forbid(
      `lowering a label from ${describeLabel(current.label)} to ${describeLabel(resource.label)} is declassification`,
      'ask for its release, which takes two people: genesis release ask ID --label LABEL --reason TEXT',
    );
  },
};

/** Acts that one person proposes and another decides about. */
const takesTwo: ReadonlyMap<Action, { what: string; who: string; other: string }> = new Map([
  ['release.decide', { what: 'a release', who: 'a steward', other: 'another steward' }],
  [
    'model.approve',
    {
      what: 'putting a model into production',
      who: 'a steward or researcher of its owner',
      other: 'another steward or researcher of its owner',
    },
  ],
]);

export const twoPeople: Rule = {
  name: 'two-people',
  says: 'A release at a lower label, and the putting of a model into production, is decided by a person who is not the one that asked for it.',
  judge: ({ principal, action, resource }) => {
    const act = takesTwo.get(action);
    if (act === undefined) return silent;
    if (principal.kind !== 'person')
      return forbid(`only a person decides about ${act.what}`, `${act.who} must decide in their own name`);
    if (resource.proposedBy !== undefined && resource.proposedBy !== principal.id) return silent;
    return forbid(`whoever asks for ${act.what} does not decide about it`, `${act.other} must decide`);
  },
};

export const purposeStated: Rule = {
  name: 'purpose-allowed',
  says: 'The purpose must be stated, and be one that the conditions of the resource and of every source name; only what is public and free for every purpose needs none.',
  judge: ({ action, resource, purpose, sources = noSources }) => {
    if (!usesData.has(action)) return silent;
    const misfit = purposeFits(purpose, resource.label, resource.conditions)
      ? sources.find((source) => !purposeFits(purpose, source.label, source.conditions))
      : resource;
    if (misfit === undefined) return silent;
    const open = sources.reduce(
      (left, source) => joinConditions(left, source.conditions),
      resource.conditions,
    );
    const allowed = open.purposes.join(', ');
    return forbid(
      purpose === null ? 'no purpose is stated' : `the conditions do not allow the purpose ${purpose}`,
      allowed === ''
        ? 'the conditions of the sources leave no purpose: their custodians must allow one'
        : `state a purpose that the conditions allow (${allowed}), or ask the custodian for another`,
    );
  },
};

export const purposeOfAction: Rule = {
  name: 'purpose-of-action',
  says: 'Some acts have one purpose: creating a model is train, predicting and serving are infer, unsealing is evaluate, exporting is publish.',
  judge: ({ action, purpose }) => {
    const meant = purposeFor.get(action);
    if (meant === undefined || meant === purpose) return silent;
    return forbid(`${action} has the purpose ${meant}`, `state the purpose ${meant}`);
  },
};

const exports: ReadonlySet<Action> = new Set(['dataset.export', 'campaign.export', 'model.export']);

export const exportAllowed: Rule = {
  name: 'export-conditions',
  says: 'Exporting needs conditions that allow publishing.',
  judge: ({ action, resource }) =>
    !exports.has(action) || resource.conditions.purposes.includes('publish')
      ? silent
      : forbid(
          'the conditions do not allow publishing',
          'the custodian must allow the purpose publish, or export without these rows',
        ),
};

export const destinationCleared: Rule = {
  name: 'destination-not-cleared',
  says: 'Data moves only to a machine, endpoint or recipient that is cleared for its label; an export without a named destination goes to the public.',
  judge: ({ action, resource, sources = noSources }) => {
    const destination = resource.destinationClearance ?? (exports.has(action) ? bottom : undefined);
    if (destination === undefined) return silent;
    if (covers(destination, resource.label, sources)) return silent;
    const missing = describeMissing(destination, joined(resource.label, sources));
    return forbid(
      `the destination is not cleared for ${missing}`,
      `choose a destination that is cleared for ${missing}`,
    );
  },
};
