import type { CampaignPlan, ExperimentOutcome } from '@genesis/contracts';
import type { Idempotency } from '../kernel/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { type ExportRequest, exportCrate } from './crate/export-crate.ts';
import { createCampaign } from './create-campaign.ts';
import { explore, exploreQueue } from './explore.ts';
import { confirm } from './hypotheses/confirm.ts';
import type { NewHypothesis } from './hypotheses/draft.ts';
import { abandonHypothesis, freezeHypothesis } from './hypotheses/freeze.ts';
import { confirmQueue, openHypothesis } from './hypotheses/open.ts';
import type { CampaignParts } from './parts.ts';
import { recordResults, suggestExperiments } from './people.ts';
import { reportCampaign } from './report-campaign.ts';
import { resumeCampaign } from './resume-campaign.ts';
import { stopCampaign } from './stop-campaign.ts';
import { submitTraining, train, trainQueue } from './train.ts';

/** The kinds of background work that campaigns need. */
export const campaignQueues = [exploreQueue, trainQueue, confirmQueue];

/** Everything that can be done with campaigns. */
export function createCampaigns(parts: CampaignParts) {
  const { queue, concurrency } = parts;
  return {
    create: (principal: PrincipalFacts, plan: CampaignPlan, idempotency?: Idempotency) =>
      createCampaign(parts, principal, plan, idempotency),
    stop: (principal: PrincipalFacts, id: string) => stopCampaign(parts, principal, id),
    resume: (principal: PrincipalFacts, id: string) => resumeCampaign(parts, principal, id),
    suggest: (principal: PrincipalFacts, id: string, count: number) =>
      suggestExperiments(parts, principal, id, count),
    record: (
      principal: PrincipalFacts,
      id: string,
      results: readonly { experiment: string; outcome: ExperimentOutcome }[],
    ) => recordResults(parts, principal, id, results),
    train: (principal: PrincipalFacts, id: string, name: string) =>
      submitTraining(parts, principal, id, name),
    freeze: (principal: PrincipalFacts, id: string, wanted: NewHypothesis) =>
      freezeHypothesis(parts, principal, id, wanted),
    abandon: (principal: PrincipalFacts, id: string) => abandonHypothesis(parts, principal, id),
    open: (principal: PrincipalFacts, id: string) => openHypothesis(parts, principal, id),
    exportCrate: (principal: PrincipalFacts, id: string, wanted: ExportRequest) =>
      exportCrate(parts, principal, id, wanted),
    /** The report as one HTML page. Names of challenges come from above: a campaign knows its number only. */
    report: (
      principal: PrincipalFacts,
      id: string,
      challengeName: (number: number) => Promise<string | undefined>,
    ) => reportCampaign(parts, principal, id, challengeName),
    /** Takes up background work, also what an earlier process left. */
    async start(): Promise<void> {
      await queue.work(exploreQueue, (place, { signal }) => explore(parts, place, signal), { concurrency });
      await queue.work(trainQueue, (job, { signal }) => train(parts, job, signal));
      await queue.work(confirmQueue, (job, { signal }) => confirm(parts, job, signal));
    },
  };
}
export type Campaigns = ReturnType<typeof createCampaigns>;
