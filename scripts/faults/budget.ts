// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are pieces of source code.
import { edit, type Fault } from './fault.ts';

/** Faults of the error budget and of what is frozen. */
export const budgetFaults: readonly Fault[] = [
  // The error budget.
  {
    name: 'openings are not counted',
    suite: 'cheating',
    edits: [
      edit(
        'campaigns/hypotheses/open.ts',
        'earlier.map((one) => ({ ...one, concluded: true })),',
        'earlier.slice(earlier.length).map((one) => ({ ...one, concluded: true })),',
      ),
    ],
  },
  {
    name: 'alpha is refunded',
    suite: 'cheating',
    edits: [
      edit(
        'campaigns/hypotheses/open.ts',
        'earlier.map((one) => ({ ...one, concluded: true })),',
        'earlier.slice(1).map((one) => ({ ...one, concluded: true })),',
      ),
    ],
  },
  {
    name: 'every import of the same rows has a budget of its own',
    suite: 'cheating',
    quick: true,
    edits: [
      edit(
        'campaigns/hypotheses/freeze.ts',
        'family: sealed?.seal.id ?? campaignId',
        'family: sealed?.split.id ?? campaignId',
      ),
    ],
  },
  {
    name: 'known rows are not recognised',
    suite: 'cheating',
    edits: [
      edit('catalog/recognise.ts', 'if (same !== undefined) return known(same);', ''),
      edit('catalog/recognise.ts', "if (overlap.recognised === 'same-rows') return known(candidate);", ''),
    ],
  },
  {
    name: 'a claim is not held against its freeze',
    suite: 'cheating',
    edits: [
      edit(
        'campaigns/hypotheses/frozen.ts',
        'if (!holds) throw changed(row.id);',
        'if (!holds && size < 0) throw changed(row.id);',
      ),
    ],
  },
  {
    name: 'a second campaign with the same plan gets the same fresh seeds',
    suite: 'cheating',
    edits: [
      edit(
        'campaigns/hypotheses/freeze.ts',
        '.where(eq(campaign.planHash, planHash));',
        ".where(eq(campaign.planHash, ''));",
      ),
    ],
  },
];
