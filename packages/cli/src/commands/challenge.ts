import { dataOf } from '@genesis/client';
import type { Command } from 'commander';
import { declare, group, type Registry, whole } from '../command.ts';
import { facts, table } from '../terminal/table.ts';

export function challengeCommands(registry: Registry, program: Command): void {
  const challenge = group(program, 'challenge', 'The national challenges that campaigns serve');

  declare(registry, challenge, 'list', {
    summary: 'All challenges',
    examples: ['genesis challenge list'],
    act: async (call) => {
      const { api } = await call.client();
      const { items } = dataOf(await api.GET('/v1/challenges', { signal: call.signal }));
      const rows = items.map(({ number, name, area, summary }) => [number, name, area, summary]);
      return { text: table(['No', 'Challenge', 'Area', 'About'], rows), json: { items } };
    },
  });

  declare<[string]>(registry, challenge, 'show <number>', {
    summary: 'A challenge, and the campaigns for it that you may see',
    examples: ['genesis challenge show 11'],
    act: async (call, _options, given) => {
      const { api } = await call.client();
      const params = { path: { number: whole(1, 1000)(given) } };
      const found = dataOf(await api.GET('/v1/challenges/{number}', { params, signal: call.signal }));
      const { number, name, area, summary } = found.challenge;
      const rows = found.campaigns.map(({ id, title, state }) => [id, title, state]);
      const heading = facts([
        ['Number', number],
        ['Name', name],
        ['Area', area],
        ['About', summary],
      ]);
      return { text: `${heading}\n\n${table(['Campaign', 'Title', 'State'], rows)}`, json: { ...found } };
    },
  });
}
