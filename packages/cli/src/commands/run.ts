import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { type Answer, dataOf, type GenesisClient } from '@genesis/client';
import { type Purpose, purposes } from '@genesis/contracts';
import { type Command, InvalidArgumentError } from 'commander';
import { type Call, declare, group, names, oneOf, type Registry, type Result, whole } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { figure, plainLines } from '../terminal/plain.ts';
import { facts, table } from '../terminal/table.ts';
import { saveAnswer } from '../work/documents.ts';
import { explainPlan } from '../work/explain-plan.ts';
import { findVersion } from '../work/find-dataset.ts';
import { readJson } from '../work/json-input.ts';
import { formatLabel } from '../work/label.ts';
import { until } from '../work/wait.ts';
import { watchCommand } from './train-watch.ts';

export type Run = Answer<'/v1/runs/{id}', 'get'>;

const purposeOption = (command: Command): Command =>
  command.option('--purpose <purpose>', `what for: ${purposes.join(', ')}`, oneOf(purposes), 'explore');

type Granted = { name: string; version: string };
/** A version by its id, a dataset, or DATASET@NUMBER; none of them has a "=". */
function parseDataset(text: string, before: Granted[] = []): Granted[] {
  const [name, version, ...more] = text.split('=');
  if (!name || !version || more.length > 0)
    throw new InvalidArgumentError('expected NAME=DATASET or NAME=DATASET@VERSION');
  return [...before, { name, version }];
}

const datasetOption = (command: Command): Command =>
  command.option(
    '--dataset <name=dataset>',
    'a dataset that it may read, at inputs/NAME: an id, a name, or DATASET@NUMBER (repeatable)',
    parseDataset,
  );

const modelOption = (command: Command): Command =>
  command.option('--model <id>', 'a registered model that it reads, at inputs/model');

type Reading = { dataset?: Granted[] | undefined; model?: string | undefined; purpose: Purpose };
/** What a run reads, with versions by their ids. */
const readingOf = async (call: Call, client: GenesisClient, { dataset = [], model, purpose }: Reading) => ({
  datasets: await Promise.all(
    dataset.map(async ({ name, version }) => ({
      name,
      version: await findVersion(client, version, purpose, call.signal),
    })),
  ),
  ...(model === undefined ? {} : { model }),
  purpose,
});

const isOver = (status: Run['run']['status']): boolean =>
  ['succeeded', 'failed', 'cancelled'].includes(status);

type Usage = NonNullable<Run['run']['outcome']>['usage'];

const describeUsage = ({ wallSeconds, cpuSeconds, peakMemoryBytes }: Usage): string => {
  const mebibytes = peakMemoryBytes === null ? null : peakMemoryBytes / 2 ** 20;
  return `${figure(wallSeconds)} s, ${figure(cpuSeconds)} CPU-seconds, ${figure(mebibytes)} MiB at most`;
};

const describeStatus = ({ status, outcome, waitsFor }: Run['run']): string =>
  outcome === null || outcome.message === null
    ? waitsFor === null
      ? status
      : 'waits'
    : `${status} (${outcome.failureClass}): ${outcome.message}`;

/** Where it may run and who pays, as options. */
export const computeOptions = (command: Command): Command =>
  command
    .option('--resource <a,b>', 'where it may run, by name or id (default: wherever is best)', names)
    .option('--project <id>', 'the project whose allocations pay');

export type ComputeOptions = { resource?: string[]; project?: string };

export const computeOf = ({ resource, project }: ComputeOptions) =>
  resource === undefined && project === undefined
    ? {}
    : { compute: { resources: resource ?? [], project: project ?? null } };

function planCommand(registry: Registry, run: Command): void {
  type Options = ComputeOptions & Reading & { input: string };
  declare<[string], Options>(registry, run, 'plan <capability>', {
    summary: 'Where a run would go, and why; nothing is submitted',
    options: (command) =>
      modelOption(datasetOption(computeOptions(purposeOption(command)))).option(
        '--input <json>',
        'its input: JSON, @FILE, or - for standard input',
        '{}',
      ),
    examples: ['genesis run plan my-analysis', 'genesis run plan my-analysis --resource slurm,local --json'],
    act: async (call, { input, dataset, model, purpose, ...compute }, capability) => {
      const client = await call.client();
      const parsed = await readJson(input, '--input', call.input);
      const reading = await readingOf(call, client, { dataset, model, purpose });
      const body = { capability, input: parsed, ...reading, ...computeOf(compute) };
      const plan = dataOf(await client.api.POST('/v1/runs/plan', { body, signal: call.signal }));
      return { text: explainPlan(plan), json: { ...plan } };
    },
  });
}

