import type { Label, ModelDescription } from '@genesis/contracts';
import type { RegisteredRow } from '../registry/rows.ts';
import type { Outputs } from './engine.ts';
import type { Checked } from './table.ts';

/** What is said of one row. Figures that the model does not have are left out. */
export type RowAnswer = {
  value?: number | string | null;
  sd?: number | null;
  low?: number | null;
  high?: number | null;
  probabilities?: (number | null)[];
  /** Inputs beyond the range of the training data: what is said there was never measured. */
  outside?: string[];
};

export type ServedAnswer = {
  model: string;
  name: string;
  version: number;
  label: Label;
  output: { name: string; unit: string | null; categories: string[] | null };
  /** The level of the intervals, where there are some. */
  level: number | null;
  predictions: RowAnswer[];
};

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;

type Interval = NonNullable<NonNullable<ModelDescription['serving']>['interval']>;

/** The limits of a row's interval, by whichever rule the model states; undefined where it states none. */
function intervalOf(
  { halfWidth, lowerOutput, upperOutput, scaleOutput, quantile }: Interval,
  mean: number | undefined,
  at: (output: string) => number | undefined,
): [number | null, number | null] | undefined {
  if (lowerOutput !== undefined && upperOutput !== undefined)
    return [finite(at(lowerOutput)), finite(at(upperOutput))];
  if (mean === undefined) return undefined;
  const half =
    scaleOutput !== undefined && quantile !== undefined ? quantile * (at(scaleOutput) ?? NaN) : halfWidth;
  return half === undefined ? undefined : [finite(mean - half), finite(mean + half)];
}

const mostLikely = (probabilities: readonly number[]): number =>
  probabilities.indexOf(Math.max(...probabilities));

/** The outputs that a served model is asked for, each with how many numbers it gives for a row. */
export function outputsOf(
  { outputs, interval }: NonNullable<ModelDescription['serving']>,
  categories: number,
): Map<string, number> {
  const single = [
    outputs.mean,
    outputs.sd,
    interval?.lowerOutput,
    interval?.upperOutput,
    interval?.scaleOutput,
  ];
  const all = new Map(single.filter((name) => name !== undefined).map((name) => [name, 1]));
  if (outputs.probabilities !== undefined) all.set(outputs.probabilities, categories);
  return all;
}

/** The answer to a call: which version said it, under which label, and a figure for each row. */
export function answerOf(row: RegisteredRow, label: Label, checked: Checked, outputs: Outputs): ServedAnswer {
  const { description } = row;
  const serving = description.serving!;
  const { mean, sd, probabilities } = serving.outputs;
  const { interval } = serving;
  const [output] = description.outputs;
  const categories = output?.categories;
  const predictions: RowAnswer[] = [];
  for (let place = 0; place < checked.rows; place++) {
    const at = (name: string): number | undefined => outputs[name]?.data[place * outputs[name].width];
    const said: RowAnswer = {};
    if (mean !== undefined) {
      const value = at(mean);
      said.value = categories === undefined ? finite(value) : (categories[value ?? -1] ?? null);
      if (categories === undefined && interval != null) {
        const limits = intervalOf(interval, value, at);
        if (limits !== undefined) [said.low, said.high] = limits;
      }
    }
    if (sd !== undefined) said.sd = finite(at(sd));
    if (probabilities !== undefined) {
      const { data, width } = outputs[probabilities]!;
      const own = [...data.subarray(place * width, (place + 1) * width)];
      said.probabilities = own.map(finite);
      if (mean === undefined) said.value = categories?.[mostLikely(own)] ?? null;
    }
    const outside = checked.outside?.[place];
    if (outside !== undefined) said.outside = outside;
    predictions.push(said);
  }
  return {
    ...{ model: row.id, name: row.name, version: row.version, label },
    output: { name: output?.name ?? '', unit: output?.unit ?? null, categories: categories ?? null },
    level: interval?.level ?? null,
    predictions,
  };
}
