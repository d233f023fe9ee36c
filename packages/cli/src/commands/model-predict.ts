import { readFile } from 'node:fs/promises';
import { type Answer, dataOf } from '@genesis/client';
import { type Design, designSchema } from '@genesis/contracts';
import type { Command } from 'commander';
import { type Call, declare, type Registry, type Result } from '../command.ts';
import { UsageError } from '../failure.ts';
import { figure } from '../terminal/plain.ts';
import { table } from '../terminal/table.ts';
import { readCsv, writeCsv } from '../work/csv.ts';
import { readJson } from '../work/json-input.ts';

type Said = Answer<'/v1/models/{id}/predict', 'post'>;
type Prediction = Said['predictions'][number];

/** A cell of a CSV file as a design has it: a number where it looks like one. */
const cellOf = (text: string): string | number =>
  text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;

function checkedDesigns(given: unknown): Design[] {
  const all = Array.isArray(given) ? given : [given];
  return all.map((one, at) => {
    const parsed = designSchema.safeParse(one);
    if (!parsed.success)
      throw new UsageError(`Design ${at + 1}: expected an object of names with numbers or texts`);
    return parsed.data;
  });
}

/** What a surrogate says of designs. */
function ofDesigns(designs: readonly Design[], { objective = '', unit = null, predictions }: Said): Result {
  const inputs = [...new Set(designs.flatMap((one) => Object.keys(one)))];
  const rows = predictions.map(({ mean, sd }, at) => [
    ...inputs.map((name) => designs[at]![name] ?? null),
    figure(mean),
    figure(sd),
  ]);
  const heading = unit === null ? objective : `${objective} (${unit})`;
  return { text: table([...inputs, heading, '± (sd)'], rows), json: { objective, unit, predictions } };
}

const shown = (value: Prediction['value']): string => (typeof value === 'string' ? value : figure(value));

/** What a served version says of rows, with what of it was never measured. */
function ofRows(rows: readonly Design[], said: Said): Result {
  const { output, level, predictions } = said;
  const inputs = [...new Set(rows.flatMap((one) => Object.keys(one)))];
  const name = output?.name ?? 'value';
  const unit = output?.unit ?? null;
  const lines = predictions.map(({ value, low, high, sd, outside }, at) => [
    ...inputs.map((input) => rows[at]![input] ?? null),
    shown(value),
    low === undefined || high === undefined ? figure(sd) : `${figure(low)} to ${figure(high)}`,
    outside === undefined ? '' : `beyond the training data: ${outside.join(', ')}`,
  ]);
  const within = level === null || level === undefined ? '± (sd)' : `${level * 100} % interval`;
  const head = [...inputs, unit === null ? name : `${name} (${unit})`, within, ''];
  return { text: table(head, lines), json: { ...said } };
}

/** The rows that were given, and where they come from a CSV file a text of the same cells. */
type Given = { rows: Design[]; csv?: string };

async function givenRows(call: Call, design: string | undefined, file: string | undefined): Promise<Given> {
  if ((design === undefined) === (file === undefined)) throw new UsageError('Give either --design or --csv.');
  if (file === undefined) return { rows: checkedDesigns(await readJson(design!, '--design', call.input)) };
  const texts = readCsv(await readFile(file, 'utf8'));
  const rows = texts.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, cellOf(cell)])),
  );
  const csv = writeCsv(
    Object.keys(texts[0] ?? {}),
    texts.map((row) => Object.values(row)),
  );
  return { rows: checkedDesigns(rows), csv };
}

/** Cells go out as texts: the server knows from the model which of them are numbers. */
const asCsv = (csv: string) => ({
  body: csv as never,
  bodySerializer: (text: unknown) => text as string,
  headers: { 'content-type': 'text/csv' },
});

/** Predictions, and serving what makes them. */
export function predictCommands(registry: Registry, model: Command): void {
  declare<[string], { stop?: boolean }>(registry, model, 'serve <id>', {
    summary: 'Serve a registered version, so that it answers predictions; several may be served side by side',
    options: (command) => command.option('--stop', 'stop serving it'),
    examples: [
      'genesis model serve mdl_01jd8x3k2v9q7r5t1w4y6z8abc',
      'genesis model serve mdl_01jd8x3k2v9q7r5t1w4y6z8abc --stop',
    ],
    act: async (call, { stop = false }, id) => {
      const { api } = await call.client();
      const params = { path: { id } };
      const { signal } = call;
      const { served } = dataOf(
        stop
          ? await api.POST('/v1/models/{id}/serve/stop', { params, signal })
          : await api.POST('/v1/models/{id}/serve', { params, signal }),
      );
      return { text: served ? `${id} is served.` : `${id} is not served any more.`, json: { id, served } };
    },
  });

  declare<[string], { design?: string; csv?: string }>(registry, model, 'predict <id>', {
    summary: 'Predictions with their uncertainty',
    options: (command) =>
      command
        .option('--design <json>', 'a row or a list of rows: JSON, @FILE, or - for standard input')
        .option(
          '--csv <file>',
          'rows in a CSV file; the first line names the inputs, each with its unit in brackets if you like: carbon [%]',
        ),
    examples: [
      `genesis model predict mdl_01jd8x3k2v9q7r5t1w4y6z8abc --design '{"teos":0.2,"water":6,"ammonia":1}'`,
      'genesis model predict mdl_01jd8x3k2v9q7r5t1w4y6z8abc --csv designs.csv --json',
    ],
    act: async (call, { design, csv }, id) => {
      const given = await givenRows(call, design, csv);
      const { rows } = given;
      const { api } = await call.client();
      const params = { path: { id } };
      const { signal } = call;
      const { kind } = dataOf(await api.GET('/v1/models/{id}', { params, signal }));
      const sent =
        kind === 'surrogate'
          ? { body: { designs: rows } }
          : given.csv === undefined
            ? { body: { rows } }
            : asCsv(given.csv);
      const said = dataOf(await api.POST('/v1/models/{id}/predict', { params, signal, ...sent }));
      return kind === 'surrogate' ? ofDesigns(rows, said) : ofRows(rows, said);
    },
  });
}