export function showRun({ run, output, attempts, plan, usage }: Run, resource: string | null): Result {
  const { outcome } = run;
  const used = outcome?.usage;
  const { coreHours, gpuHours, nodeHours, units } = usage;
  const text = facts([
    ['Run', run.id],
    ['Capability', run.capability],
    ['Status', describeStatus(run)],
    ['Label', formatLabel(run.label)],
    ['Attempts', attempts.length],
    ['Sandboxed', run.sandboxed === null ? '-' : run.sandboxed ? 'yes' : 'no'],
    ['Resource', resource ?? run.resource],
    ['Waits for', run.waitsFor],
    ['Used', used === undefined ? '-' : describeUsage(used)],
    [
      'Counted',
      `${figure(coreHours)} core-hours, ${figure(gpuHours)} GPU-hours, ${figure(nodeHours)} node-hours, ${figure(units)} units`,
    ],
    ['Begun', run.createdAt],
    ['Ended', run.endedAt],
  ]);
  return {
    text:
      output === null
        ? text
        : `${text}\n\n${plainLines(inspect(output, { depth: 6, maxArrayLength: 8, breakLength: 100 }))}`,
    json: { run, output, attempts, plan, usage },
  };
}

export const findRun = async (
  client: GenesisClient,
  id: string,
  purpose: Purpose,
  signal: AbortSignal,
): Promise<Run> =>
  dataOf(await client.api.GET('/v1/runs/{id}', { params: { path: { id }, query: { purpose } }, signal }));

/** The name of the resource where a run is, as far as it is placed and its reader may know of it. */
export async function resourceName(
  client: GenesisClient,
  { run }: Run,
  signal: AbortSignal,
): Promise<string | null> {
  if (run.resource === null) return null;
  const { resources } = dataOf(await client.api.GET('/v1/compute', { signal }));
  return resources.find(({ id }) => id === run.resource)?.name ?? null;
}

/** How long no new line may come until a log that is not followed counts as read. */
const quietMs = 800;

