import { type Answer, type Body, dataOf } from '@genesis/client';
import type { Command } from 'commander';
import { declare, group, oneOf, type Registry, whole } from '../command.ts';
import { plain } from '../terminal/plain.ts';
import { facts, table } from '../terminal/table.ts';
import { formatLabel } from '../work/label.ts';
import { until } from '../work/wait.ts';

type Shown = Answer<'/v1/evaluations/{id}', 'get'>;
type Placed = Shown['board'][number];

const example = 'evl_01jd8x3k2v9q7r5t1w4y6z8abc';
const splitExample = 'spl_01jd8x3k2v9q7r5t1w4y6z8abc';
const modelExample = 'mdl_01jd8x3k2v9q7r5t1w4y6z8abc';
const metrics = ['mae', 'rmse', 'error-rate'] as const;

const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;

const scoreOf = ({ score, interval }: Placed): string => {
  if (score === null) return '-';
  return interval === null ? String(score) : `${score} [${interval.lo}, ${interval.hi}]`;
};

function boardOf(board: readonly Placed[]): string {
  const rows = board.map((placed) => {
    const ties = board.filter(({ rank }) => rank !== null && rank === placed.rank).length;
    const rank = placed.rank === null ? placed.state : `${placed.rank}${ties > 1 ? ' (tied)' : ''}`;
    const coverage = placed.coverage === null ? '-' : percent(placed.coverage);
    return [rank, placed.title, scoreOf(placed), coverage, placed.model ?? '-', placed.failure ?? ''];
  });
  return table(['Rank', 'Submission', 'Score [95 %]', 'Covered', 'Model', ''], rows);
}

function show({ evaluation, board }: Shown): string {
  const { most, perOrganisation } = evaluation.openings;
  const [first] = board.filter(({ units }) => units !== null);
  const heading = facts([
    ['Evaluation', evaluation.id],
    ['Title', evaluation.title],
    ['Challenge', evaluation.challenge === null ? 'none' : String(evaluation.challenge)],
    ['Predicts', `${evaluation.target} from ${evaluation.features.join(', ')}`],
    ['Metric', evaluation.metric],
    ['Sealed rows', first === undefined ? 'not opened yet' : `${first.rows} in ${first.units} units`],
    ['Kept together by', evaluation.keyColumns.join(', ')],
    [
      'Openings',
      `${board.length}; these rows allow ${most} in all and ${perOrganisation} for each organisation`,
    ],
    ['State', evaluation.state],
    ['Label', formatLabel(evaluation.label)],
  ]);
  const note =
    'A rank is one more than the number of better ones, as paired tests tell (Holm, 5 %): those of one rank are tied.';
  return [heading, '', boardOf(board), '', note].join('\n');
}

type CreateOptions = {
  title: string;
  target: string;
  features?: string;
  metric: (typeof metrics)[number];
  challenge?: number;
  openings: number;
  perOrganisation: number;
};

function createCommand(registry: Registry, evaluation: Command): void {
  declare<[string], CreateOptions>(registry, evaluation, 'create <split>', {
    summary: 'Score models on the sealed rows of a split, which serve nothing else from then on',
    details:
      'Three baselines are scored at once: a constant, a linear model and a random forest. Cut the split by what models should\n' +
      'carry over to, such as a machine or a family: rows that are cut at random flatter.',
    options: (command) =>
      command
        .requiredOption('--title <text>', 'what it is called')
        .requiredOption('--target <column>', 'what models predict')
        .option('--features <columns>', 'what they are given, with commas (default: all other columns)')
        .option('--metric <metric>', metrics.join(', '), oneOf(metrics), 'mae')
        .option('--challenge <number>', 'the challenge that it belongs to', whole(1, 1000))
        .option('--openings <n>', 'of the sealed rows, in all', whole(4, 1000), 100)
        .option('--per-organisation <n>', 'submissions of each organisation', whole(1, 100), 5),
    examples: [
      `genesis evaluation create ${splitExample} --title "Yield strength of steels" --target "yield strength" --challenge 12`,
    ],
    act: async (call, options, split) => {
      const { title, target, features, metric, challenge, openings, perOrganisation } = options;
      const { api } = await call.client();
      const body: Body<'/v1/evaluations', 'post'> = {
        ...{ title, target, metric, openings, perOrganisation, split },
        ...(features === undefined ? {} : { features: features.split(',').map((name) => name.trim()) }),
        ...(challenge === undefined ? {} : { challenge }),
      };
      const { id } = dataOf(await api.POST('/v1/evaluations', { body, signal: call.signal }));
      return { text: `${id} is open; see: genesis evaluation show ${id} --wait`, json: { id } };
    },
  });
}

