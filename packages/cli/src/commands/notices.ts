import { dataOf } from '@genesis/client';
import type { Command } from 'commander';
import { declare, group, type Registry, whole } from '../command.ts';
import { table } from '../terminal/table.ts';

export function noticeCommands(registry: Registry, program: Command): void {
  declare<[], { days?: number; limit: number }>(registry, program, 'notices', {
    summary: 'What you were told: requests, decisions, and access that ends; with --days, what is to come',
    options: (command) =>
      command
        .option('--days <n>', 'instead, all that ends, is due or waits within so many days', whole(1, 3650))
        .option('--limit <n>', 'the newest so many', whole(1, 200), 50),
    examples: ['genesis notices', 'genesis notices --days 30'],
    act: async (call, { days, limit }) => {
      const { api } = await call.client();
      const { signal } = call;
      if (days !== undefined) {
        const query = { days };
        const { items } = dataOf(await api.GET('/v1/access/reminders', { params: { query }, signal }));
        const rows = items.map(({ due, kind, id, text }) => [due, kind, id, text]);
        return { text: table(['Due', 'What', 'Id', 'Text'], rows), json: { items } };
      }
      const { items } = dataOf(await api.GET('/v1/notices', { params: { query: { limit } }, signal }));
      const rows = items.map(({ createdAt, about, text }) => [createdAt, about, text]);
      return { text: table(['When', 'About', 'Text'], rows), json: { items } };
    },
  });

  const disclosure = group(program, 'disclosure', 'Inventions to disclose under agreements');
  declare<[], { open?: boolean }>(registry, disclosure, 'list', {
    summary:
      'Supported hypotheses that an agreement of your organisation wants disclosed, by the day they are due',
    options: (command) => command.option('--open', 'only those that nobody has closed'),
    examples: ['genesis disclosure list', 'genesis disclosure list --open'],
    act: async (call, { open }) => {
      const { api } = await call.client();
      const query = open === true ? { open: 'true' } : {};
      const { items } = dataOf(await api.GET('/v1/disclosures', { params: { query }, signal: call.signal }));
      const rows = items.map((one) => [
        ...[one.id, one.hypothesis, one.agreement, one.dueAt, one.closedAt ?? 'open', one.note],
      ]);
      const head = ['Disclosure', 'Hypothesis', 'Agreement', 'Due', 'Closed', 'Note'];
      return { text: table(head, rows), json: { items } };
    },
  });

  declare<[string], { note: string }>(registry, disclosure, 'close <id>', {
    summary: 'Say what was done about one (stewards of a party)',
    options: (command) => command.requiredOption('--note <text>', 'what was done'),
    examples: ['genesis disclosure close dsc_01jd8x3k2v9q7r5t1w4y6z8abc --note "Filed with the parties"'],
    act: async (call, { note }, id) => {
      const { api } = await call.client();
      const options = { params: { path: { id } }, body: { note }, signal: call.signal };
      const made = dataOf(await api.POST('/v1/disclosures/{id}/close', options));
      return { text: `${id} is closed.`, json: { ...made } };
    },
  });
}
