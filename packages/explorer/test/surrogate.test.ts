import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createRandom,
  decodeSurrogate,
  drawDesign,
  type EncodedSurrogate,
  ExplorerError,
  encodeSurrogate,
  fitSurrogate,
  type Observation,
  predict,
  type Space,
} from '../src/index.ts';
import { arbitraryObservations, arbitrarySpace, mixedSpace } from './arbitrary.ts';

const plane: Space = {
  parameters: [
    { kind: 'continuous', name: 'x', min: 0, max: 1 },
    { kind: 'continuous', name: 'y', min: -5, max: 5 },
  ],
};

function observed(count: number, noise: number, seed: string): Observation[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => {
    const design = drawDesign(plane, random);
    const value = truth(design['x'] as number, design['y'] as number) + noise * random.normal();
    return { design, status: 'measured', value };
  });
}

function truth(x: number, y: number): number {
  return 100 + 20 * Math.sin(4 * x) + y * y;
}

test('predictions are in units of the objective, and their spread is honest', () => {
  const surrogate = fitSurrogate({ space: plane, observations: observed(60, 0.5, 'fit'), seed: 1 });
  const random = createRandom('fresh');
  const designs = Array.from({ length: 300 }, () => drawDesign(plane, random));
  const { mean, sd, noiseSd } = predict(surrogate, designs);
  const errors = designs.map((design, i) => mean[i]! - truth(design['x'] as number, design['y'] as number));
  const rmse = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
  expect(rmse).toBeLessThan(1);
  const inside = errors.filter((error, i) => Math.abs(error) < 2 * sd[i]!).length / errors.length;
  expect(inside).toBeGreaterThan(0.8);
  expect(noiseSd).toBeGreaterThan(0.2);
  expect(noiseSd).toBeLessThan(1.2);
});

test('far from the data the spread is that of the data, near it that of the noise', () => {
  const observations = observed(30, 0, 'corner').map((o) => ({
    ...o,
    design: { x: 0.2 * (o.design['x'] as number), y: o.design['y']! },
  }));
  const { sd } = predict(fitSurrogate({ space: plane, observations, seed: 1 }), [
    observations[0]!.design,
    { x: 1, y: 0 },
  ]);
  expect(sd[0]!).toBeLessThan(0.2 * sd[1]!);
});

test('the order of observations hardly matters, and the order of designs not at all', () => {
  const observations = observed(25, 0.2, 'order');
  const designs = observed(10, 0, 'asked').map(({ design }) => design);
  const surrogate = fitSurrogate({ space: plane, observations, seed: 1 });
  const forward = predict(surrogate, designs).mean;
  const backward = predict(surrogate, [...designs].reverse()).mean;
  expect(Array.from(backward).reverse()).toEqual(Array.from(forward));
  const permuted = fitSurrogate({ space: plane, observations: [...observations].reverse(), seed: 1 });
  const other = predict(permuted, designs).mean;
  for (const [i, mean] of forward.entries()) expect(Math.abs(other[i]! - mean)).toBeLessThan(0.05);
});

test('scaling and shifting the objective scales and shifts the predictions', () => {
  const observations = observed(20, 0.1, 'units');
  const moved = observations.map(
    (o): Observation => (o.status === 'measured' ? { ...o, value: 1e6 * o.value - 3e8 } : o),
  );
  const designs = observed(10, 0, 'asked').map(({ design }) => design);
  const base = predict(fitSurrogate({ space: plane, observations, seed: 1 }), designs);
  const other = predict(fitSurrogate({ space: plane, observations: moved, seed: 1 }), designs);
  for (let i = 0; i < designs.length; i++) {
    expect(other.mean[i]!).toBeCloseTo(1e6 * base.mean[i]! - 3e8, -3);
    expect(other.sd[i]! / (1e6 * base.sd[i]!)).toBeCloseTo(1, 3);
  }
});

test('what is known only as a bound pulls predictions beyond it', () => {
  const space: Space = { parameters: [{ kind: 'continuous', name: 'x', min: 0, max: 1 }] };
  const measured = [0, 0.1, 0.2, 0.3, 0.4].map(
    (x): Observation => ({ design: { x }, status: 'measured', value: 10 * x }),
  );
  const limited = (side: 'above' | 'below'): Observation[] => [
    ...measured,
    { design: { x: 0.8 }, status: 'censored', bound: 6, side },
  ];
  const at = (observations: Observation[]) => {
    const { mean, sd } = predict(fitSurrogate({ space, observations, seed: 1 }), [{ x: 0.8 }]);
    return { mean: mean[0]!, sd: sd[0]! };
  };
  const above = at(limited('above'));
  const below = at(limited('below'));
  expect(above.mean).toBeGreaterThan(6);
  expect(below.mean).toBeLessThan(6.2);
  expect(above.mean).toBeGreaterThan(below.mean);
});

