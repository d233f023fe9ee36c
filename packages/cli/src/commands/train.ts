import { randomUUID } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { dataOf, type GenesisClient } from '@genesis/client';
import { type OwnTraining, relativePathSchema } from '@genesis/contracts';
import { type Command, InvalidArgumentError } from 'commander';
import { type Call, decimal, declare, type Registry, type Result, whole } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { UsageError } from '../failure.ts';
import { plain } from '../terminal/plain.ts';
import { table } from '../terminal/table.ts';
import { readCodeFolder } from '../work/code-folder.ts';
import { saveAnswer } from '../work/documents.ts';
import { findVersion } from '../work/find-dataset.ts';
import { until } from '../work/wait.ts';
import {
  type ComputeOptions,
  computeOf,
  computeOptions,
  findRun,
  type Run,
  resourceName,
  showLog,
  showRun,
} from './run.ts';
import { watchCommand } from './train-watch.ts';

type Pair = [name: string, value: string];
const pairs =
  (expected: string) =>
  (text: string, before: Pair[] = []): Pair[] => {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined) throw new InvalidArgumentError(`expected ${expected}`);
    return [...before, [name, value]];
  };

type Options = ComputeOptions & {
  target?: string;
  set?: Pair[];
  data?: Pair[];
  env?: Pair[];
  requirements?: string;
  pyproject?: string;
  code?: string;
  python: string;
  cores?: number;
  gpus?: number;
  memory?: number;
  minutes?: number;
  key?: string;
  detach?: boolean;
  output?: string;
};

/** JSON where it is some, else the text. */
const parsedOr = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

function resourcesOf({ cores, gpus, memory, minutes }: Options) {
  const resources = {
    ...(cores === undefined ? {} : { cpuCores: cores }),
    ...(gpus === undefined ? {} : { gpus }),
    ...(memory === undefined ? {} : { memoryBytes: Math.round(memory * 2 ** 30) }),
    ...(minutes === undefined ? {} : { durationSeconds: minutes * 60 }),
  };
  return Object.keys(resources).length === 0 ? {} : { resources };
}

const datasetsOf = async (call: Call, client: GenesisClient, data: readonly Pair[]) =>
  await Promise.all(
    data.map(async ([name, wanted]) => ({
      name,
      version: await findVersion(client, wanted, 'train', call.signal),
    })),
  );

/** A file named by an option, or one that lies in the folder of the code under its usual name. */
async function requirementsOf(
  call: Call,
  options: Options,
  folder: string,
): Promise<OwnTraining['requirements']> {
  const { requirements, pyproject } = options;
  if (requirements !== undefined && pyproject !== undefined)
    throw new UsageError('Give --requirements or --pyproject, not both.');
  const read = async (path: string): Promise<string> =>
    await readFile(path, 'utf8').catch((cause: unknown) => {
      throw new UsageError(`${path} cannot be read`, { cause });
    });
  if (requirements !== undefined)
    return { kind: 'requirements', text: await read(resolve(call.folder, requirements)) };
  if (pyproject !== undefined) return { kind: 'project', text: await read(resolve(call.folder, pyproject)) };
  for (const [file, kind] of [
    ['requirements.txt', 'requirements'],
    ['pyproject.toml', 'project'],
  ] as const) {
    const text = await readFile(join(folder, file), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT')
        throw new UsageError(`${join(folder, file)} cannot be read: ${error.message}`);
      return null;
    });
    if (text === null) continue;
    call.say(`Python packages as ${file} asks for them.`);
    return { kind, text };
  }
  return null;
}

async function submitOwn(call: Call, client: GenesisClient, options: Options, command: string[]) {
  const folder = resolve(call.folder, options.code ?? '.');
  const code = await readCodeFolder(folder);
  const program: OwnTraining = {
    ...{ command, code: code.files, python: options.python },
    environment: Object.fromEntries(options.env ?? []),
    requirements: await requirementsOf(call, options, folder),
  };
  const body = {
    program,
    datasets: await datasetsOf(call, client, options.data ?? []),
    ...resourcesOf(options),
    ...computeOf(options),
  };
  call.say(`${code.files.length} files (${Math.ceil(code.bytes / 1024)} KiB) from ${folder} are the code.`);
  if (code.left.length > 0) call.say(`Left out: ${code.left.slice(0, 10).map(plain).join(', ')}`);
  const headers = { 'idempotency-key': options.key ?? randomUUID() };
  return dataOf(await client.api.POST('/v1/runs/train', { body, headers, signal: call.signal }));
}

