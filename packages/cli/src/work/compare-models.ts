/** A measured figure of a version. */
export type Metric = {
  name: string;
  value: number;
  unit: string | null;
  on: string;
  n: number;
  low: number | null;
  high: number | null;
};
export type Compared = { id: string; title: string; metrics: readonly Metric[] };

export type ComparedMetric = {
  name: string;
  unit: string | null;
  on: string;
  /** One for each version, in their order; null where it has no such figure. */
  values: (Pick<Metric, 'value' | 'low' | 'high' | 'n'> | null)[];
  verdict: string;
};

const lower = /(^|[^a-z])(mae|mse|rmse|error|loss|brier|nll|crps|mape|deviance)([^a-z]|$)/i;
const higher =
  /(^|[^a-z])(r2|accuracy|auc|roc_auc|f1|precision|recall|correlation|pearson|spearman)([^a-z]|$)/i;

/** Which direction of a figure is good, as its name says; undefined where the name says nothing. */
export function directionOf(name: string): 'lower' | 'higher' | undefined {
  if (lower.test(name)) return 'lower';
  return higher.test(name) ? 'higher' : undefined;
}

/**
 * What the figures of several versions say against each other. Without a test on the same rows, overlapping intervals are
 * a tie, and figures without intervals decide nothing.
 */
function verdictOf(name: string, titles: readonly string[], values: ComparedMetric['values']): string {
  const known = values.flatMap((value, at) => (value === null ? [] : [{ ...value, title: titles[at]! }]));
  if (known.length < 2) return 'only one version has it';
  const direction = directionOf(name);
  if (direction === undefined) return 'not ranked: the name does not say which direction is better';
  const sorted = [...known].sort((a, b) => (direction === 'lower' ? a.value - b.value : b.value - a.value));
  const [best, ...others] = sorted as [(typeof sorted)[0], ...typeof sorted];
  if (known.some(({ low, high }) => low === null || high === null))
    return 'undecided: without intervals a difference says nothing';
  const tied = others.filter(({ low, high }) => low! <= best.high! && best.low! <= high!);
  if (tied.length === 0) return `${best.title} is better`;
  return `tie: the intervals of ${[best, ...tied].map(({ title }) => title).join(', ')} overlap, and no paired test was made`;
}

/** The figures of two or more versions side by side: those of one name, unit and basis belong together. */
export function compareModels(versions: readonly Compared[]): ComparedMetric[] {
  const titles = versions.map(({ title }) => title);
  const keys = new Map<string, Pick<Metric, 'name' | 'unit' | 'on'>>();
  for (const { name, unit, on } of versions.flatMap(({ metrics }) => metrics))
    keys.set(JSON.stringify([name, unit, on]), { name, unit, on });
  return [...keys.values()].map(({ name, unit, on }) => {
    const values = versions.map(({ metrics }) => {
      const found = metrics.find((one) => one.name === name && one.unit === unit && one.on === on);
      if (found === undefined) return null;
      const { value, low, high, n } = found;
      return { value, low, high, n };
    });
    return { name, unit, on, values, verdict: verdictOf(name, titles, values) };
  });
}