export function evaluationCommands(registry: Registry, program: Command): void {
  const evaluation = group(program, 'evaluation', 'Models scored on sealed rows, beside baselines');
  createCommand(registry, evaluation);

  declare<[], { challenge?: number; limit: number }>(registry, evaluation, 'list', {
    summary: 'The newest evaluations that you may see',
    options: (command) =>
      command
        .option('--challenge <number>', 'of one challenge', whole(1, 1000))
        .option('--limit <n>', 'at most this many', whole(1, 200), 50),
    examples: ['genesis evaluation list --challenge 12'],
    act: async (call, { challenge, limit }) => {
      const { api } = await call.client();
      const query = { limit, ...(challenge === undefined ? {} : { challenge }) };
      const { items } = dataOf(await api.GET('/v1/evaluations', { params: { query }, signal: call.signal }));
      const rows = items.map((one) => [one.id, one.title, one.metric, one.challenge, one.state]);
      return { text: table(['Evaluation', 'Title', 'Metric', 'Challenge', 'State'], rows), json: { items } };
    },
  });

  declare<[string], { wait?: boolean }>(registry, evaluation, 'show <id>', {
    summary: 'An evaluation and its board: scores with intervals, ranks with ties',
    options: (command) => command.option('--wait', 'until everything is scored'),
    examples: [`genesis evaluation show ${example}`],
    act: async (call, { wait }, id) => {
      const { api } = await call.client();
      const at = { params: { path: { id } }, signal: call.signal };
      const shown = await until(async () => {
        const found = dataOf(await api.GET('/v1/evaluations/{id}', at));
        const waits = wait === true && found.board.some(({ state }) => state === 'queued');
        return waits ? undefined : found;
      }, call.signal);
      return { text: show(shown), json: { ...shown } };
    },
  });

  declare<[string], { model: string; title: string; wait?: boolean }>(registry, evaluation, 'submit <id>', {
    summary: 'Submit a registered model: it is scored once, which spends an opening for good',
    options: (command) =>
      command
        .requiredOption('--model <id>', 'the version to be scored')
        .requiredOption('--title <text>', 'what the board calls it; everybody who may see the board sees it')
        .option('--wait', 'until it is scored'),
    examples: [`genesis evaluation submit ${example} --model ${modelExample} --title "Our first" --wait`],
    act: async (call, { wait, model, title }, id) => {
      const { api } = await call.client();
      const body = { model, title };
      const at = { params: { path: { id } }, signal: call.signal };
      const made = dataOf(await api.POST('/v1/evaluations/{id}/submissions', { ...at, body }));
      if (wait !== true)
        return {
          text: `${made.id} is opening ${made.opening}; see: genesis evaluation show ${id} --wait`,
          json: { ...made },
        };
      const shown = await until(async () => {
        const found = dataOf(await api.GET('/v1/evaluations/{id}', at));
        const mine = found.board.find(({ submission }) => submission === made.id);
        return mine?.state === 'queued' ? undefined : found;
      }, call.signal);
      return { text: show(shown), json: { ...made, ...shown } };
    },
  });

  declare<[string]>(registry, evaluation, 'close <id>', {
    summary: 'Take no more submissions; the board stays',
    examples: [`genesis evaluation close ${example}`],
    act: async (call, _options, id) => {
      const { api } = await call.client();
      dataOf(await api.POST('/v1/evaluations/{id}/close', { params: { path: { id } }, signal: call.signal }));
      return { text: plain(`${id} takes no more submissions`), json: { done: true } };
    },
  });
}
