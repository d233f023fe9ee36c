/** What is killed in which trial, and when: decided before anything runs, the same for the same seed. */
import { generator } from '../crash-compute/schedule.ts';

/** Where a training runs. */
export const places = ['local', 'slurm'] as const;
export type Where = (typeof places)[number];

/**
 * What dies, by SIGKILL: the trainer's own process in its sandbox; the platform's; slurmd or slurmctld, which a job
 * outlives; or the node, which is slurmd with the stewards of its jobs and everything below them.
 */
const victims = {
  local: ['trainer', 'platform'],
  slurm: ['trainer', 'platform', 'slurmctld', 'slurmd', 'node'],
} as const;
export type Victim = (typeof victims)[Where][number];

/** `share`: of the processor time that a training takes which nobody disturbs, that the processes of this one have taken. */
export type Kill = { victim: Victim; share: number; awayMs: number };
export type Trial = { number: number; where: Where; kills: Kill[] };

/** Slurm gives up a node after half a minute without slurmd. */
const nodeAwayMs = 40_000;

/** Places and victims in turn, every third trial with two kills; moments at random. */
export function planTrials(wanted: { trials: number; seed: number; only: readonly Where[] }): Trial[] {
  const { trials, seed, only } = wanted;
  const random = generator(seed);
  const turns = new Map<Where, number>();
  return Array.from({ length: trials }, (_, number) => {
    // three trials here for each on a Slurm
    const where = only.length === 1 ? only[0]! : number % 4 === 3 ? 'slurm' : 'local';
    const turn = turns.get(where) ?? 0;
    turns.set(where, turn + 1);
    const among: readonly Victim[] = victims[where];
    const kills = Array.from({ length: number % 3 === 1 ? 2 : 1 }, (_kill, at): Kill => {
      const victim = among[(turn + at + (at > 0 ? Math.floor(random() * among.length) : 0)) % among.length]!;
      const awayMs = Math.round(random() * 3_000) + (victim === 'node' ? nodeAwayMs : 0);
      // what goes on from a checkpoint takes less
      return { victim, share: random() * (at === 0 ? 0.95 : 0.6), awayMs };
    });
    return { number, where, kills };
  });
}

export const wordsOf = ({ kills }: Trial): string =>
  kills.map(({ victim, share }) => `${victim} at ${Math.round(share * 100)} %`).join(', ');
