import type { Result } from '../command.ts';
import { figure, plain } from '../terminal/plain.ts';
import { bound, type Hypothesis } from '../work/confirm.ts';
import { bestOfArm } from '../work/watch-campaign.ts';
import type { Found } from './demo.ts';

const of = (hypotheses: readonly Hypothesis[], kind: 'prediction' | 'arms'): Hypothesis | undefined =>
  hypotheses.find(({ claim }) => claim.kind === kind);

const sureness = (found: Hypothesis | undefined): string => {
  const verdict = found?.verdict;
  if (found === undefined || verdict === null || verdict === undefined) return 'no verdict';
  const level = Number((verdict.interval.level * 100).toPrecision(4));
  return (
    `${verdict.outcome} (estimate ${bound(verdict.estimate)}, ${level} % interval ` +
    `${bound(verdict.interval.lo)} to ${bound(verdict.interval.hi)}, p = ${bound(verdict.pValue)}, ` +
    `n = ${verdict.n}, ${verdict.independence}; stated confidence ${found.claim.confidence})`
  );
};

/** What was found, how sure it is, and where the files are: five lines for people, one object for programs. */
export function conclude({ campaign, plan, progress, hypotheses, model, files, seconds }: Found): Result {
  const { objective } = plan.campaign;
  const unit = objective.unit === null || objective.unit === undefined ? '' : ` ${objective.unit}`;
  const arms = progress.arms.map((arm) => ({
    name: arm.name,
    budget: plan.campaign.budget,
    best: bestOfArm(arm),
  }));
  const best = arms.map(({ name, best: value }) => `${name} ${figure(value)}${unit}`).join(', ');
  const lines = [
    `Found: best ${objective.name} (median of the repeats, as measured) of each arm: ${best}.`,
    `Does the clever arm end ahead of random? ${sureness(of(hypotheses, 'arms'))}.`,
    `Does the model predict unseen designs better than their median? ${sureness(of(hypotheses, 'prediction'))}.`,
    `Evidence: ${files.crate} (check it with: npx genesis verify ${files.crate} --key ${files.key})`,
    `Report: ${files.report} (${seconds.toFixed(1)} s in all; look around with: npx genesis serve --data-folder ${files.data})`,
  ];
  return {
    text: `\n${lines.map(plain).join('\n')}`,
    json: {
      campaign,
      arms,
      hypotheses: hypotheses.map(({ claim, verdict }) => ({
        statement: claim.statement,
        verdict: verdict?.outcome ?? null,
        estimate: verdict?.estimate ?? null,
        interval: verdict?.interval ?? null,
        confidence: claim.confidence,
        independence: verdict?.independence ?? null,
      })),
      model: model.id,
      crate: files.crate,
      key: files.key,
      report: files.report,
      seconds: Math.round(seconds * 10) / 10,
    },
  };
}
