import type { Goal } from '@genesis/contracts';
import type { Command } from 'commander';
import { decimal, names, oneOf, whole } from '../command.ts';
import { UsageError } from '../failure.ts';
import { type DemoPlace, demoPlaces } from './places.ts';

/** What the command line of the demonstration gives. */
export type DemoOptions = {
  folder?: string;
  seed: string;
  target?: number;
  budget?: number;
  repeats?: number;
  batch: number;
  quick?: boolean;
  table?: string;
  objective?: string;
  maximize?: boolean;
  minimize?: boolean;
  inputs?: string[];
  columns?: string[];
  resource: DemoPlace;
};

export const addDemoOptions = (command: Command): Command =>
  command
    .option(
      '--folder <folder>',
      'where everything goes; it must not exist yet (default: demo-<time> in this folder)',
    )
    .option('--seed <text>', 'everything random follows from it', 'genesis')
    .option(
      '--target <value>',
      'wanted value: the diameter of the spheres in nm (default: 300), or with --table a value of the objective',
      decimal(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY),
    )
    .option('--budget <n>', 'experiments of each arm in each repeat', whole(4, 1000))
    .option('--repeats <n>', 'independent repetitions', whole(1, 20))
    .option('--batch <n>', 'experiments that an arm proposes before it learns from them', whole(1, 100), 1)
    .option(
      '--resource <place>',
      'where the experiments run: platform, slurm (yours if SLURM_CONF is set, else one of a single node), or iri (another Genesis in front of that)',
      oneOf(demoPlaces),
      'platform',
    )
    .option('--quick', 'a short one: fewer experiments and the smallest tests that are allowed')
    .option('--table <file>', 'a table of your own (CSV or Parquet) in place of the virtual instrument')
    .option('--objective <column>', 'with --table: the measured column')
    .option('--maximize', 'with --table: more of it is better')
    .option('--minimize', 'with --table: less of it is better')
    .option('--inputs <a,b,c>', 'with --table: the columns that were varied (default: all others)', names)
    .option('--columns <a,b,c>', 'with --table: names of the columns of a file without a header', names);

const targetDefault = 300;

/** The wanted table and goal, or undefined for the virtual instrument. */
export function tableOf(options: DemoOptions): { path: string; objective: string; goal: Goal } | undefined {
  const { table, objective, maximize, minimize, target } = options;
  if (table === undefined) {
    const misplaced = (['objective', 'maximize', 'minimize', 'inputs', 'columns'] as const).find(
      (name) => options[name] !== undefined,
    );
    if (misplaced !== undefined) throw new UsageError(`--${misplaced} needs --table FILE`);
    return undefined;
  }
  if (objective === undefined)
    throw new UsageError('--table needs --objective COLUMN: which column is to be improved?');
  if (options.resource !== 'platform')
    throw new UsageError(
      '--resource is for the virtual instrument: a table is replayed by the platform itself',
    );
  const goals = [maximize === true, minimize === true, target !== undefined].filter(Boolean).length;
  if (goals !== 1)
    throw new UsageError('--table needs exactly one of --maximize, --minimize and --target VALUE');
  if (target !== undefined) return { path: table, objective, goal: { kind: 'target', value: target } };
  return { path: table, objective, goal: { kind: maximize === true ? 'maximize' : 'minimize' } };
}

export const targetOf = ({ target }: DemoOptions): number => target ?? targetDefault;

const two = (value: number): string => String(value).padStart(2, '0');

/** `demo-20261123-060512`, in the local time of the person. */
export const folderName = (now: Date): string =>
  `demo-${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}` +
  `-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
