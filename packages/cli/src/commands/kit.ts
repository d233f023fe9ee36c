import { type Answer, dataOf } from '@genesis/client';
import type { Command } from 'commander';
import { declare, group, type Registry } from '../command.ts';
import { StepError } from '../failure.ts';
import { plain } from '../terminal/plain.ts';
import { facts, table } from '../terminal/table.ts';
import { until } from '../work/wait.ts';

type Kit = Answer<'/v1/kits/{name}', 'get'>;

const stateOf = ({ state, problem }: Kit['environment']): string =>
  problem === null ? state : `${state}: ${plain(problem)}`;

const at = (name: string, signal: AbortSignal) => ({ params: { path: { name } }, signal });

export function kitCommands(registry: Registry, program: Command): void {
  const kit = group(program, 'kit', 'Kits of Python programs that train and predict');

  declare(registry, kit, 'list', {
    summary: 'Kits, what they can do, and whether their Python environments are there',
    examples: ['genesis kit list', 'genesis kit list --json'],
    act: async (call) => {
      const { api } = await call.client();
      const found = dataOf(await api.GET('/v1/kits', { signal: call.signal }));
      const rows = found.items.map((one) => [
        ...[one.name, one.version, one.capabilities.map(({ capability }) => capability).join(', ')],
        one.environment.state,
      ]);
      const wrong = found.problems.map((problem) => `\nCannot be used: ${plain(problem)}`).join('');
      return {
        text: `${table(['Kit', 'Version', 'Runs as', 'Environment'], rows)}${wrong}`,
        json: { ...found },
      };
    },
  });

  declare<[string]>(registry, kit, 'show <name>', {
    summary: 'A kit with the input that its programs take',
    examples: ['genesis kit show tabular'],
    act: async (call, _options, name) => {
      const { api } = await call.client();
      const found = dataOf(await api.GET('/v1/kits/{name}', at(name, call.signal)));
      const text = facts([
        ['Kit', `${found.name} ${found.version}`],
        ['About', found.summary],
        ['Python', found.python],
        ['Environment', stateOf(found.environment)],
        ['Key', found.environment.key],
      ]);
      const parts = found.capabilities.map(({ capability, summary, datasets, input, resources }) =>
        [
          `${capability}: ${plain(summary)}`,
          ...datasets.map((one) => `  reads inputs/${one.name}: ${plain(one.summary)}`),
          `  at most ${resources.cpuCores} cores, ${resources.memoryBytes} bytes of memory, ${resources.durationSeconds} s`,
          `  input: ${JSON.stringify(input)}`,
        ].join('\n'),
      );
      return { text: [text, ...parts].join('\n\n'), json: { ...found } };
    },
  });

  declare<[string | undefined], { all?: boolean }>(registry, kit, 'prepare [name]', {
    summary: 'Make the Python environment of a kit now, and not with its first run',
    details:
      'Packages are fetched from where pip is set to look on the server, or taken from its wheel folder. Made once, it is kept.',
    options: (command) => command.option('--all', 'of every kit'),
    examples: ['genesis kit prepare tabular', 'genesis kit prepare --all'],
    act: async (call, { all }, name) => {
      const { api } = await call.client();
      const { signal } = call;
      const every = dataOf(await api.GET('/v1/kits', { signal })).items.map((one) => one.name);
      const wanted = all === true ? every : name === undefined ? [] : [name];
      if (wanted.length === 0)
        throw new StepError(`Name a kit, or --all. There are: ${every.join(', ') || 'none'}.`);
      const made: Kit[] = [];
      for (const one of wanted) {
        const begun = dataOf(await api.POST('/v1/kits/{name}/prepare', at(one, signal)));
        let told: string[] = [];
        const tell = ({ lines }: Kit['environment']): void => {
          const from = told.length === 0 ? 0 : lines.lastIndexOf(told.at(-1)!) + 1;
          for (const line of lines.slice(from)) call.say(`${one}: ${plain(line)}`);
          told = lines;
        };
        tell(begun.environment);
        const over = await until(async () => {
          const found = dataOf(await api.GET('/v1/kits/{name}', at(one, signal)));
          tell(found.environment);
          return found.environment.state === 'making' ? undefined : found;
        }, signal);
        if (over.environment.state !== 'ready')
          throw new StepError(`The environment of ${one} could not be made. ${stateOf(over.environment)}`);
        made.push(over);
      }
      const text = made.map((one) => `${one.name}: ready, ${one.environment.key}`).join('\n');
      return { text, json: { kits: made } };
    },
  });
}
