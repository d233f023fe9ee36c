import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InstrumentError } from './errors.ts';
import { LARGEST_DIAMETER_NM } from './saxs.ts';
import { measureSilica, SILICA_SPACE, trueSilica } from './silica.ts';

const usual = { teos: 0.17, water: 6, ammonia: 1 };
const designs = fc.record(
  Object.fromEntries(
    SILICA_SPACE.map(({ name, min, max }) => [name, fc.double({ min, max, noNaN: true })]),
  ) as Record<string, fc.Arbitrary<number>>,
);

test('one experiment: a curve of 104 points and a diameter near the truth', () => {
  const result = measureSilica(usual, 'first');
  if (result.status !== 'measured') throw new Error(result.reason);
  expect(Math.abs(result.diameterNm / trueSilica(usual).diameterNm - 1)).toBeLessThan(0.12);
  expect(result.uncertaintyNm).toBeGreaterThan(0);
  expect(result.uncertaintyNm).toBeLessThan(1);
  expect(result.polydispersity).toBeGreaterThan(0.02);
  for (const column of Object.values(result.curve)) expect(column).toHaveLength(104);
});

test('design and seed fix the result to the bit; key order of the design is without effect', () => {
  fc.assert(
    fc.property(designs, fc.string({ minLength: 1 }), (design, seed) => {
      const first = measureSilica(design, seed);
      const reordered = Object.fromEntries(Object.entries(design).reverse());
      expect(measureSilica(reordered, seed)).toEqual(first);
      expect(JSON.parse(JSON.stringify(first))).toEqual(first);
    }),
    { numRuns: 60 },
  );
});

test('the result of one design and seed stays the same from release to release', () => {
  const { curve, ...rest } = measureSilica(usual, 'pinned') as Extract<
    ReturnType<typeof measureSilica>,
    { status: 'measured' }
  >;
  expect(curve.counts.slice(0, 5)).toMatchInlineSnapshot(`
    [
      913496,
      904232,
      896505,
      885407,
      874439,
    ]
  `);
  expect(rest.diameterNm).toBeCloseTo(333.95394219, 6);
});

test('another seed, or a neighbouring design, has its own noise', () => {
  const diameter = (design: typeof usual, seed: string): number => {
    const result = measureSilica(design, seed);
    if (result.status !== 'measured') throw new Error(result.reason);
    return result.diameterNm / trueSilica(design).diameterNm;
  };
  const ratios = [diameter(usual, 'a'), diameter(usual, 'b'), diameter({ ...usual, teos: 0.1701 }, 'a')];
  expect(new Set(ratios.map((ratio) => ratio.toFixed(4))).size).toBe(3);
});

test('over the space: most designs are measured, within the batch spread; the others say why not', () => {
  const seen = new Map<string, number>();
  let squares = 0;
  let measured = 0;
  const samples = fc.sample(designs, { numRuns: 600, seed: 7 });
  for (const [i, design] of samples.entries()) {
    const result = measureSilica(design, `space ${i}`);
    const kind = result.status === 'failed' ? result.code : result.status;
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
    if (result.status !== 'measured') expect(result.reason).toMatch(/\w/);
    if (result.status !== 'measured' || trueSilica(design).diameterNm < 30) continue;
    measured++;
    squares += Math.log(result.diameterNm / trueSilica(design).diameterNm) ** 2;
  }
  expect(measured).toBeGreaterThan(300);
  expect(Math.abs(Math.sqrt(squares / measured) / 0.03 - 1)).toBeLessThan(0.2);
  for (const kind of ['too-little-water', 'flocculated', 'censored'])
    expect(seen.get(kind)).toBeGreaterThan(0);
});

test('spheres beyond the resolution are censored from above, with the bound', () => {
  const large = { teos: 0.5, water: 6.4, ammonia: 1.78 };
  expect(trueSilica(large)).toMatchObject({ resolvable: false, failureProbability: 0 });
  const result = measureSilica(large, 'large');
  expect(result).toMatchObject({ status: 'censored', side: 'above', bound: LARGEST_DIAMETER_NM });
});

test('the smallest spheres often scatter too weakly, and never give a diameter without a large uncertainty', () => {
  const tiny = { teos: 0.1, water: 0.5, ammonia: 0.5 };
  let weak = 0;
  for (let i = 0; i < 100; i++) {
    const result = measureSilica(tiny, `tiny ${i}`);
    if (result.status === 'failed' && result.code === 'weak-scattering') weak++;
    if (result.status === 'measured') expect(result.uncertaintyNm / result.diameterNm).toBeGreaterThan(0.005);
  }
  expect(weak).toBeGreaterThan(5);
});

test('the truth has no noise and knows certain failures', () => {
  expect(trueSilica(usual)).toEqual(trueSilica({ ...usual }));
  expect(trueSilica({ teos: 0.5, water: 0.6, ammonia: 1 }).failureProbability).toBe(1);
});

test.each([
  ['design.teos: got 0.05; allowed: a number from 0.1 to 0.5 mol/L', { ...usual, teos: 0.05 }],
  ['design.water: got NaN; allowed', { ...usual, water: Number.NaN }],
  ['design.water: got "6"; allowed', { ...usual, water: '6' }],
  ['design.ammonia: got 3.0000001; allowed', { ...usual, ammonia: 3.0000001 }],
  ['design.ethanol: not a parameter; allowed: teos, water, ammonia', { ...usual, ethanol: 1 }],
  ['design.ammonia: missing; allowed', { teos: 0.2, water: 6 }],
  ['design: got null; allowed: an object', null as unknown as Record<string, unknown>],
])('a bad design is refused: %s', (message, design) => {
  expect(() => measureSilica(design, 's')).toThrow(message);
  expect(() => trueSilica(design)).toThrow(InstrumentError);
});

test('an empty seed is refused', () => {
  expect(() => measureSilica(usual, '')).toThrow('seed: got ""; allowed: a non-empty string');
});
