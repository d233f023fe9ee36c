import { setTimeout as wait } from 'node:timers/promises';
import { campaignStates } from '@genesis/contracts';
import { bestOf } from '@genesis/explorer';
import { z } from 'zod';
import type { ReadScope } from '../door/index.ts';
import type { ServerEvent } from '../kernel/index.ts';
import { observationOf } from './exploration.ts';
import { type CampaignRow, findCampaign, listExperiments, listTrajectories } from './store.ts';
import { triedOf } from './trajectory.ts';

const armProgressSchema = z.strictObject({
  name: z.string(),
  strategy: z.string(),
  recorded: z.int(),
  /** Over all repeats. */
  budget: z.int(),
  failed: z.int(),
  censored: z.int(),
  /** Best measured value of each repeat; null where nothing was measured yet. */
  best: z.array(z.number().nullable()),
});

export const progressSchema = z.strictObject({
  state: z.enum(campaignStates.states),
  /** Why it was stopped, where nobody asked for it. */
  stoppedBecause: z.string().nullable(),
  recorded: z.int(),
  budget: z.int(),
  arms: z.array(armProgressSchema),
});
export type Progress = z.infer<typeof progressSchema>;

/** How far each arm has come. */
export async function progressOf(scope: ReadScope, row: CampaignRow): Promise<Progress> {
  const { plan } = row;
  const experiments = await listExperiments(scope, row.id);
  const repeats = Array.from({ length: plan.repeats }, (_, repeat) => repeat);
  const arms = plan.arms.map(({ name, strategy }) => {
    const own = experiments.filter((one) => one.arm === name && one.outcome !== null);
    const best = repeats.map((repeat) => {
      const tried = triedOf(own.filter((one) => one.repeat === repeat));
      return bestOf(plan.objective.goal, tried.map(observationOf))?.value ?? null;
    });
    return {
      name,
      strategy,
      recorded: own.length,
      budget: plan.budget * plan.repeats,
      failed: own.filter(({ outcome }) => outcome?.status === 'failed').length,
      censored: own.filter(({ outcome }) => outcome?.status === 'censored').length,
      best,
    };
  });
  return {
    state: row.state as Progress['state'],
    stoppedBecause: row.stoppedBecause,
    recorded: arms.reduce((sum, arm) => sum + arm.recorded, 0),
    budget: arms.reduce((sum, arm) => sum + arm.budget, 0),
    arms,
  };
}

const lookEveryMs = 200;

/** Events `progress`, each with the whole state, whenever something was recorded; ends when the campaign rests. */
export async function* watchProgress(
  authorize: () => Promise<ReadScope>,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  let shown = '';
  while (!signal.aborted) {
    const scope = await authorize();
    const row = await findCampaign(scope, id);
    const places = await listTrajectories(scope, id);
    const now = `${row.state} ${places.map(({ recorded }) => recorded).join(' ')}`;
    if (now !== shown) {
      shown = now;
      yield { event: 'progress', data: await progressOf(scope, row) };
      if (row.state !== 'exploring') return;
    }
    await wait(lookEveryMs, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}
