import type { ArmsClaimDraft, ClaimDraft, PredictionClaimDraft } from './hypothesis.ts';

const verbs = { greater: 'exceeds', less: 'stays below' } as const;

function bound(draft: ClaimDraft): string {
  const margin = draft.minimalEffect === 0 ? '' : ` by more than ${draft.minimalEffect}`;
  return `${verbs[draft.direction]} ${draft.threshold}${margin}`;
}

function exclusionText(draft: ClaimDraft): string {
  if (draft.exclusions.length === 0) return 'Nothing is excluded.';
  const rules = draft.exclusions.map(
    (rule) => `${rule.column} ${rule.operator} ${JSON.stringify(rule.value)}`,
  );
  return `Excluded are designs with ${rules.join(' or ')}.`;
}

const missingText = {
  'worst-case': 'A missing result counts against the claim, and against its refutation.',
  inconclusive: 'A missing result makes the verdict inconclusive.',
} as const;

function predictionText(draft: PredictionClaimDraft): string {
  const event =
    draft.metric.name === 'closer-than-baseline'
      ? `predicts closer to the measured value than the median of the explored data (${draft.metric.baseline})`
      : `predicts within ${draft.metric.tolerance} of the measured value`;
  const source =
    draft.source.kind === 'split'
      ? `sealed designs of split ${draft.source.splitId}`
      : `fresh designs drawn by the ${draft.source.sampler.name} sampler and measured ${draft.source.replicates} times each by ${draft.source.capability.name} ${draft.source.capability.version}`;
  return (
    `The probability that model ${draft.model.id} ${event}, for an unseen design of the population ` +
    `"${draft.population}", ${bound(draft)}. Tested once on ${draft.sampleSize} ${source} ` +
    `by the exact binomial test at alpha ${draft.alpha}.`
  );
}

const scoredText = {
  'noiseless-truth': 'the noiseless truth',
  'fresh-replicates': 'fresh replicates',
  'table-values': 'the values of the table, of which not every design has a fresh replicate',
} as const;

function armsText(draft: ArmsClaimDraft): string {
  const { clever, control, budget, capability, scoredOn } = draft.source;
  return (
    `The median over starts of how far arm ${clever.name} ends ahead of arm ${control.name} ` +
    `(${budget} experiments each with ${capability.name} ${capability.version}, ${draft.metric.goal} the objective, ` +
    `final choice scored on ${scoredText[scoredOn]}), for the population "${draft.population}", ${bound(draft)}. ` +
    `Tested once on ${draft.sampleSize} fresh paired starts by the exact sign test at alpha ${draft.alpha}.`
  );
}

/**
 * The claim in plain words, made from its other fields only, so that text and numbers cannot disagree. Pure: equal
 * drafts give equal text.
 */
export function claimStatement(draft: ClaimDraft): string {
  const body = draft.kind === 'prediction' ? predictionText(draft) : armsText(draft);
  return `${body} ${exclusionText(draft)} ${missingText[draft.missingData]} Stated confidence: ${draft.confidence}.`;
}
