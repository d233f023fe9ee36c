/** What has to hold once the runs of a trial are over, by three witnesses: the record, user code itself, the folders. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionOutcome } from '@genesis/contracts';
import { removedMark } from '../../src/compute/executors/local/staging.ts';
import type { Place } from './place.ts';
import type { Trial } from './schedule.ts';

/** Sentences that say what did not hold. */
export type Broken = string[];

type Attempt = { number: number; outcome: ExecutionOutcome | null; endedAt: number | null };
type Recorded = {
  id: string;
  state: string;
  attempts: number;
  sandboxed: boolean | null;
  outcome: ExecutionOutcome | null;
  output: { value?: { identity?: number } } | null;
  tried: Attempt[];
  /** Attempts whose log says that user code started, once for each time that it says so. */
  logged: number[];
  /** Entries of its end in the ledger. */
  ends: number;
  charges: { attempt: number; settled: boolean; waitKnown: boolean }[];
};

export type Checked = { run: Recorded; starts: number; broken: Broken };
export type Counts = {
  runs: number;
  succeeded: number;
  /** Runs that failed, by why. */
  failed: Record<string, number>;
  /** Runs without a recorded end. */
  unknown: number;
  /** Runs whose user code started more often than is recorded as given up. */
  startedTwice: number;
  /** Runs whose user code started again, after an attempt that is recorded as lost. */
  startedAgain: number;
};

const recordSql = `
  select id, state, attempts, sandboxed, outcome, output,
    (select coalesce(json_agg(json_build_object('number', number, 'outcome', attempt.outcome, 'endedAt', ended_at)
      order by number), '[]') from attempt where attempt.run = run.id) as tried,
    (select coalesce(json_agg(attempt order by line), '[]') from run_log where run_log.run = run.id
      and text = 'started') as logged,
    (select count(*)::int from ledger_entry where resource = run.id and action = 'run.finish' and effect = 'allow') as ends,
    (select coalesce(json_agg(json_build_object('attempt', charge.attempt, 'settled', settled_at is not null,
      'waitKnown', waited_seconds is not null) order by charge.attempt), '[]') from charge left join wait_record
      using (run, attempt) where charge.run = run.id) as charges
  from run where id = any($1)`;

/** User code may start once, and once more for each attempt before whose end is on record. */
const mayStart = ({ tried }: Recorded): number =>
  1 + tried.slice(0, -1).filter(({ outcome }) => outcome !== null).length;

function checkRun(run: Recorded, identity: number, starts: number, trial: Trial): Broken {
  const broken: Broken = [];
  const expect = (holds: boolean, words: string): void => {
    if (!holds) broken.push(`${run.id} (${identity}): ${words}`);
  };
  const newest = run.tried.at(-1);
  const ended = run.outcome !== null;
  expect(ended && run.outcome?.state === run.state, `it is ${run.state}, its outcome ${run.outcome?.state}`);
  expect(run.tried.length === run.attempts, `${run.attempts} attempts, ${run.tried.length} on record`);
  expect(
    JSON.stringify(newest?.outcome) === JSON.stringify(run.outcome) && newest?.endedAt != null,
    'the outcome that counts is not that of the newest attempt',
  );
  expect(run.ends === 1, `its end is in the ledger ${run.ends} times`);
  expect(starts <= mayStart(run), `user code started ${starts} times in ${run.attempts} attempts`);
  expect(
    new Set(run.logged).size === run.logged.length,
    `its log holds a line twice (attempts ${run.logged.join(', ')})`,
  );
  for (const { attempt, settled, waitKnown } of run.charges)
    expect(settled && waitKnown, `attempt ${attempt} has a charge or a wait that is not settled`);
  if (run.state === 'succeeded') {
    expect(run.output?.value?.identity === identity, 'its output is that of another run');
    expect(run.sandboxed === true, 'it was not in a sandbox');
    expect(starts >= 1, 'it succeeded without a start');
    expect(run.logged.includes(run.attempts), 'its log has no word of the start');
    expect(
      run.charges.some(({ attempt }) => attempt === run.attempts),
      'nothing was charged for it',
    );
  } else
    expect(
      trial.kind !== 'genesis',
      `it is ${run.state} (${run.outcome?.message}), and only Genesis was killed`,
    );
  return broken;
}

/** Reads the record of the runs and holds it against the starts that were seen. */
export async function checkRuns(
  { read, witness }: Place,
  ids: readonly string[],
  identities: readonly number[],
  trial: Trial,
): Promise<Checked[]> {
  const byId = new Map((await read<Recorded>(recordSql, [ids])).map((run) => [run.id, run]));
  return identities.map((identity, index) => {
    const run = byId.get(ids[index]!);
    if (run === undefined) throw new Error(`the run ${ids[index]} is gone`);
    const starts = witness.startsOf(identity);
    return { run, starts, broken: checkRun(run, identity, starts, trial) };
  });
}

export function countsOf(checked: readonly Checked[]): Counts {
  const failed: Record<string, number> = {};
  for (const { run } of checked) {
    if (run.outcome === null || run.state === 'succeeded') continue;
    const why = `${run.outcome.failureClass} ${run.outcome.reason}`;
    failed[why] = (failed[why] ?? 0) + 1;
  }
  return {
    runs: checked.length,
    succeeded: checked.filter(({ run }) => run.state === 'succeeded').length,
    failed,
    unknown: checked.filter(({ run }) => run.outcome === null).length,
    startedTwice: checked.filter(({ run, starts }) => starts > mayStart(run)).length,
    startedAgain: checked.filter(({ run, starts }) => starts > 1 && starts <= mayStart(run)).length,
  };
}

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);

/** What the runs have left where nothing of them belongs any more. */
export async function leftOver(place: Place, ids: readonly string[]): Promise<Broken> {
  const { read, slurm, staging, folder } = place;
  const jobs = await read<{ state: string }>(
    `select state::text from pgboss.job where name = 'run.execute' and data->>'run' = any($1)
      and state in ('created', 'retry', 'active', 'failed')`,
    [ids],
  );
  return [
    ...slurm
      .queue()
      .split('\n')
      .filter(Boolean)
      .map((line) => `in Slurm's queue: ${line}`),
    ...namesIn(staging)
      .filter((name) => !name.startsWith('.') || name.includes(removedMark))
      .map((name) => `in the staging folder: ${name}`),
    ...namesIn(join(staging, '.batches')).map((name) => `a batch in the staging folder: ${name}`),
    ...namesIn(join(folder, 'lab', 'run-inputs')).map((name) => `inputs of ${name}`),
    ...jobs.map(({ state }) => `work for a run, ${state}`),
  ];
}

/** Names that wait for Slurm's word that nothing of them is left. */
export const namesToForget = ({ staging }: Place): string[] => namesIn(join(staging, '.over'));
