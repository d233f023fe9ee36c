import { type Purpose, purposes } from '@genesis/contracts';
import { type Command, InvalidArgumentError } from 'commander';
import { declare, names, oneOf, type Registry } from '../command.ts';
import { table } from '../terminal/table.ts';
import { saveAnswer } from '../work/documents.ts';

type SliceOptions = {
  path?: string;
  columns?: string[];
  start?: string;
  stop?: string;
  step?: string;
  purpose: Purpose;
  output?: string;
};

type RowsSlice = { columns: { name: string; unit: string | null }[]; rows: (string | number | null)[][] };
type ValuesSlice = { path: string; dtype: string; units: string | null; shape: number[]; data: unknown };

const indexes = (text: string): string => {
  if (!/^\d+(,\d+)*$/.test(text))
    throw new InvalidArgumentError('expected whole numbers from 0, separated by commas');
  return text;
};

const shownRows = 200;

const listed = (data: unknown, depth: number): string[] =>
  depth > 1 && Array.isArray(data)
    ? data.map((row) => JSON.stringify(row))
    : Array.isArray(data)
      ? data.map(String)
      : [String(data)];

/** A slice as text: rows of a table, or one line for each place on the first axis. */
function showSlice(slice: RowsSlice | ValuesSlice): string {
  if ('rows' in slice) {
    const head = slice.columns.map(({ name, unit }) => (unit === null ? name : `${name} [${unit}]`));
    return table(head, slice.rows);
  }
  const { path, dtype, units, shape, data } = slice;
  const lines = listed(data, shape.length);
  const left = lines.length - shownRows;
  return [
    `${path}: ${dtype}${shape.length === 0 ? '' : ` [${shape.join(', ')}]`}${units === null ? '' : `, ${units}`}`,
    ...lines.slice(0, shownRows),
    ...(left > 0 ? [`and ${left} more (--json gives all)`] : []),
  ].join('\n');
}

/** Commands over what a version holds inside. */
export function contentCommands(registry: Registry, dataset: Command): void {
  declare<[string], SliceOptions>(registry, dataset, 'slice <version>', {
    summary: 'A part of a version: of a dataset of a tree, or of the rows of a table',
    details:
      'Of a tree (HDF5, NeXus, Zarr), --path names a dataset, and --start, --stop and --step have one number for each axis.\n' +
      'Of a table, --columns chooses columns and --start, --stop and --step are row numbers. Ends are exclusive. With --output,\n' +
      'values of a tree are written to a file as little-endian bytes in row-major order, however many they are.',
    options: (command) =>
      command
        .option('--path <path>', 'path of a dataset inside a tree')
        .option('--columns <a,b>', 'columns of a table', names)
        .option('--start <n,n>', 'where to begin (default: at the beginning)', indexes)
        .option('--stop <n,n>', 'where to end, exclusive (default: at the end)', indexes)
        .option('--step <n,n>', 'every how many-th (default: each)', indexes)
        .option(
          '--purpose <purpose>',
          `what you will do with it: ${purposes.join(', ')}`,
          oneOf(purposes),
          'explore',
        )
        .option('--output <file>', 'write the values of a tree to a file, as bytes'),
    examples: [
      'genesis dataset slice ver_01jd8x3k2v9q7r5t1w4y6z8abc --path /sasentry01/sasdata/I --stop 10',
      'genesis dataset slice ver_01jd8x3k2v9q7r5t1w4y6z8abc --path /entry/data/counts --start 0,0 --stop 100,100 --output counts.bin',
      'genesis dataset slice ver_01jd8x3k2v9q7r5t1w4y6z8abc --columns q,counts --start 100 --stop 120 --json',
    ],
    act: async (call, { columns = [], output, ...given }, id) => {
      const client = await call.client();
      const chosen = (['path', 'start', 'stop', 'step', 'purpose'] as const).flatMap(
        (name): [string, string][] => {
          const value = given[name];
          return value === undefined ? [] : [[name, value]];
        },
      );
      const query = new URLSearchParams([
        ...chosen,
        ...columns.map((name): [string, string] => ['columns', name]),
        ['form', output === undefined ? 'json' : 'bytes'],
      ]);
      const path = `/v1/versions/${encodeURIComponent(id)}/slice?${query.toString()}`;
      const answer = await client.send('GET', path, { signal: call.signal });
      if (output !== undefined) {
        const head = JSON.parse(answer.headers.get('genesis-slice') ?? '{}') as ValuesSlice;
        await saveAnswer(answer, output);
        const what = `${head.dtype} [${head.shape.join(', ')}]`;
        return { text: `Written to ${output}: ${what}, little-endian, row-major`, json: { ...head, output } };
      }
      const slice = (await answer.json()) as RowsSlice | ValuesSlice;
      return { text: showSlice(slice), json: { ...slice } };
    },
  });

  declare<[string], { output: string }>(registry, dataset, 'download <version>', {
    summary: 'The file of a tree or plain file, as it was imported',
    options: (command) => command.requiredOption('--output <file>', 'where to write it'),
    examples: ['genesis dataset download ver_01jd8x3k2v9q7r5t1w4y6z8abc --output run.nxs'],
    act: async (call, { output }, id) => {
      const client = await call.client();
      const path = `/v1/versions/${encodeURIComponent(id)}/file`;
      await saveAnswer(await client.send('GET', path, { signal: call.signal }), output);
      return { text: `Written to ${output}`, json: { version: id, output } };
    },
  });
}
