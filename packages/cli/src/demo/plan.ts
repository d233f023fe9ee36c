import { basename } from 'node:path';
import { dataOf, type GenesisClient } from '@genesis/client';
import type { CampaignPlanInput } from '@genesis/contracts';
import type { Call } from '../command.ts';
import { UsageError } from '../failure.ts';
import { importTable } from '../work/import-table.ts';
import { type DemoOptions, tableOf, targetOf } from './options.ts';
import type { Place } from './places.ts';

/** The campaign of the demonstration, and what is stated about it before anything is seen. */
export type DemoPlan = {
  campaign: CampaignPlanInput;
  /** Unseen designs for the claim about the model; undefined takes all that were sealed. */
  predictionSample: number | undefined;
  /** Fresh starts for the claim about the arms. */
  armsSample: number;
  confidence: { prediction: number; arms: number };
};

/** Challenge 11, "Achieving AI-Driven Autonomous Laboratories". */
const challenge = 11;
const confirmFraction = 0.25;
const fewest = { prediction: 20, arms: 20 };

const strategies = [
  { name: 'clever', strategy: 'log-expected-improvement' as const },
  { name: 'random', strategy: 'random' as const },
];

/** Spheres of a wanted diameter from the virtual Stöber synthesis, with few measurements. */
function silicaPlan(options: DemoOptions, compute: Place['compute']): DemoPlan {
  const target = targetOf(options);
  const molar = { kind: 'continuous' as const, unit: 'mol/L' };
  return {
    campaign: {
      title: `Silica spheres of ${target} nm`,
      challenge,
      source: { kind: 'capability', capability: 'stober-silica' },
      ...(compute === undefined ? {} : { compute }),
      objective: { name: 'diameter', unit: 'nm', goal: { kind: 'target', value: target } },
      space: {
        parameters: [
          { ...molar, name: 'teos', min: 0.1, max: 0.5 },
          { ...molar, name: 'water', min: 0.5, max: 17 },
          { ...molar, name: 'ammonia', min: 0.5, max: 3 },
        ],
      },
      budget: options.budget ?? (options.quick === true ? 8 : 25),
      repeats: options.repeats ?? (options.quick === true ? 2 : 3),
      starts: 3,
      batch: options.batch,
      arms: strategies,
      seed: options.seed,
    },
    predictionSample: options.quick === true ? fewest.prediction : 60,
    armsSample: options.quick === true ? fewest.arms : 24,
    // Smooth, hardly noisy, three inputs: guesses made before anything was measured.
    confidence: { prediction: 0.9, arms: 0.9 },
  };
}

/**
 * A person's own table, imported as internal data of the home organisation and cut by its inputs: a quarter of the
 * designs is sealed before anybody has seen them.
 */
async function tablePlan(
  call: Call,
  client: GenesisClient,
  options: DemoOptions,
  table: NonNullable<ReturnType<typeof tableOf>>,
): Promise<DemoPlan> {
  const { path, objective, goal } = table;
  const { inputs, columns, seed } = options;
  if (inputs?.includes(objective) === true) throw new UsageError(`--inputs: "${objective}" is the objective`);
  const imported = await importTable(call, client, path, {
    name: basename(path),
    source: `file ${basename(path)}`,
    label: { level: 'internal', categories: [] },
    ...(columns === undefined ? {} : { columns: columns.map((name) => ({ name })) }),
    split: { ...(inputs === undefined ? { outcomes: [objective] } : { inputs }), seed, confirmFraction },
  });
  const at = { signal: call.signal };
  const version = dataOf(
    await client.api.GET('/v1/versions/{id}', { params: { path: { id: imported.version } }, ...at }),
  );
  const column = version.columns.find(({ name }) => name === objective);
  if (column === undefined) {
    const known = version.columns.map(({ name }) => name).join(', ');
    throw new UsageError(`--objective: the table has no column "${objective}"; it has ${known}`);
  }
  const split = dataOf(
    await client.api.GET('/v1/splits/{id}', { params: { path: { id: imported.split! } }, ...at }),
  );
  call.say(
    `  ${version.rows} rows; ${split.explore.keys} designs to explore, ${split.confirm.keys} sealed for the test` +
      ` (inputs: ${split.keyColumns.join(', ')})`,
  );
  const half = Math.max(4, Math.floor(split.explore.keys / 2));
  const budget = options.budget ?? Math.min(options.quick === true ? 12 : 60, half);
  return {
    campaign: {
      title: `${goal.kind === 'minimize' ? 'Least' : goal.kind === 'maximize' ? 'Most' : 'Wanted'} ${objective} of ${basename(path)}`,
      challenge,
      source: { kind: 'table', version: imported.version, split: split.id, inputs: split.keyColumns },
      objective: { name: objective, unit: column.unit, goal },
      budget,
      repeats: options.repeats ?? (options.quick === true ? 2 : 3),
      starts: Math.min(3, budget),
      batch: options.batch,
      arms: strategies,
      seed: options.seed,
      label: { level: 'internal', categories: [] },
    },
    predictionSample: undefined,
    armsSample: options.quick === true ? fewest.arms : 24,
    // Of a table nothing is known beforehand but that somebody thought it worth measuring.
    confidence: { prediction: 0.8, arms: 0.75 },
  };
}

/** Decides what will be done, and imports the table where there is one. */
export async function planDemo(
  call: Call,
  client: GenesisClient,
  options: DemoOptions,
  compute: Place['compute'],
): Promise<DemoPlan> {
  const table = tableOf(options);
  return table === undefined ? silicaPlan(options, compute) : await tablePlan(call, client, options, table);
}
