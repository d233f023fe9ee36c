import { readFile } from 'node:fs/promises';
import { dataOf, type GenesisClient } from '@genesis/client';
import {
  type CampaignPlanInput,
  type CampaignSource,
  campaignPlanSchema,
  type Goal,
  type Label,
  type Space,
  type Strategy,
  strategies,
} from '@genesis/contracts';
import type { Command } from 'commander';
import { decimal, names, oneOf, whole } from '../command.ts';
import { UsageError } from '../failure.ts';
import { parseLabel } from '../work/label.ts';
import { parseParameter } from '../work/parameters.ts';

type Parameters = Space['parameters'];

export type PlanOptions = {
  title?: string;
  challenge?: number;
  capability?: string;
  dataVersion?: string;
  split?: string;
  inputs?: string[];
  people?: boolean;
  objective?: string;
  unit?: string;
  maximize?: boolean;
  minimize?: boolean;
  target?: number;
  vary?: Parameters;
  budget?: number;
  starts?: number;
  batch?: number;
  repeats?: number;
  strategy?: Strategy;
  seed: string;
  label?: Label;
};

const clever = strategies.filter((one) => one !== 'random');
const anything = decimal(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);

export const addPlanOptions = (command: Command): Command =>
  command
    .option('--title <text>', 'what the campaign is about')
    .option('--challenge <number>', 'the national challenge that it serves', whole(1, 1000))
    .option('--capability <name>', 'measurements come from a capability, for example stober-silica')
    .option(
      '--data-version <id>',
      'measurements come from the explore part of a table; with --split and --inputs',
    )
    .option('--split <id>', 'the split of the table')
    .option(
      '--inputs <a,b,c>',
      'the columns that were varied (default: those that the split keeps together)',
      names,
    )
    .option('--people', 'people measure: "campaign suggest" proposes, "campaign record" takes the results')
    .option('--objective <name>', 'what is measured: a result of the capability, or a column')
    .option('--unit <text>', 'its unit')
    .option('--maximize', 'more of it is better')
    .option('--minimize', 'less of it is better')
    .option('--target <value>', 'this value is wanted', anything)
    .option(
      '--vary <parameter>',
      'NAME=MIN..MAX [unit|integer|log], NAME=a|b|c or NAME=fraction (repeatable)',
      parseParameter,
    )
    .option('--budget <n>', 'experiments of each arm in each repeat', whole(2, 10_000))
    .option('--starts <n>', 'random designs that all arms share', whole(1, 1000))
    .option('--batch <n>', 'experiments that an arm proposes before it learns from them', whole(1, 100))
    .option('--repeats <n>', 'independent repetitions', whole(1, 100))
    .option('--strategy <name>', `of the clever arm: ${clever.join(', ')}`, oneOf(clever))
    .option('--seed <text>', 'everything random follows from it', 'genesis')
    .option('--label <label>', 'at least this label, for example internal', parseLabel);

function goalOf({ maximize, minimize, target }: PlanOptions): Goal {
  const given = [maximize === true, minimize === true, target !== undefined].filter(Boolean).length;
  if (given !== 1) throw new UsageError('Give exactly one of --maximize, --minimize and --target VALUE.');
  if (target !== undefined) return { kind: 'target', value: target };
  return { kind: maximize === true ? 'maximize' : 'minimize' };
}

/** The parameters that a capability takes, from the schema of its input, as far as it bounds them. */
function parametersOf(input: Record<string, unknown>): Parameters {
  const { properties } = input as {
    properties?: { design?: { properties?: Record<string, Record<string, unknown>> } };
  };
  return Object.entries(properties?.design?.properties ?? {}).flatMap(([name, schema]): Parameters => {
    const { type, minimum, maximum } = schema;
    if (typeof minimum !== 'number' || typeof maximum !== 'number') return [];
    const bounds = { name, min: minimum, max: maximum };
    return [type === 'integer' ? { kind: 'integer', ...bounds } : { kind: 'continuous', ...bounds }];
  });
}

async function sourceOf(
  client: GenesisClient,
  options: PlanOptions,
  signal: AbortSignal,
): Promise<{ source: CampaignSource; parameters: Parameters | undefined }> {
  const { capability, dataVersion, split, inputs, people, vary } = options;
  const kinds = [capability, dataVersion, people].filter((one) => one !== undefined).length;
  if (kinds !== 1)
    throw new UsageError(
      'Give exactly one of --capability, --data-version and --people, or a plan in a file.',
    );
  if (people === true) {
    if (vary === undefined)
      throw new UsageError('--people needs what may be varied: --vary NAME=MIN..MAX, for each input');
    return { source: { kind: 'people' }, parameters: vary };
  }
  if (capability !== undefined) {
    const source = { kind: 'capability' as const, capability };
    if (vary !== undefined) return { source, parameters: vary };
    const params = { path: { id: capability } };
    const { manifest } = dataOf(await client.api.GET('/v1/capabilities/{id}', { params, signal }));
    const parameters = parametersOf(manifest.input);
    if (parameters.length === 0)
      throw new UsageError(`${capability} does not say what may be varied: use --vary`);
    return { source, parameters };
  }
  if (split === undefined)
    throw new UsageError('--data-version needs --split ID (see: genesis dataset show)');
  const found = dataOf(await client.api.GET('/v1/splits/{id}', { params: { path: { id: split } }, signal }));
  return {
    source: { kind: 'table', version: dataVersion!, split, inputs: inputs ?? found.keyColumns },
    parameters: undefined,
  };
}

/** A plan from options. */
export async function planFromOptions(
  client: GenesisClient,
  options: PlanOptions,
  signal: AbortSignal,
): Promise<CampaignPlanInput> {
  const { title, objective, unit, budget, strategy, seed, label } = options;
  if (objective === undefined) throw new UsageError('--objective is needed: what is to be improved?');
  if (budget === undefined) throw new UsageError('--budget is needed: how many experiments may each arm do?');
  const goal = goalOf(options);
  const { source, parameters } = await sourceOf(client, options, signal);
  const counts = {
    challenge: options.challenge,
    starts: options.starts,
    batch: options.batch,
    repeats: options.repeats,
  };
  return {
    title: title ?? `${objective} (${goal.kind})`,
    source,
    objective: { name: objective, unit: unit ?? null, goal },
    ...(parameters === undefined ? {} : { space: { parameters } }),
    budget,
    ...Object.fromEntries(Object.entries(counts).filter(([, value]) => value !== undefined)),
    ...(strategy === undefined
      ? {}
      : {
          arms: [
            { name: 'clever', strategy },
            { name: 'random', strategy: 'random' as const },
          ],
        }),
    seed,
    ...(label === undefined ? {} : { label }),
  };
}

/** A plan from a JSON file. */
export async function planFromFile(path: string): Promise<CampaignPlanInput> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(`${path} is not JSON: ${error.message}`, { cause: error });
  }
  const parsed = campaignPlanSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(
    ({ path: at, message }) => `  - ${at.join('.') || 'plan'}: ${message}`,
  );
  throw new UsageError(`${path} is not a plan of a campaign:\n${lines.join('\n')}`);
}
