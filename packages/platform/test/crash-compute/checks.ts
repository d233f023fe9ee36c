/** What has to hold once the runs of a trial are over, by three witnesses: the record, user code itself, the folders. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionOutcome } from '@genesis/contracts';
import { removedMark } from '../../src/compute/executors/local/staging.ts';
import type { Read } from './database.ts';
import type { Place } from './place.ts';
import { isFar, type Trial } from './schedule.ts';

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

/** Slurm itself cancelled the job before it began, as one that was killed before may do. */
const cancelledBySlurm = ({ outcome }: Recorded, starts: number): boolean =>
  starts === 0 && outcome?.failureClass === 'F6_HPC_QUEUE' && /CANCELLED/.test(outcome.message ?? '');

function checkRun(
  run: Recorded,
  identity: number,
  starts: number,
  { trial, hasForgotten }: { trial: Trial; hasForgotten: boolean },
): Broken {
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
    // of a facility the first Genesis knows no sandbox
    expect(run.sandboxed === !isFar(trial.kind), `whether it was in a sandbox is told as ${run.sandboxed}`);
    expect(starts >= 1, 'it succeeded without a start');
    expect(run.logged.includes(run.attempts), 'its log has no word of the start');
    expect(
      run.charges.some(({ attempt }) => attempt === run.attempts),
      'nothing was charged for it',
    );
  } else
    expect(
      !['genesis', 'client', 'facility'].includes(trial.kind) ||
        (hasForgotten && cancelledBySlurm(run, starts)),
      `it is ${run.state} (${run.outcome?.message}), and only Genesis was killed`,
    );
  return broken;
}

/** Reads the record of the runs and holds it against the starts that were seen. */
export async function checkRuns(
  { read, witness, slurm }: Place,
  ids: readonly string[],
  identities: readonly number[],
  trial: Trial,
): Promise<Checked[]> {
  const { hasForgotten } = slurm;
  const byId = new Map((await read<Recorded>(recordSql, [ids])).map((run) => [run.id, run]));
  return identities.map((identity, index) => {
    const run = byId.get(ids[index]!);
    if (run === undefined) throw new Error(`the run ${ids[index]} is gone`);
    const starts = witness.startsOf(identity);
    return { run, starts, broken: checkRun(run, identity, starts, { trial, hasForgotten }) };
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

const unfinishedSql = `select name || ', ' || state::text as what from pgboss.job
  where name in ('run.execute', 'job.execute', 'file.execute') and state in ('created', 'retry', 'active', 'failed')`;
const openChargesSql = `select run || ', attempt ' || attempt as what from charge where settled_at is null`;

/** What the runs have left where nothing of them belongs any more. */
export async function leftOver({ read, slurm, staging, folder, facility }: Place): Promise<Broken> {
  const found = async (what: string, reader: Read, sql: string): Promise<Broken> =>
    (await reader<{ what: string }>(sql)).map((row) => `${what}: ${row.what}`);
  const inStaging = (place: string, root: string): Broken => [
    ...namesIn(root)
      .filter((name) => !name.startsWith('.') || name.includes(removedMark))
      .map((name) => `${place}: ${name}`),
    ...namesIn(join(root, '.batches')).map((name) => `${place}: a batch, ${name}`),
  ];
  const reached = join(folder, 'lab', 'facilities');
  return [
    ...slurm
      .queue()
      .split('\n')
      .filter(Boolean)
      .map((line) => `in Slurm's queue: ${line}`),
    ...inStaging('in the staging folder', staging),
    ...namesIn(join(folder, 'lab', 'run-inputs')).map((name) => `inputs of ${name}`),
    ...namesIn(reached).flatMap((machine) => inStaging('of a job at the facility', join(reached, machine))),
    ...(await found('unfinished work', read, unfinishedSql)),
    ...(await found('an open charge', read, openChargesSql)),
    ...(facility === null
      ? []
      : [
          ...inStaging("in the facility's staging folder", facility.staging),
          ...namesIn(facility.files).map((name) => `a file at the facility: ${name}`),
          ...(await found("the facility's unfinished work", facility.read, unfinishedSql)),
          ...(await found("the facility's open charge", facility.read, openChargesSql)),
        ]),
  ];
}

/** Names that wait for Slurm's word that nothing of them is left. */
export const namesToForget = ({ staging, facility }: Place): string[] =>
  [staging, ...(facility === null ? [] : [facility.staging])].flatMap((root) => namesIn(join(root, '.over')));
