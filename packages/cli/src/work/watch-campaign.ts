import { dataOf, type GenesisClient } from '@genesis/client';
import type { Goal } from '@genesis/contracts';
import type { Bar, Call } from '../command.ts';
import { figure, plainLines } from '../terminal/plain.ts';

export type ArmProgress = {
  name: string;
  strategy: string;
  recorded: number;
  budget: number;
  failed: number;
  censored: number;
  best: (number | null)[];
};
export type CampaignProgress = {
  state: string;
  stoppedBecause: string | null;
  recorded: number;
  budget: number;
  arms: ArmProgress[];
};
export type Objective = { name: string; unit: string | null; goal: Goal };

const middle = (values: readonly number[]): number | null => {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  return upper === undefined || lower === undefined ? null : (lower + upper) / 2;
};

/** The median over the repeats of the best value so far. */
export const bestOfArm = ({ best }: Pick<ArmProgress, 'best'>): number | null =>
  middle(best.filter((value) => value !== null));

const trouble = ({ failed, censored }: ArmProgress): string => {
  const parts = [failed > 0 ? `${failed} failed` : '', censored > 0 ? `${censored} censored` : ''];
  const said = parts.filter((part) => part !== '').join(', ');
  return said === '' ? '' : ` (${said})`;
};

const armBars = ({ arms }: CampaignProgress, { name, unit }: Objective): Bar[] =>
  arms.map((arm) => ({
    name: arm.name,
    done: arm.recorded,
    of: arm.budget,
    note: `best ${name} ${figure(bestOfArm(arm))}${unit === null ? '' : ` ${unit}`}${trouble(arm)}`,
  }));

/** Follows a campaign until it rests, and shows how far each arm is. Returns its last state. */
export async function watchCampaign(
  call: Call,
  client: GenesisClient,
  id: string,
  objective: Objective,
): Promise<CampaignProgress> {
  const progress = call.progress();
  const path = `/v1/campaigns/${encodeURIComponent(id)}/events`;
  try {
    for await (const { data } of client.events<CampaignProgress>(path, { signal: call.signal })) {
      progress.show(armBars(data, objective));
      if (data.state !== 'exploring') break;
    }
  } finally {
    progress.end();
  }
  const found = dataOf(
    await client.api.GET('/v1/campaigns/{id}', { params: { path: { id } }, signal: call.signal }),
  );
  const { stoppedBecause } = found.progress;
  if (stoppedBecause !== null) call.say(`The campaign has stopped: ${plainLines(stoppedBecause)}`);
  return found.progress;
}
