import { expect, test } from 'vitest';
import {
  bestOf,
  type Design,
  decodeSurrogate,
  encodeSurrogate,
  fitSurrogate,
  type Goal,
  type Observation,
  predict,
  type Space,
  suggest,
} from '../src/index.ts';

function measure(design: Design): number {
  const warm = ((design['temperature'] as number) - 90) / 50;
  const solvent = { water: 0.2, ethanol: 1, hexane: 0 }[design['solvent'] as string]!;
  return 10 + solvent - warm * warm + 2 * (design['copper'] as number) * (design['zinc'] as number);
}

test('the example of the README', () => {
  const space: Space = {
    parameters: [
      { kind: 'continuous', name: 'temperature', min: 20, max: 120 },
      { kind: 'categorical', name: 'solvent', choices: ['water', 'ethanol', 'hexane'] },
      { kind: 'fraction', name: 'copper', group: 'catalyst' },
      { kind: 'fraction', name: 'zinc', group: 'catalyst' },
    ],
    constraints: [{ coefficients: { temperature: 1, copper: 40 }, max: 140 }],
  };
  const goal: Goal = { kind: 'maximize' };
  const observations: Observation[] = [];

  for (let experiment = 0; experiment < 25; experiment++) {
    const [design] = suggest({ space, goal, observations, seed: 'my campaign' }).designs;
    observations.push({ design: design!, status: 'measured', value: measure(design!) });
  }
  const best = bestOf(goal, observations);
  // The true best is 11.5: ethanol, 90 degrees, half and half.
  expect(best!.value).toBeGreaterThan(11.45);

  const surrogate = fitSurrogate({ space, goal, observations, seed: 1 });
  const designs = observations.map(({ design }) => design);
  const { mean, sd, noiseSd } = predict(surrogate, designs);
  expect([mean.length, sd.length]).toEqual([25, 25]);
  const { config, tensors } = encodeSurrogate(surrogate);
  const same = decodeSurrogate({ config, tensors });
  expect(predict(same, designs)).toEqual({ mean, sd, noiseSd });
});
