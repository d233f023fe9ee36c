import { readFile, writeFile } from 'node:fs/promises';
import { type Body, dataOf } from '@genesis/client';
import type { Command } from 'commander';
import { decimal, declare, oneOf, type Registry, whole } from '../command.ts';
import { UsageError } from '../failure.ts';
import { figure } from '../terminal/plain.ts';
import { table } from '../terminal/table.ts';
import { readCsv, writeCsv } from '../work/csv.ts';

type Results = Body<'/v1/campaigns/{id}/results', 'post'>['results'];
type Result = Results[number];

const example = 'cmp_01jd8x3k2v9q7r5t1w4y6z8abc';
const experimentExample = 'exp_01jd8x3k2v9q7r5t1w4y6z8abc';
const sides = ['above', 'below'] as const;

const numberOf = (text: string, where: string): number => {
  const value = Number(text);
  if (text === '' || !Number.isFinite(value)) throw new UsageError(`${where}: "${text}" is not a number`);
  return value;
};

/** One line of a results file; undefined where nothing was filled in yet. */
function resultOf(row: Record<string, string>, where: string): Result | undefined {
  const { experiment, value = '', status = '', reason = '', bound = '', side = '' } = row;
  if (experiment === undefined)
    throw new UsageError('The CSV file needs a column "experiment" with their ids.');
  switch (status) {
    case '':
    case 'measured':
      if (value === '' && status === '') return undefined;
      return { experiment, outcome: { status: 'measured', value: numberOf(value, `${where}, value`) } };
    case 'failed':
      return { experiment, outcome: { status: 'failed', reason } };
    case 'censored': {
      if (side !== 'above' && side !== 'below')
        throw new UsageError(`${where}, side: expected above or below`);
      return {
        experiment,
        outcome: { status: 'censored', bound: numberOf(bound, `${where}, bound`), side, reason },
      };
    }
    default:
      throw new UsageError(`${where}, status: expected measured, failed or censored, got "${status}"`);
  }
}

/** The results in a CSV text; lines without a result are left for later. */
const resultsOf = (text: string): Results =>
  readCsv(text).flatMap((row, at) => resultOf(row, `Result ${at + 1}`) ?? []);

type RecordOptions = {
  experiment?: string;
  value?: number;
  failed?: string;
  bound?: number;
  side?: (typeof sides)[number];
  reason?: string;
};

function single({ experiment, value, failed, bound, side, reason = '' }: RecordOptions): Result {
  if (experiment === undefined)
    throw new UsageError('Give a CSV file, or --experiment with what came of it.');
  if (value !== undefined) return { experiment, outcome: { status: 'measured', value } };
  if (failed !== undefined) return { experiment, outcome: { status: 'failed', reason: failed } };
  if (bound === undefined || side === undefined) {
    throw new UsageError(
      '--experiment needs --value, or --failed REASON, or --bound and --side for a censored one.',
    );
  }
  return { experiment, outcome: { status: 'censored', bound, side, reason } };
}

/** Ask and tell: people measure. */
export function peopleCommands(registry: Registry, campaign: Command): void {
  declare<[string], { count: number; csv?: string }>(registry, campaign, 'suggest <id>', {
    summary: 'The next experiments for people to do, of every arm',
    options: (command) =>
      command
        .option('--count <n>', 'at most this many', whole(1, 1000), 10)
        .option('--csv <file>', 'also write them to a CSV file, to be filled in and recorded'),
    examples: [`genesis campaign suggest ${example} --count 4 --csv next.csv`],
    act: async (call, { count, csv }, id) => {
      const { api } = await call.client();
      const at = { params: { path: { id } }, body: { count }, signal: call.signal };
      const { items } = dataOf(await api.POST('/v1/campaigns/{id}/suggestions', at));
      const inputs = Object.keys(items[0]?.design ?? {});
      const cells = items.map(({ design }) => inputs.map((name) => design[name] ?? null));
      if (csv !== undefined) {
        const columns = ['experiment', 'arm', ...inputs, 'value', 'status', 'reason'];
        await writeFile(
          csv,
          writeCsv(
            columns,
            items.map((one, i) => [one.id, one.arm, ...cells[i]!, null, null, null]),
          ),
        );
      }
      const shown = items.map((one, i) => [
        one.id,
        one.arm,
        ...cells[i]!.map((cell) => (typeof cell === 'number' ? figure(cell) : cell)),
      ]);
      const text =
        items.length === 0 ? 'Nothing is left to do.' : table(['Experiment', 'Arm', ...inputs], shown);
      return {
        text:
          csv === undefined
            ? text
            : `${text}\n\nWritten to ${csv}. Fill in "value", then: genesis campaign record ${id} ${csv}`,
        json: { items },
      };
    },
  });

  declare<[string, string | undefined], RecordOptions>(registry, campaign, 'record <id> [file]', {
    summary: 'Record what people measured, from a CSV file or one by one',
    details:
      'Columns of the file: experiment, value; for what did not go well status (failed or censored), reason, and for\n' +
      'censored ones bound and side. Lines without a value and status are left for later. Other columns are ignored.',
    options: (command) =>
      command
        .option('--experiment <id>', 'one experiment')
        .option(
          '--value <number>',
          'what was measured',
          decimal(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY),
        )
        .option('--failed <reason>', 'it failed')
        .option(
          '--bound <number>',
          'censored: the limit that was passed',
          decimal(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY),
        )
        .option('--side <side>', 'censored: the true value lies above or below the bound', oneOf(sides))
        .option('--reason <text>', 'censored: why'),
    examples: [
      `genesis campaign record ${example} next.csv`,
      `genesis campaign record ${example} --experiment ${experimentExample} --value 3.2`,
      `genesis campaign record ${example} --experiment ${experimentExample} --failed "the sample broke"`,
    ],
    act: async (call, options, id, file) => {
      const results = file === undefined ? [single(options)] : resultsOf(await readFile(file, 'utf8'));
      if (results.length === 0)
        throw new UsageError(`${file} holds no result yet: fill in the column "value".`);
      const { api } = await call.client();
      const at = { params: { path: { id } }, body: { results }, signal: call.signal };
      const made = dataOf(await api.POST('/v1/campaigns/{id}/results', at));
      const text = `${made.recorded} recorded.${made.finished ? ' The budget is spent: the campaign has explored.' : ''}`;
      return { text, json: { ...made } };
    },
  });
}
