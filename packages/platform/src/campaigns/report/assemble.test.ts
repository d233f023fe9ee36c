import { expect, test } from 'vitest';
import { assembleReport } from './assemble.ts';
import { bestExperiment } from './best.ts';
import type { ExperimentFacts, ReportFacts } from './facts.ts';
import type { ExplorationReport } from './model.ts';
import {
  armsClaim,
  hypothesisFacts,
  predictionClaim,
  sampleExperiments,
  sampleFacts,
} from './sample-facts.ts';

const measured = (arm: string, repeat: number, values: (number | null)[]): ExperimentFacts[] =>
  values.map((value, index) => ({
    arm,
    repeat,
    index,
    design: { teos: index, base: 'A' },
    outcome: value === null ? { status: 'failed', reason: 'no' } : { status: 'measured', value },
  }));

function explored(
  experiments: ExperimentFacts[],
  change: (facts: ReportFacts) => ReportFacts = (facts) => facts,
): ExplorationReport {
  const { exploration } = assembleReport(
    change({ ...sampleFacts(), experiments: { shown: true, value: experiments } }),
  );
  if (!exploration.shown) throw new Error('withheld');
  return exploration.value;
}

const maximising = (facts: ReportFacts): ReportFacts => {
  const { plan } = facts.campaign;
  const objective = { ...plan.objective, goal: { kind: 'maximize' as const } };
  return { ...facts, campaign: { ...facts.campaign, plan: { ...plan, objective } } };
};

test('an arm shows the best so far over its repeats, from where all of them have a value', () => {
  const { arms } = explored(
    [
      ...measured('clever', 0, [1, 5, 3]),
      ...measured('clever', 1, [null, 2, 9]),
      ...measured('clever', 2, [null, null, null]),
    ],
    maximising,
  );
  expect(arms[0]!.progress.points).toEqual([
    { experiment: 2, median: 3.5, low: 2, high: 5 },
    { experiment: 3, median: 7, low: 5, high: 9 },
  ]);
  expect(arms[0]!.progress.repeats).toBe(2);
  expect(arms[0]).toMatchObject({
    measured: 5,
    failed: 4,
    recorded: 9,
    control: false,
    final: { median: 7 },
  });
  expect(arms[0]!.progress.misses).toEqual([
    { experiment: 1, failed: 2, censored: 0 },
    { experiment: 2, failed: 1, censored: 0 },
    { experiment: 3, failed: 1, censored: 0 },
  ]);
});

test('for a target the lines show the distance to it', () => {
  const { arms, best } = explored(measured('clever', 0, [310, 400, 295]));
  expect(arms[0]!.progress.points.map(({ median }) => median)).toEqual([10, 10, 5]);
  expect(arms[0]!.progress.singles.map(({ value }) => value)).toEqual([10, 100, 5]);
  expect(best).toMatchObject({ experiment: 3, outcome: { value: 295 } });
});

test('from four repeats on the band holds the quartiles', () => {
  const { arms } = explored(
    [1, 2, 3, 4, 5].flatMap((value, repeat) => measured('clever', repeat, [value])),
    maximising,
  );
  expect(arms[0]!.progress.points).toEqual([{ experiment: 1, median: 3, low: 2, high: 4 }]);
});

test('an experiment without a result is not reported, a failed one is', () => {
  const open = { ...measured('random', 0, [7])[0]!, outcome: null };
  const { experiments } = explored([...measured('clever', 0, [null]), open]);
  expect(experiments.map(({ outcome }) => outcome.status)).toEqual(['failed']);
});

test('the best experiment is the first among equals', () => {
  const experiments = [...measured('clever', 0, [1, 4]), ...measured('random', 0, [4, null])];
  expect(bestExperiment({ kind: 'maximize' }, experiments)).toBe(experiments[1]);
  expect(bestExperiment({ kind: 'minimize' }, experiments)).toBe(experiments[0]);
  expect(bestExperiment({ kind: 'minimize' }, measured('clever', 0, [null]))).toBeUndefined();
});

test('a lead is positive when the clever arm is ahead, whichever way scores run', () => {
  const rows = [
    { unit: '1', clever: 3, control: 1 },
    { unit: '2', clever: 1, control: 2 },
    { unit: '3', clever: null, control: 2 },
  ];
  const leads = (goal: 'maximise' | 'minimise') => {
    const facts = {
      ...hypothesisFacts('hyp_1', armsClaim(goal), null),
      rows: { shown: true as const, value: rows },
    };
    return assembleReport({ ...sampleFacts(), hypotheses: [facts] }).hypotheses[0]!.rows;
  };
  expect(leads('maximise')).toEqual({
    shown: true,
    value: { kind: 'arms', differences: [-1, 2], missing: 1 },
  });
  expect(leads('minimise')).toEqual({
    shown: true,
    value: { kind: 'arms', differences: [-2, 1], missing: 1 },
  });
});

test('replicates of a design are one point', () => {
  const rows = [
    { unit: 'a', y: 1, mean: 4, sd: 2 },
    { unit: 'a', y: 3, mean: 4, sd: 2 },
    { unit: 'b', y: null, mean: 4, sd: 2 },
    { unit: 'c', y: 5, mean: 5 },
  ];
  const facts = {
    ...hypothesisFacts('hyp_1', predictionClaim(), null),
    rows: { shown: true as const, value: rows },
  };
  expect(assembleReport({ ...sampleFacts(), hypotheses: [facts] }).hypotheses[0]!.rows).toEqual({
    shown: true,
    value: {
      kind: 'prediction',
      missing: 1,
      units: [
        { measured: 2, predicted: 4, sd: 2 },
        { measured: 5, predicted: 5, sd: null },
      ],
    },
  });
});

test('the error budget and the confidences are summed up', () => {
  const report = assembleReport({
    ...sampleFacts(),
    families: [{ id: 'cmp_1', alpha: 0.05, spent: 0.01 + 0.02 }],
  });
  expect(report.families).toEqual([{ id: 'cmp_1', alpha: 0.05, spent: 0.03, left: 0.02 }]);
  expect(report.brier).toEqual({ score: ((1 - 0.9) ** 2 + (1 - 0.8) ** 2) / 2, scored: 2, inconclusive: 0 });
});

test('an output that is no curve shows none', () => {
  const curveWith = (output: unknown) =>
    explored(sampleExperiments(1, 3), (facts) => ({ ...facts, bestOutput: { shown: true, value: output } }))
      .curve;
  const good = { curve: { q: [1, 2], counts: [5, 6], sigma: [1, 1], fit: [5, 5] } };
  expect(curveWith(good)).toMatchObject({
    shown: true,
    value: { points: [{ q: 1, fit: 5 }, { q: 2 }], diameterNm: null },
  });
  for (const bad of [
    null,
    7,
    {},
    { curve: { ...good.curve, fit: [1] } },
    { curve: { ...good.curve, q: [1, Number.NaN] } },
  ]) {
    expect(curveWith(bad)).toEqual({ shown: true, value: null });
  }
});
