import { dataOf } from '@genesis/client';
import type { Command } from 'commander';
import { declare, type Registry, whole } from '../command.ts';
import { table } from '../terminal/table.ts';
import { drawLineage, toProvJson } from '../work/lineage.ts';

export function lineageCommands(registry: Registry, program: Command): void {
  declare<[string], { prov?: boolean }>(registry, program, 'lineage <id>', {
    summary: 'Where something comes from, and what came of it',
    options: (command) => command.option('--prov', 'as PROV-JSON (W3C) in place of a tree'),
    examples: [
      'genesis lineage mdl_01jd8x3k2v9q7r5t1w4y6z8abc',
      'genesis lineage cmp_01jd8x3k2v9q7r5t1w4y6z8abc --prov > lineage.json',
    ],
    act: async (call, { prov }, id) => {
      const { api } = await call.client();
      const found = dataOf(
        await api.GET('/v1/lineage/{id}', { params: { path: { id } }, signal: call.signal }),
      );
      const document = toProvJson(found.edges);
      if (prov === true) return { text: JSON.stringify(document, null, 2), json: document };
      const left = found.complete ? '' : '\nThere is more; this is as far as one answer goes.';
      return { text: `${drawLineage(id, found.edges)}${left}`, json: { id, ...found } };
    },
  });

  declare<[string], { limit: number }>(registry, program, 'audit <id>', {
    summary: 'Who used a dataset or anything else, for what, and who was denied (stewards and auditors)',
    options: (command) => command.option('--limit <n>', 'at most this many', whole(1, 1000), 200),
    examples: ['genesis audit dst_01jd8x3k2v9q7r5t1w4y6z8abc'],
    act: async (call, { limit }, id) => {
      const { api } = await call.client();
      const params = { path: { id }, query: { limit } };
      const { items } = dataOf(await api.GET('/v1/audit/{id}', { params, signal: call.signal }));
      const rows = items.map((one) => [
        one.at,
        one.actor,
        one.action,
        one.purpose,
        one.effect,
        one.entry ?? 'not for you to know',
      ]);
      return {
        text: table(['When', 'Who', 'Action', 'Purpose', 'Decision', 'Entry'], rows),
        json: { items },
      };
    },
  });
}
