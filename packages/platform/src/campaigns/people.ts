import { type Design, type ExperimentOutcome, GenesisError, invalidField } from '@genesis/contracts';
import { canonicalJson } from '@genesis/evidence';
import type { PrincipalFacts } from '../policy/index.ts';
import type { CampaignParts } from './parts.ts';
import { type CampaignRow, type ExperimentRow, findCampaign, listExperiments } from './store.ts';
import { explorationOf, finishIfDone, proposeBlock, recordOutcome, triedOf } from './trajectory.ts';

const functions = new URL('./functions/explore.ts', import.meta.url);

/**
 * The next experiments for people to do: those that wait for their results, and where an arm has none waiting, its
 * next block. Every arm gets its share, the random control too, so that the comparison stays fair.
 */
export async function suggestExperiments(
  parts: CampaignParts,
  principal: PrincipalFacts,
  id: string,
  count: number,
): Promise<ExperimentRow[]> {
  const scope = parts.door.authorize(principal, 'explore');
  const row = await findCampaign(scope, id);
  if (row.instrument !== null) {
    throw new GenesisError({
      code: 'conflict',
      message: 'An instrument does the experiments of this campaign by itself.',
    });
  }
  if (row.state !== 'exploring')
    throw new GenesisError({ code: 'conflict', message: `The campaign is ${row.state}.` });
  for (let repeat = 0; repeat < row.plan.repeats; repeat++) {
    for (const { name } of row.plan.arms) await proposeNext(parts, principal, row, name, repeat);
    const waiting = (await listExperiments(scope, id)).filter(
      (one) => one.outcome === null && one.repeat === repeat,
    );
    if (waiting.length > 0)
      return waiting.sort((a, b) => a.index - b.index || (a.arm < b.arm ? -1 : 1)).slice(0, count);
  }
  await finishIfDone(parts, principal, id);
  return [];
}

async function proposeNext(
  parts: CampaignParts,
  principal: PrincipalFacts,
  row: CampaignRow,
  arm: string,
  repeat: number,
): Promise<void> {
  const scope = parts.door.authorize(principal, 'explore');
  const experiments = await listExperiments(scope, row.id, { arm, repeat });
  const spent = experiments.length >= row.plan.budget;
  if (spent || experiments.some(({ outcome }) => outcome === null)) return;
  const designs = await parts.functions.call<unknown, Design[]>(
    { module: functions, name: 'propose' },
    { exploration: explorationOf(row, { arm, repeat }), tried: triedOf(experiments), instrument: null },
  );
  await proposeBlock(parts, principal, row, { campaign: row.id, arm, repeat }, designs, experiments.length);
}

/** Records what people measured. All results are checked before the first one is written. */
export async function recordResults(
  parts: CampaignParts,
  principal: PrincipalFacts,
  id: string,
  results: readonly { experiment: string; outcome: ExperimentOutcome }[],
): Promise<{ recorded: number; finished: boolean }> {
  const scope = parts.door.authorize(principal, 'explore');
  const row = await findCampaign(scope, id);
  if (row.instrument !== null) {
    throw new GenesisError({
      code: 'conflict',
      message: 'An instrument records the results of this campaign by itself.',
    });
  }
  const experiments = new Map((await listExperiments(scope, id)).map((one) => [one.id, one]));
  const checked = results.map(({ experiment, outcome }, i) => {
    const found = experiments.get(experiment);
    if (found === undefined)
      throw invalidField(`results.${i}.experiment`, 'the campaign has no such experiment');
    // The same result again is a repetition after a lost answer, not another result.
    const repeated = found.outcome !== null && canonicalJson(found.outcome) === canonicalJson(outcome);
    if (found.outcome !== null && !repeated)
      throw invalidField(`results.${i}.experiment`, 'it has another result already');
    if (results.findIndex((other) => other.experiment === experiment) < i) {
      throw invalidField(`results.${i}.experiment`, 'it is named twice');
    }
    return { found, outcome, repeated };
  });
  for (const { found, outcome, repeated } of checked) {
    if (!repeated) await recordOutcome(parts, principal, found, outcome);
  }
  return { recorded: checked.length, finished: await finishIfDone(parts, principal, id) };
}