async function submitKit(
  call: Call,
  client: GenesisClient,
  options: Options,
  [name = '', dataset]: string[],
) {
  const { signal } = call;
  for (const own of ['requirements', 'pyproject', 'code'] as const)
    if (options[own] !== undefined)
      throw new UsageError(`--${own} is for a program of your own: genesis train --${own} ... -- COMMAND`);
  const kit = dataOf(await client.api.GET('/v1/kits/{name}', { params: { path: { name } }, signal }));
  const train = kit.capabilities.find(({ capability }) => capability === `${name}-train`);
  if (train === undefined) throw new UsageError(`The kit ${name} does not train.`);
  const main = train.datasets[0]?.name;
  const given: Pair[] = [...(options.data ?? [])];
  if (dataset !== undefined) {
    if (main === undefined) throw new UsageError(`The kit ${name} takes no dataset.`);
    given.unshift([main, dataset]);
  }
  const input = {
    ...(options.target === undefined ? {} : { target: options.target }),
    ...Object.fromEntries((options.set ?? []).map(([key, value]) => [key, parsedOr(value)])),
  };
  const body = {
    ...{ capability: train.capability, input, purpose: 'train' as const },
    datasets: await datasetsOf(call, client, given),
    ...resourcesOf(options),
    ...computeOf(options),
  };
  const headers = { 'idempotency-key': options.key ?? randomUUID() };
  return dataOf(await client.api.POST('/v1/runs', { body, headers, signal }));
}

type Output = { path: string; bytes: number };
const outputsOf = ({ output }: Run): Output[] =>
  (output as { files?: { outputs?: Output[] } } | null)?.files?.outputs ?? [];

/** Fetches every file that a run left into a folder, at its path. */
async function download(
  call: Call,
  client: GenesisClient,
  id: string,
  outputs: Output[],
  folder: string,
): Promise<void> {
  for (const { path } of outputs) {
    if (!relativePathSchema.safeParse(path).success)
      throw new UsageError(`${plain(path)} is no path within a folder`);
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    const inside = path.split('/').map(encodeURIComponent).join('/');
    const url = `/v1/runs/${encodeURIComponent(id)}/outputs/${inside}?purpose=train`;
    await saveAnswer(await client.send('GET', url, { signal: call.signal }), target);
  }
}

/** A model is registered shortly after its run has ended. */
const mostModelMs = 60_000;

/** The model that a run left, once it is registered; null where none is that its reader may see. */
async function modelOf(call: Call, client: GenesisClient, id: string): Promise<string | null> {
  const end = Date.now() + mostModelMs;
  const found = await until(async () => {
    const { items } = dataOf(
      await client.api.GET('/v1/models', { params: { query: { limit: 50 } }, signal: call.signal }),
    );
    const model = items.find(({ run }) => run === id)?.id;
    return model ?? (Date.now() > end ? null : undefined);
  }, call.signal);
  return found;
}

const toldOfModel = (id: string, model: string | null): string =>
  model === null
    ? `No model was registered that you may see. Why, says the end of: genesis run logs ${id} --purpose train`
    : `Model ${model}: genesis model show ${model}`;

/** Shows the log as it comes, then how the run ended and what it left. */
async function follow(call: Call, client: GenesisClient, id: string, options: Options): Promise<Result> {
  call.say(`Run ${id}. It goes on without this command: genesis run logs ${id} --purpose train --follow`);
  await showLog(call, client, id, 'train', true);
  const found = await findRun(client, id, 'train', call.signal);
  const outputs = outputsOf(found);
  if (options.output !== undefined)
    await download(call, client, id, outputs, resolve(call.folder, options.output));
  const { text, json } = showRun({ ...found, output: null }, await resourceName(client, found, call.signal));
  const trained = found.run.status === 'succeeded' && outputs.some(({ path }) => path === 'model/model.json');
  const model = trained ? await modelOf(call, client, id) : null;
  const exitCode = (found.output as { files?: { exitCode?: number | null } } | null)?.files?.exitCode ?? null;
  const left =
    outputs.length === 0
      ? 'It left no files.'
      : `${table(
          ['File', 'Bytes'],
          outputs.map(({ path, bytes }) => [path, bytes]),
        )}\n${options.output === undefined ? `Fetch one: genesis run output ${id} PATH --purpose train --output FILE` : `Written to ${options.output}`}`;
  return {
    text: [
      text,
      exitCode === null ? null : `Exit code ${exitCode}`,
      left,
      trained ? toldOfModel(id, model) : null,
    ]
      .filter((part) => part !== null)
      .join('\n\n'),
    json: { ...json, output: found.output, exitCode, model },
    exitCode: found.run.status === 'succeeded' ? exitCodes.ok : exitCodes.failed,
  };
}

