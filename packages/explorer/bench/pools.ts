import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Design, Goal, Space } from '../src/index.ts';
import { type Pool, poolOf } from './pool.ts';
import { type SimulatedName, simulate, simulatedNames } from './simulated.ts';

/** Where the measured tables lie: `GENESIS_DATA`, else beside the repository. */
export const dataFolder =
  process.env['GENESIS_DATA'] ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));

function lines(path: string): string[][] {
  const text = readFileSync(`${dataFolder}/closedloop/${path}`, 'utf8');
  return text
    .split(/\r?\n/)
    .filter((line) => line.length > 0)
    .map((line) => line.split(','));
}

type OlympusConfig = {
  parameters: { name: string; low: number; high: number }[];
  default_goal: 'minimize' | 'maximize';
};

/** A pool of the Olympus collection. `simplex`: its inputs are fractions of one composition. */
function olympus(name: string, simplex: boolean): Pool {
  const folder = `olympus/dataset_${name}`;
  const config: OlympusConfig = JSON.parse(
    readFileSync(`${dataFolder}/closedloop/${folder}/config.json`, 'utf8'),
  );
  const names = config.parameters.map((parameter) => parameter.name);
  const rows = lines(`${folder}/data.csv`).map((cells) => cells.map(Number));
  const space: Space = {
    parameters: config.parameters.map((parameter, i) =>
      simplex
        ? { kind: 'fraction', name: parameter.name, group: 'composition' }
        : {
            kind: 'continuous',
            name: parameter.name,
            min: Math.min(parameter.low, ...rows.map((row) => row[i]!)),
            max: Math.max(parameter.high, ...rows.map((row) => row[i]!)),
          },
    ),
  };
  const goal: Goal = { kind: config.default_goal };
  return poolOf(
    name,
    space,
    goal,
    rows.map((row) => ({
      design: Object.fromEntries(names.map((input, i) => [input, row[i]!])),
      value: row[names.length]!,
    })),
  );
}

function crossedBarrel(): Pool {
  const [header, ...rows] = lines('pvlab/Crossed_barrel_dataset.csv');
  const inputs = header!.slice(0, 4);
  const table = rows.map((cells) => ({
    design: Object.fromEntries(inputs.map((name, i) => [name, Number(cells[i])])) as Design,
    value: Number(cells[4]),
  }));
  const space: Space = {
    parameters: inputs.map((name) => {
      const values = table.map(({ design }) => design[name] as number);
      return { kind: 'continuous', name, min: Math.min(...values), max: Math.max(...values) };
    }),
  };
  return poolOf('crossed-barrel', space, { kind: 'maximize' }, table);
}

/** Direct arylation: the three components by name only (a SMILES text is a name), concentration and temperature. */
function directArylation(): Pool {
  const [header, ...rows] = lines('edbo/direct_arylation_experiment_index.csv');
  const column = (name: string): number => header!.indexOf(name);
  const components = ['Base_SMILES', 'Ligand_SMILES', 'Solvent_SMILES'];
  const conditions = ['Concentration', 'Temp_C'];
  const table = rows.map((cells) => ({
    design: Object.fromEntries([
      ...components.map((name) => [name, cells[column(name)]!] as const),
      ...conditions.map((name) => [name, Number(cells[column(name)])] as const),
    ]) as Design,
    value: Number(cells[column('yield')]),
  }));
  const values = (name: string): (string | number)[] => [
    ...new Set(table.map(({ design }) => design[name]!)),
  ];
  const space: Space = {
    parameters: [
      ...components.map((name) => ({
        kind: 'categorical' as const,
        name,
        choices: values(name).map(String).sort(),
      })),
      ...conditions.map((name) => {
        const numbers = values(name).map(Number);
        return { kind: 'continuous' as const, name, min: Math.min(...numbers), max: Math.max(...numbers) };
      }),
    ],
  };
  return poolOf('direct-arylation', space, { kind: 'maximize' }, table);
}

/** The pools that settings are chosen on. */
export const tuningPools = ['agnp', 'colors_bob', 'hplc', 'photo_wf3', ...simulatedNames] as const;

/** Loads a pool. Simulated ones are a fresh function for every seed; measured ones are the same table. */
export function loadPool(name: string, seed: number): Pool {
  if (name === 'crossed-barrel') return crossedBarrel();
  if (name === 'direct-arylation') return directArylation();
  if (name === 'oer_plate_3496') return olympus(name, true);
  if (name === 'photo_wf3') return olympus(name, true);
  if (name === 'agnp' || name === 'colors_bob' || name === 'hplc') return olympus(name, false);
  if (simulatedNames.includes(name as SimulatedName)) return simulate(name as SimulatedName, seed);
  throw new Error(`no pool is named ${name}`);
}