/** Shows the log of a run: to its end when followed or over, else what is there now. */
export async function showLog(
  call: Call,
  client: GenesisClient,
  id: string,
  purpose: Purpose,
  follow: boolean,
): Promise<string> {
  const quiet = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const rearm = () => {
    clearTimeout(timer);
    if (!follow) timer = setTimeout(() => quiet.abort(), quietMs);
  };
  const signal = AbortSignal.any([call.signal, quiet.signal]);
  const path = `/v1/runs/${encodeURIComponent(id)}/logs?purpose=${purpose}`;
  let status = 'running';
  try {
    rearm();
    for await (const { event, data } of client.events<{ text?: string; status?: string }>(path, { signal })) {
      rearm();
      if (event === 'end') status = data.status ?? status;
      else if (event === 'waits') call.say(plainLines(`waits: ${data.text ?? ''}`));
      else call.say(plainLines(data.text ?? ''));
    }
  } catch (error) {
    if (!quiet.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
  }
  return status;
}

function submitCommand(registry: Registry, run: Command): void {
  type Options = ComputeOptions & Reading & { input: string; key?: string; wait?: boolean };
  declare<[string], Options>(registry, run, 'submit <capability>', {
    summary: 'Run a capability',
    details: 'The same --key gives the same run, however often it is sent.',
    options: (command) =>
      modelOption(datasetOption(computeOptions(purposeOption(command))))
        .option('--input <json>', 'its input: JSON, @FILE, or - for standard input', '{}')
        .option('--key <text>', 'idempotency key (default: a fresh one)')
        .option('--wait', 'wait until it is over, and show its output'),
    examples: [
      `genesis run submit stober-silica --input '{"design":{"teos":0.2,"water":6,"ammonia":1},"seed":"1"}' --wait`,
      'genesis run submit my-analysis --input @input.json --dataset table=ver_01jd8x3k2v9q7r5t1w4y6z8abc --key monday',
      'genesis run submit scattering-apply --purpose infer --model mdl_01jd8x3k2v9q7r5t1w4y6z8abc --dataset curves/monday.txt=monday --wait',
    ],
    act: async (call, { input, dataset, model, purpose, key, wait, ...compute }, capability) => {
      const { signal } = call;
      const client = await call.client();
      const body = {
        capability,
        input: await readJson(input, '--input', call.input),
        ...(await readingOf(call, client, { dataset, model, purpose })),
        ...computeOf(compute),
      };
      const headers = { 'idempotency-key': key ?? randomUUID() };
      const made = dataOf(await client.api.POST('/v1/runs', { body, headers, signal }));
      if (wait !== true) {
        return { text: made.repeated ? `${made.id} (submitted before)` : made.id, json: { ...made } };
      }
      const over = await until(async () => {
        const found = await findRun(client, made.id, purpose, signal);
        return isOver(found.run.status) ? found : undefined;
      }, signal);
      return {
        ...showRun(over, await resourceName(client, over, signal)),
        exitCode: over.run.status === 'succeeded' ? exitCodes.ok : exitCodes.failed,
      };
    },
  });
}

export function runCommands(registry: Registry, program: Command): void {
  const run = group(program, 'run', 'Runs of capabilities');
  submitCommand(registry, run);
  watchCommand(registry, run);
  planCommand(registry, run);

  declare<[], { limit: number; cursor?: string; campaign?: string; purpose: Purpose }>(
    registry,
    run,
    'list',
    {
      summary: 'Runs that you may see, newest first',
      options: (command) =>
        purposeOption(command)
          .option('--campaign <id>', 'of one campaign only')
          .option('--limit <n>', 'at most this many', whole(1, 200), 50)
          .option('--cursor <text>', 'go on after an earlier page'),
      examples: ['genesis run list', 'genesis run list --campaign cmp_01jd8x3k2v9q7r5t1w4y6z8abc --limit 10'],
      act: async (call, { limit, cursor, campaign, purpose }) => {
        const { api } = await call.client();
        const query = {
          limit,
          purpose,
          ...(cursor === undefined ? {} : { cursor }),
          ...(campaign === undefined ? {} : { campaign }),
        };
        const page = dataOf(await api.GET('/v1/runs', { params: { query }, signal: call.signal }));
        const rows = page.items.map((one) => [one.id, one.capability, one.status, one.createdAt]);
        const more = page.nextCursor === null ? '' : `\nMore with: --cursor ${page.nextCursor}`;
        return { text: `${table(['Run', 'Capability', 'Status', 'Begun'], rows)}${more}`, json: { ...page } };
      },
    },
  );

  declare<[string], { purpose: Purpose }>(registry, run, 'show <id>', {
    summary: 'A run with its attempts and output',
    options: purposeOption,
    examples: ['genesis run show run_01jd8x3k2v9q7r5t1w4y6z8abc'],
    act: async (call, { purpose }, id) => {
      const client = await call.client();
      const found = await findRun(client, id, purpose, call.signal);
      return showRun(found, await resourceName(client, found, call.signal));
    },
  });

  declare<[string], { follow?: boolean; purpose: Purpose }>(registry, run, 'logs <id>', {
    summary: 'The log of a run',
    options: (command) => purposeOption(command).option('--follow', 'go on until the run is over'),
    examples: ['genesis run logs run_01jd8x3k2v9q7r5t1w4y6z8abc --follow'],
    act: async (call, { follow, purpose }, id) => {
      const status = await showLog(call, await call.client(), id, purpose, follow === true);
      return { text: '', json: { id, status } };
    },
  });

  declare<[string]>(registry, run, 'cancel <id>', {
    summary: 'Cancel a run that is not over',
    examples: ['genesis run cancel run_01jd8x3k2v9q7r5t1w4y6z8abc'],
    act: async (call, _options, id) => {
      const { api } = await call.client();
      await api.POST('/v1/runs/{id}/cancel', { params: { path: { id } }, signal: call.signal });
      return { text: `${id} is cancelled.`, json: { id, cancelled: true } };
    },
  });

  declare<[string, string], { output: string; purpose: Purpose }>(registry, run, 'output <id> <path>', {
    summary: 'A file that a run left',
    options: (command) => purposeOption(command).requiredOption('--output <file>', 'where to write it'),
    examples: ['genesis run output run_01jd8x3k2v9q7r5t1w4y6z8abc curve.csv --output curve.csv'],
    act: async (call, { output, purpose }, id, path) => {
      const client = await call.client();
      const inside = path.split('/').map(encodeURIComponent).join('/');
      const url = `/v1/runs/${encodeURIComponent(id)}/outputs/${inside}?purpose=${purpose}`;
      await saveAnswer(await client.send('GET', url, { signal: call.signal }), output);
      return { text: `Written to ${output}`, json: { id, path, output } };
    },
  });
}