/** Whether a command of one's own was given: everything behind `--`. Only the raw line tells. */
function hasOwnCommand(command: Command | undefined): boolean {
  let root = command;
  while (root?.parent) root = root.parent;
  return (root as unknown as { rawArgs?: string[] } | undefined)?.rawArgs?.includes('--') === true;
}

export function trainCommands(registry: Registry, program: Command): void {
  let itself: Command | undefined;
  const train = declare<[string[]], Options>(registry, program, 'train [words...]', {
    summary: 'Train a model on granted data: with a kit, or with a program of your own behind "--"',
    details: [
      'With a kit: genesis train KIT DATASET --target COLUMN.',
      'With your own program: genesis train [options] -- COMMAND ARGUMENT... The files of the folder (--code, else the current one) are its working folder; each dataset that is given with --data lies at inputs/NAME, read-only. It has no network. Whatever it leaves in its folder is kept under the label of the data.',
      'A DATASET is an id, a name, or DATASET@NUMBER for one version. Whether it may be trained on is decided before anything starts.',
    ].join('\n'),
    options: (command) => {
      itself = command;
      return computeOptions(command)
        .option('--target <column>', 'what a kit is to learn to predict')
        .option(
          '--set <key=value>',
          'another input of the kit, its value in JSON or as a text (repeatable)',
          pairs('KEY=VALUE'),
        )
        .option(
          '--data <name=dataset>',
          'a dataset at inputs/NAME (repeatable)',
          pairs('NAME=DATASET or NAME=DATASET@VERSION'),
        )
        .option(
          '--code <folder>',
          'folder of your program (default: this one; what begins with a dot is left out)',
        )
        .option(
          '--requirements <file>',
          'packages: a lock with hashes, or names that are resolved (default: requirements.txt there)',
        )
        .option(
          '--pyproject <file>',
          'packages: the dependencies of a pyproject.toml (default: the one there)',
        )
        .option('--python <version>', 'version of Python', '3.11')
        .option('--env <name=value>', 'a variable for your program (repeatable)', pairs('NAME=VALUE'))
        .option('--cores <n>', 'CPU cores', decimal(0.1, 10_000))
        .option('--gpus <n>', 'accelerators', whole(0, 1_000))
        .option('--memory <GiB>', 'memory of all its processes, in GiB', decimal(0.1, 100_000))
        .option('--minutes <n>', 'the longest it may take', decimal(0.1, 500_000))
        .option('--key <text>', 'idempotency key (default: a fresh one)')
        .option('--detach', 'do not wait: give the id of the run')
        .option('--output <folder>', 'fetch what it left into this folder');
    },
    examples: [
      'genesis train tabular steels --target "yield strength"',
      'genesis train tabular dst_01jd8x3k2v9q7r5t1w4y6z8abc@2 --target y --set fits=200 --cores 2',
      'genesis train --data steels.parquet=steels -- python train.py --epochs 20',
      'genesis train --code model --requirements model/requirements.txt --output results -- python fit.py',
    ],
    act: async (call, options, words) => {
      const own = hasOwnCommand(itself);
      if (words.length === 0)
        throw new UsageError(
          'Name a kit and a dataset (genesis train KIT DATASET --target COLUMN; see genesis kit list), or a command of your own (genesis train -- python train.py).',
        );
      if (!own && words.length > 2)
        throw new UsageError(`Put "--" before a command of your own: genesis train -- ${words.join(' ')}`);
      const client = await call.client();
      const made = await (own
        ? submitOwn(call, client, options, words)
        : submitKit(call, client, options, words));
      if (options.detach === true) return { text: made.id, json: { ...made } };
      return await follow(call, client, made.id, options);
    },
  });
  const watch = watchCommand(registry, train);
  // The options of a training are none of watching one.
  watch.configureHelp({ ...watch.configureHelp(), visibleGlobalOptions: () => [...program.options] });
}
