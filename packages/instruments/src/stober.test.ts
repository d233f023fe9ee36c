import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom } from './random.ts';
import {
  BATCH_SPREAD,
  flocculationProbability,
  hasEnoughWater,
  STOBER_SPACE,
  stoberDiameter,
  stoberPolydispersity,
  synthesise,
} from './stober.ts';

const designs = fc.record({
  teos: fc.double({ min: 0.1, max: 0.5, noNaN: true }),
  water: fc.double({ min: 0.5, max: 17, noNaN: true }),
  ammonia: fc.double({ min: 0.5, max: 3, noNaN: true }),
});
const usual = { teos: 0.17, water: 6, ammonia: 1 };

test('the published check value: 0.17 TEOS, 6 water and 1 ammonia give about 330 nm', () => {
  expect(stoberDiameter(usual)).toBeCloseTo(329.608, 3);
});

test('the diameter goes with the square root of TEOS and peaks in water at (4/B)^2', () => {
  expect(stoberDiameter({ ...usual, teos: 0.4 }) / stoberDiameter({ ...usual, teos: 0.1 })).toBeCloseTo(
    2,
    12,
  );
  const peak = (4 / (1.05 + 0.523 - 0.128)) ** 2;
  const atPeak = stoberDiameter({ ...usual, water: peak });
  expect(atPeak).toBeGreaterThan(stoberDiameter({ ...usual, water: peak * 1.01 }));
  expect(atPeak).toBeGreaterThan(stoberDiameter({ ...usual, water: peak * 0.99 }));
});

test('the whole space has diameters from 8 to 900 nm, sensible widths and probabilities', () => {
  fc.assert(
    fc.property(designs, (design) => {
      const diameter = stoberDiameter(design);
      expect(diameter).toBeGreaterThan(8);
      expect(diameter).toBeLessThan(900);
      const width = stoberPolydispersity(design);
      expect(width >= 0.03 && width <= 0.2).toBe(true);
      const probability = flocculationProbability(design);
      expect(probability >= 0 && probability <= 0.8).toBe(true);
    }),
    { numRuns: 1000 },
  );
  expect(STOBER_SPACE.map(({ name, min, max }) => [name, min, max])).toEqual([
    ['teos', 0.1, 0.5],
    ['water', 0.5, 17],
    ['ammonia', 0.5, 3],
  ]);
});

test('batches scatter log-normally around the formula', () => {
  const n = 4000;
  const logs = Array.from({ length: n }, (_, i) => {
    const batch = synthesise(usual, createRandom(`batch ${i}`));
    if (batch.status !== 'spheres') throw new Error(batch.reason);
    return Math.log(batch.diameterNm / stoberDiameter(usual));
  });
  const mean = logs.reduce((sum, value) => sum + value, 0) / n;
  const deviation = Math.sqrt(logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n);
  expect(Math.abs(mean)).toBeLessThan((4 * BATCH_SPREAD) / Math.sqrt(n));
  expect(Math.abs(deviation / BATCH_SPREAD - 1)).toBeLessThan(4 / Math.sqrt(2 * n));
});

test('a mixture with less than two moles of water for one of TEOS always fails', () => {
  const dry = { teos: 0.5, water: 0.9, ammonia: 1 };
  expect(hasEnoughWater(dry)).toBe(false);
  for (let i = 0; i < 20; i++) {
    expect(synthesise(dry, createRandom(`dry ${i}`))).toMatchObject({
      status: 'failed',
      code: 'too-little-water',
    });
  }
});

test('flocculation comes as often as stated', () => {
  const crowded = { teos: 0.45, water: 8, ammonia: 2.6 };
  const n = 2000;
  const probability = flocculationProbability(crowded);
  expect(probability).toBeCloseTo(0.36, 6);
  const failures = Array.from({ length: n }, (_, i) => synthesise(crowded, createRandom(`crowd ${i}`)));
  const share = failures.filter(({ status }) => status === 'failed').length / n;
  expect(Math.abs(share - probability)).toBeLessThan(4 * Math.sqrt((probability * (1 - probability)) / n));
});
