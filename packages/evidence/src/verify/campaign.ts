import { canonicalJson } from '../canonical.ts';
import { contentHash, outcomeHash, planHash } from '../crate/hashes.ts';
import { paths } from '../crate/paths.ts';
import type { Experiment } from '../crate/schemas.ts';
import { summarise } from '../crate/summary.ts';
import { firstDifference } from './compare.ts';
import type { Contents } from './contents.ts';
import { factAt, factsOf } from './facts.ts';
import type { LedgerView } from './ledger.ts';
import { counted, type Findings } from './report.ts';

/** The log commits to the plan before the experiments, and to the whole content at the export. */
export function checkCampaign(contents: Contents, ledger: LedgerView, findings: Findings): void {
  const { campaign, manifest } = contents;
  if (campaign.campaignId !== manifest.campaignId) {
    findings.fail(`${paths.campaign}#/campaignId`, 'campaign', 'the manifest names another campaign');
  }
  const created = factsOf(ledger, 'campaign').filter(
    ({ details }) => details.campaignId === campaign.campaignId,
  );
  if (created.length !== 1 || created[0]!.details.planHash !== planHash(campaign.plan)) {
    findings.fail(`${paths.campaign}#/plan`, 'campaign', 'no single entry of the log commits to this plan');
  } else {
    findings.pass(
      `${paths.campaign}#/plan`,
      'campaign',
      `the plan is the one of entry ${created[0]!.body.id}`,
    );
  }
  const hash = contentHash(manifest);
  const exported = factsOf(ledger, 'export').find(
    ({ details }) => details.campaignId === campaign.campaignId && details.contentHash === hash,
  );
  if (exported === undefined) {
    findings.fail(paths.manifest, 'export', 'no entry of the log commits to the content of this crate');
  } else {
    findings.pass(paths.manifest, 'export', `the content is the one of entry ${exported.body.id}`);
  }
}

function inOrder(before: Experiment, after: Experiment): boolean {
  if (before.arm !== after.arm) return before.arm < after.arm;
  return before.repeat === after.repeat ? before.index < after.index : before.repeat < after.repeat;
}

function checkPlan(contents: Contents, experiments: readonly Experiment[], findings: Findings): void {
  const { plan } = contents.campaign;
  const starts = new Map<string, string>();
  for (const [at, experiment] of experiments.entries()) {
    const place = `${paths.experiments}#${at + 1}`;
    const before = experiments[at - 1];
    const sameSeries = before?.arm === experiment.arm && before.repeat === experiment.repeat;
    if (before !== undefined && !inOrder(before, experiment)) {
      findings.fail(place, 'experiments', 'lines must ascend by arm, repeat and index');
    } else if (experiment.index !== (sameSeries ? before.index + 1 : 0)) {
      findings.fail(place, 'experiments', 'an experiment before this one is missing');
    }
    if (!plan.arms.some(({ name }) => name === experiment.arm) || experiment.repeat >= plan.repeats) {
      findings.fail(place, 'experiments', 'the plan has no such arm or repeat');
    }
    if (experiment.index >= plan.budget) findings.fail(place, 'experiments', `the budget is ${plan.budget}`);
    if (experiment.index < plan.starts) {
      const start = JSON.stringify([experiment.repeat, experiment.index]);
      const design = canonicalJson(experiment.design);
      if ((starts.get(start) ?? design) !== design) {
        findings.fail(`${place}/design`, 'experiments', 'the arms of a repeat must share their starts');
      }
      starts.set(start, design);
    }
  }
}

function checkEntries(
  contents: Contents,
  experiments: readonly Experiment[],
  ledger: LedgerView,
  findings: Findings,
): void {
  const { campaignId } = contents.campaign;
  const told = new Set<string>();
  const created = factsOf(ledger, 'campaign')[0]?.index ?? -1;
  let [withheld, unfinished] = [0, 0];
  for (const [at, experiment] of experiments.entries()) {
    const place = `${paths.experiments}#${at + 1}`;
    if (experiment.entryId === null) {
      unfinished += 1;
      continue;
    }
    if (told.has(experiment.entryId)) findings.fail(place, 'experiments', 'two experiments name one entry');
    told.add(experiment.entryId);
    const fact = factAt(ledger, experiment.entryId, 'experiment');
    if (fact === 'withheld') {
      withheld += 1;
    } else if (fact === 'missing' || fact === 'another') {
      findings.fail(place, 'experiments', `entry ${experiment.entryId} is not that of an experiment`);
    } else {
      const { details } = fact;
      const fits =
        details.campaignId === campaignId &&
        details.arm === experiment.arm &&
        details.repeat === experiment.repeat &&
        details.index === experiment.index &&
        details.outcomeHash === outcomeHash(experiment);
      if (!fits)
        findings.fail(place, 'experiments', `entry ${experiment.entryId} commits to another outcome`);
      if (fact.index <= created) findings.fail(place, 'experiments', 'the experiment is older than the plan');
    }
  }
  for (const { body, details } of factsOf(ledger, 'experiment')) {
    if (details.campaignId === campaignId && !told.has(body.id)) {
      findings.fail(paths.experiments, 'experiments', `the experiment of entry ${body.id} is left out`);
    }
  }
  if (unfinished > 0) {
    const reason = 'proposed, but without an outcome when the campaign was stopped';
    findings.notRecomputed(paths.experiments, `outcomes of ${counted(unfinished, 'experiment')}`, reason);
  }
  if (withheld > 0) {
    findings.notRecomputed(
      paths.experiments,
      `outcomes of ${counted(withheld, 'experiment')}`,
      'their entries are not opened',
    );
  }
}

/** Every experiment is within the plan and in the log, none is left out, and the curves follow from them. */
export function checkExperiments(contents: Contents, ledger: LedgerView, findings: Findings): void {
  const { experiments, summary, campaign } = contents;
  if (experiments === undefined) {
    findings.notRecomputed(
      paths.experiments,
      'experiments and their best values',
      reasonOf(contents, paths.experiments),
    );
    return;
  }
  findings.group(
    paths.experiments,
    'experiments',
    (n) => `${counted(n, 'experiment')}, each in the log and within budget`,
    () => {
      checkPlan(contents, experiments, findings);
      checkEntries(contents, experiments, ledger, findings);
      return experiments.length;
    },
  );
  if (summary === undefined) {
    findings.notRecomputed(paths.summary, 'best values', reasonOf(contents, paths.summary));
    return;
  }
  const place = firstDifference(summarise(campaign.plan.objective.goal, experiments), summary);
  if (place === null)
    findings.pass(paths.summary, 'summary', 'best values and curves follow from the experiments');
  else
    findings.fail(`${paths.summary}#${place}`, 'summary', 'the value does not follow from the experiments');
}

/** Why a file is not there. */
export function reasonOf(contents: Contents, path: string): string {
  const withheld = contents.manifest.withheld.find((record) => record.path === path);
  return withheld === undefined ? `${path} is not in the crate` : `${path} is withheld: ${withheld.reason}`;
}
