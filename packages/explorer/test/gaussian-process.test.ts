import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  condition,
  logLikelihood,
  logLikelihoodGradient,
  posterior,
  prepare,
} from '../src/gaussian-process.ts';
import { createRandom } from '../src/random.ts';

type Case = {
  name: string;
  rows: number[][];
  values: number[];
  fresh: number[][];
  categorical: boolean[];
  extra_noise: number[];
  length_scales: number[];
  signal: number;
  offset: number;
  noise: number;
  mean: number[];
  variance: number[];
  log_likelihood: number;
};

const reference: { cases: Case[] } = JSON.parse(
  readFileSync(new URL('./reference/gaussian-process.json', import.meta.url), 'utf8'),
);

function preparedOf(c: Case) {
  return prepare({
    rows: Float64Array.from(c.rows.flat()),
    categorical: c.categorical,
    values: Float64Array.from(c.values),
    extraNoise: Float64Array.from(c.extra_noise),
  });
}

function parametersOf(c: Case) {
  return {
    lengthScales: Float64Array.from(c.length_scales),
    signal: c.signal,
    offset: c.offset,
    noise: c.noise,
  };
}

test.each(reference.cases.map((c) => [c.name, c] as const))(
  'agrees with the reference values to 1e-8: %s',
  (_, c) => {
    const process = condition(preparedOf(c), parametersOf(c))!;
    const { mean, variance } = posterior(process, Float64Array.from(c.fresh.flat()));
    expect(Math.abs(process.logLikelihood - c.log_likelihood)).toBeLessThan(1e-8);
    expect(Math.abs(logLikelihood(preparedOf(c), parametersOf(c))! - c.log_likelihood)).toBeLessThan(1e-8);
    c.mean.forEach((value, i) => {
      expect(Math.abs(mean[i]! - value)).toBeLessThan(1e-8);
    });
    c.variance.forEach((value, i) => {
      expect(Math.abs(variance[i]! - value)).toBeLessThan(1e-8);
    });
  },
);

test('there are reference cases from both routes', () => {
  expect(reference.cases.filter(({ name }) => name.startsWith('scikit-learn'))).toHaveLength(4);
  expect(reference.cases.filter(({ name }) => name.startsWith('scipy'))).toHaveLength(2);
});

test.each(reference.cases.map((c) => [c.name, c] as const))(
  'gradients of the likelihood agree with finite differences: %s',
  (_, c) => {
    const base = parametersOf(c);
    const prepared = preparedOf(c);
    const width = c.length_scales.length;
    const { value, byParameter, byValue } = logLikelihoodGradient(prepared, base)!;
    expect(value).toBeCloseTo(c.log_likelihood, 8);
    const at = (index: number, step: number) => {
      const factor = Math.exp(step);
      return {
        lengthScales: base.lengthScales.map((scale, k) => (k === index ? scale * factor : scale)),
        signal: index === width ? base.signal * factor : base.signal,
        offset: base.offset,
        noise: index === width + 1 ? base.noise * factor : base.noise,
      };
    };
    const step = 1e-5;
    for (let index = 0; index < width + 2; index++) {
      const above = logLikelihood(prepared, at(index, step))!;
      const below = logLikelihood(prepared, at(index, -step))!;
      const difference = (above - below) / (2 * step);
      expect(Math.abs(byParameter[index]! - difference)).toBeLessThan(
        1e-5 * Math.max(1, Math.abs(difference)),
      );
    }
    const moved = { ...prepared.data, values: prepared.data.values.slice() };
    moved.values[1] = moved.values[1]! + step;
    const above = logLikelihood(prepare(moved), base)!;
    expect(Math.abs(byValue[1]! - (above - value) / step)).toBeLessThan(
      1e-2 * Math.max(1, Math.abs(byValue[1]!)),
    );
  },
);

test('duplicate rows without noise are factorised with the least jitter that works', () => {
  const random = createRandom('duplicates');
  const rows = Float64Array.from({ length: 20 }, () => random.uniform());
  const doubled = Float64Array.from([...rows, ...rows]);
  const values = doubled.map((x) => Math.sin(6 * x));
  const parameters = { lengthScales: Float64Array.of(0.5), signal: 1, offset: 0, noise: 1e-14 };
  const process = condition(prepare({ rows: doubled, categorical: [false], values }), parameters)!;
  const { mean } = posterior(process, doubled);
  for (let i = 0; i < 40; i++) expect(mean[i]!).toBeCloseTo(values[i]!, 4);
});