test('any history gives finite predictions, which survive encoding to the bit', () => {
  const inputs = arbitrarySpace.chain((space) =>
    fc.record({
      space: fc.constant(space),
      observations: arbitraryObservations(space, 10),
      seed: fc.integer(),
    }),
  );
  fc.assert(
    fc.property(inputs, ({ space, observations, seed }) => {
      fc.pre(observations.some(({ status }) => status !== 'failed'));
      const random = createRandom(seed);
      const designs = Array.from({ length: 5 }, () => drawDesign(space, random));
      const surrogate = fitSurrogate({ space, goal: { kind: 'minimize' }, observations, seed });
      const { mean, sd, noiseSd } = predict(surrogate, designs);
      for (const value of [...mean, ...sd, noiseSd]) expect(Number.isFinite(value)).toBe(true);
      for (const value of sd) expect(value).toBeGreaterThanOrEqual(0);
      const { config, tensors } = encodeSurrogate(surrogate);
      const travelled = { config: JSON.parse(JSON.stringify(config)) as Record<string, unknown>, tensors };
      expect(predict(decodeSurrogate(travelled), designs)).toEqual({ mean, sd, noiseSd });
    }),
    { numRuns: 40, seed: 2 },
  );
});

test('what is decoded is checked field by field', () => {
  const random = createRandom('hostile');
  const observations = Array.from({ length: 8 }, (_, i): Observation => {
    const design = drawDesign(mixedSpace, random);
    return i === 3 ? { design, status: 'failed' } : { design, status: 'measured', value: i };
  });
  const encoded = encodeSurrogate(fitSurrogate({ space: mixedSpace, observations, seed: 1 }));
  const broken: [RegExp, (e: EncodedSurrogate) => void][] = [
    [
      /config\.format/,
      (e) => {
        e.config['format'] = 'other/1';
      },
    ],
    [
      /config\.space/,
      (e) => {
        e.config['space'] = { parameters: [] };
      },
    ],
    [
      /config\.goal/,
      (e) => {
        e.config['goal'] = { kind: 'win' };
      },
    ],
    [
      /config\.outcome/,
      (e) => {
        e.config['outcome'] = 3;
      },
    ],
    [
      /config\.outcome\.power/,
      (e) => {
        (e.config['outcome'] as { power: number }).power = 2;
      },
    ],
    [
      /config\.outcome\.spread/,
      (e) => {
        (e.config['outcome'] as { spread: number }).spread = 0;
      },
    ],
    [
      /tensors\.rows/,
      (e) => {
        delete e.tensors['rows'];
      },
    ],
    [
      /tensors\.rows\.shape/,
      (e) => {
        e.tensors['rows']!.shape = [7, 6];
      },
    ],
    [
      /tensors\.rows\.shape/,
      (e) => {
        e.tensors['rows']!.shape = [1e9, 7];
      },
    ],
    [
      /tensors\.rows\.data/,
      (e) => {
        e.tensors['rows']!.data = new Float64Array(3);
      },
    ],
    [
      /tensors\.values\.data/,
      (e) => {
        e.tensors['values']!.data[0] = Number.NaN;
      },
    ],
    [
      /tensors\.extra_noise/,
      (e) => {
        e.tensors['extra_noise']!.data[0] = -1;
      },
    ],
    [
      /tensors\.weights/,
      (e) => {
        e.tensors['weights']!.data[0] = 5;
      },
    ],
    [
      /tensors\.parameters/,
      (e) => {
        e.tensors['parameters']!.data[0] = -1;
      },
    ],
    [
      /tensors\.parameters/,
      (e) => {
        e.tensors['parameters']!.data = new Float64Array(0);
      },
    ],
    [
      /tensors\.feasibility_parameters/,
      (e) => {
        delete e.tensors['feasibility_parameters'];
      },
    ],
  ];
  expect(() => decodeSurrogate(encoded)).not.toThrow();
  for (const [message, breakIt] of broken) {
    const copy = structuredClone(encoded);
    breakIt(copy);
    expect(() => decodeSurrogate(copy)).toThrow(ExplorerError);
    expect(() => decodeSurrogate(copy)).toThrow(message);
  }
  for (const nothing of [null, 3, {}, { config: {} }, { config: [], tensors: [] }])
    expect(() => decodeSurrogate(nothing as never)).toThrow(ExplorerError);
});
