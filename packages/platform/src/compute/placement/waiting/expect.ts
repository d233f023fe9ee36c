import { censoredQuantiles, type Observation } from './quantiles.ts';
import type { Past, Traits, Waiting } from './record.ts';
import { priorWaits, type WaitingSettings } from './settings.ts';

/** What is left of a weight of 1, as a natural logarithm: never above 0. */
function nearness(past: Past, job: Traits, newer: number, settings: WaitingSettings): number {
  const { traits } = past;
  const size = (Math.abs(traits.nodes - job.nodes) + Math.abs(traits.cores - job.cores)) / 2;
  const unlike = size + Math.abs(traits.duration - job.duration);
  const apart = Math.abs(traits.hour - job.hour);
  const age = (job.submittedAt - traits.submittedAt) / 1_000;
  return -(
    Math.LN2 * (newer / settings.halfLifeRecords + age / settings.halfLifeSeconds) +
    unlike / settings.likeness +
    Math.abs(traits.ahead - job.ahead) / settings.ahead +
    Math.min(apart, 24 - apart) / settings.hours
  );
}

/**
 * What a job waits, from the jobs before it as they were known when it was submitted: quantiles of their waits,
 * weighted by how recent and how similar they are. `expected` is the median: half of the jobs wait less. Whoever had
 * not started by then counts as "at least so long"; leaving those out would make a queue look the better the longer
 * it gets, because only short waits end soon. `past` may be in any order, which does not matter.
 */
export function expectFrom(past: readonly Past[], job: Traits, settings: WaitingSettings): Waiting {
  let newest = -1;
  for (const { index } of past) if (index > newest) newest = index;
  const sample: Observation[] = [];
  for (const each of past) {
    const waits = each.left > job.submittedAt;
    const censored = waits || !each.record.started;
    if (censored && !settings.censored) continue;
    const soFar = Math.max(0, job.submittedAt - each.record.submittedAt) / 1_000;
    sample.push({
      seconds: waits ? soFar : (each.record.waitedSeconds ?? 0),
      censored,
      weight: Math.exp(nearness(each, job, newest - each.index, settings)),
    });
  }
  const weight = settings.prior / priorWaits.length;
  for (const seconds of priorWaits) sample.push({ seconds, censored: false, weight });
  const [low, expected, high] = censoredQuantiles(sample, [0.1, 0.5, 0.9]);
  return { low: low!, expected: expected!, high: high! };
}

/** What is known of a queue without any record. */
export const priorWaiting: Readonly<Waiting> = {
  low: priorWaits[0]!,
  expected: priorWaits[2]!,
  high: priorWaits[4]!,
};
