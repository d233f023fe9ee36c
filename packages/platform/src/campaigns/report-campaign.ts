import type { PrincipalFacts } from '../policy/index.ts';
import { findRun } from '../runs/index.ts';
import type { CampaignParts } from './parts.ts';
import { assembleReport, bestExperiment, type ReportFacts, renderReport } from './report/index.ts';
import {
  countAskedElsewhere,
  findCampaign,
  listExperiments,
  listHypotheses,
  listOpeningsSpent,
} from './store.ts';

const sealedRows = 'the sealed rows of the split are not shown: showing them would retire it';

/**
 * The report of a campaign as one self-contained page, within what its reader may see. Sealed rows that a claim was
 * tested on stay out of it, as they stay out of crates.
 */
export async function reportCampaign(
  parts: CampaignParts,
  principal: PrincipalFacts,
  id: string,
  challengeName: (number: number) => Promise<string | undefined>,
): Promise<string> {
  const { door, models, clock } = parts;
  const { scope } = await door.use(principal, 'campaign.read', id, 'explore', { for: 'report' });
  const row = await findCampaign(scope, id);
  const { plan } = row;
  const experiments = await listExperiments(scope, id);
  const hypotheses = await listHypotheses(scope, id);
  const best = bestExperiment(plan.objective.goal, experiments);
  const output =
    best?.run === undefined || best.run === null ? null : (await findRun(scope, best.run)).output;
  const name = plan.challenge === null ? undefined : await challengeName(plan.challenge);
  const facts: ReportFacts = {
    madeAt: clock.now().getTime(),
    campaign: row,
    sourceName: sourceNames[plan.source.kind],
    challenge:
      plan.challenge === null
        ? null
        : { number: plan.challenge, name: name ?? `challenge ${plan.challenge}` },
    experiments: { shown: true, value: experiments },
    bestOutput: { shown: true, value: output },
    models: await models.ofCampaign(scope, id),
    hypotheses: hypotheses.map((hypothesis) => ({
      ...hypothesis,
      verdict: { shown: true, value: hypothesis.verdict },
      rows:
        hypothesis.claim.source.kind === 'split'
          ? { shown: false, reason: sealedRows }
          : { shown: true, value: Array.isArray(hypothesis.rows) ? hypothesis.rows : null },
    })),
    families: await listOpeningsSpent(scope, hypotheses),
    elsewhere: await countAskedElsewhere(scope, row),
  };
  return renderReport(assembleReport(facts));
}

const sourceNames = {
  capability: 'a virtual instrument',
  table: 'an imported table, replayed',
  people: 'people, who did the experiments',
} as const;
