import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { dataOf } from '@genesis/client';
import { type Purpose, purposes } from '@genesis/contracts';
import type { Command } from 'commander';
import { declare, oneOf, type Registry, whole } from '../command.ts';
import { facts } from '../terminal/table.ts';
import { watchJob } from '../work/import-table.ts';

const formats = ['croissant', 'schema-org', 'datacite', 'dcat-us', 'ro-crate', 'prov'] as const;
type Format = (typeof formats)[number];

/** Descriptions of datasets for others, and files of datasets that others described. */
export function metadataCommands(registry: Registry, dataset: Command): void {
  declare<[string], { format: Format; output?: string; purpose: Purpose }>(
    registry,
    dataset,
    'metadata <id>',
    {
      summary: 'Describe a dataset in a standard of the field',
      options: (command) =>
        command
          .requiredOption('--format <format>', formats.join(', '), oneOf(formats))
          .option('-o, --output <file>', 'write to a file')
          .option(
            '--purpose <purpose>',
            `what you will do with it: ${purposes.join(', ')}`,
            oneOf(purposes),
            'explore',
          ),
      examples: [
        'genesis dataset metadata dst_01jd8x3k2v9q7r5t1w4y6z8abc --format croissant -o croissant.json',
        'genesis dataset metadata dst_01jd8x3k2v9q7r5t1w4y6z8abc --format datacite',
      ],
      act: async (call, { format, output, purpose }, id) => {
        const client = await call.client();
        const query = new URLSearchParams({ format, purpose });
        const path = `/v1/datasets/${encodeURIComponent(id)}/metadata?${query.toString()}`;
        const text = await (await client.send('GET', path, { accept: '*/*', signal: call.signal })).text();
        if (output !== undefined) {
          await writeFile(resolve(call.folder, output), text);
          return { text: `Written to ${output}`, json: { dataset: id, format, output } };
        }
        call.out.write(text);
        return { text: '', json: { dataset: id, format } };
      },
    },
  );

  declare<[string], { file: number; name?: string }>(registry, dataset, 'fetch <remote>', {
    summary: 'Import a file of a dataset that was harvested, under the label and conditions of its source',
    details: 'The platform fetches it; where its catalog names a SHA-256, other bytes are refused.',
    options: (command) =>
      command
        .option('--file <n>', 'its place in the list of files, from 0', whole(0, 99), 0)
        .option('--name <text>', 'name of the dataset (default: the name that it has there)'),
    examples: ['genesis dataset fetch rmt_01jd8x3k2v9q7r5t1w4y6z8abc --file 1'],
    act: async (call, { file, name }, id) => {
      const client = await call.client();
      const job = dataOf(
        await client.api.POST('/v1/remote-datasets/{id}/fetch', {
          params: { path: { id } },
          body: { file, ...(name === undefined ? {} : { name }) },
          signal: call.signal,
        }),
      );
      const made = await watchJob(call, client, job.id);
      const text = facts([
        ['Dataset', made.dataset],
        ['Version', made.version],
      ]);
      return { text, json: { ...made } };
    },
  });
}
