import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSphereModel, gridValues, type QGrid, sphereFormFactor } from './form-factor.ts';
import { INSTRUMENT_GRID } from './saxs.ts';

const grid = INSTRUMENT_GRID;
const q = gridValues(grid);

function shape(radius: number, s: number, on: QGrid = grid): Float64Array {
  const out = new Float64Array(on.count);
  createSphereModel(on).evaluate(radius, s, out);
  return out;
}

/** The definition, integrated over the radius itself by Simpson's rule: no code shared with the model. */
function byDefinition(wave: number, median: number, s: number): number {
  const low = median * Math.exp(-9 * s);
  const high = median * Math.exp(6 * s * s + 10 * s);
  const n = 2 * Math.ceil((high - low) * wave * 12 + 4000);
  const h = (high - low) / n;
  let intensity = 0;
  let forward = 0;
  for (let i = 0; i <= n; i++) {
    const r = low + i * h;
    const weight = i === 0 || i === n ? 1 : i % 2 === 1 ? 4 : 2;
    const density = Math.exp(-0.5 * (Math.log(r / median) / s) ** 2) / r;
    const x = wave * r;
    const amplitude = x < 1e-3 ? 1 - (x * x) / 10 : (3 * (Math.sin(x) - x * Math.cos(x))) / x ** 3;
    intensity += weight * density * r ** 6 * amplitude ** 2;
    forward += weight * density * r ** 6;
  }
  return intensity / forward;
}

test('one sphere: the limit at zero, the first two minima, and the switch from series to closed form', () => {
  expect(sphereFormFactor(0)).toBe(1);
  // Roots of tan x = x.
  expect(sphereFormFactor(4.493409457909064)).toBeLessThan(1e-30);
  expect(sphereFormFactor(7.725251836937707)).toBeLessThan(1e-30);
  for (const x of [0.5999999, 0.6]) {
    const amplitude = (3 * (Math.sin(x) - x * Math.cos(x))) / x ** 3;
    expect(Math.abs(sphereFormFactor(x) / amplitude ** 2 - 1)).toBeLessThan(1e-14);
  }
  // Porod's law: x^4 P averages to 9/2 over many oscillations.
  let sum = 0;
  for (let i = 0; i < 10_000; i++) {
    const x = 1000 + (i * 100 * Math.PI) / 10_000;
    sum += sphereFormFactor(x) * x ** 4;
  }
  expect(sum / 10_000).toBeCloseTo(4.5, 4);
});

test.each([
  [10, 0.15],
  [50, 0.05],
  [165, 0.036],
  [165, 0.3],
  [390, 0.03],
  [390, 0.25],
  [415, 0.01],
])('radius %d nm, polydispersity %d: within 1e-9 of direct integration', (radius, s) => {
  const fast = shape(radius, s);
  let worst = 0;
  for (let i = 0; i < grid.count; i += 3) {
    const exact = byDefinition(q[i]!, radius, s);
    worst = Math.max(worst, Math.abs(fast[i]! - exact) / exact);
  }
  expect(worst).toBeLessThan(1e-9);
});

test('vanishing polydispersity approaches a single sphere', () => {
  const narrow = shape(60, 0.001);
  for (let i = 0; i < 60; i++) expect(Math.abs(narrow[i]! - sphereFormFactor(q[i]! * 60))).toBeLessThan(3e-5);
});

test('small angles follow Guinier with the radius of gyration of the distribution', () => {
  // Rg^2 = 3/5 <R^8>/<R^6> = 3/5 R^2 exp(14 s^2) for a log-normal distribution.
  fc.assert(
    fc.property(
      fc.double({ min: 10, max: 400, noNaN: true }),
      fc.double({ min: 0.01, max: 0.2, noNaN: true }),
      (radius, s) => {
        const gyration = 0.6 * radius ** 2 * Math.exp(14 * s * s);
        const small = { minPerNm: 0.01 / Math.sqrt(gyration), logStep: 0.1, count: 8 };
        const out = shape(radius, s, small);
        for (const [i, wave] of gridValues(small).entries()) {
          const exponent = (wave * wave * gyration) / 3;
          expect(Math.abs(-Math.log(out[i]!) / exponent - 1)).toBeLessThan(2 * exponent + 1e-9);
        }
      },
    ),
  );
});

test('the derivatives agree with central differences', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 10, max: 400, noNaN: true }),
      fc.double({ min: 0.02, max: 0.25, noNaN: true }),
      (radius, s) => {
        const out = new Float64Array(grid.count);
        const gradient = {
          byLogRadius: new Float64Array(grid.count),
          byPolydispersity: new Float64Array(grid.count),
        };
        createSphereModel(grid).evaluate(radius, s, out, gradient);
        expect(out).toEqual(shape(radius, s));
        const h = 1e-5;
        const radiusUp = shape(radius * Math.exp(h), s);
        const radiusDown = shape(radius * Math.exp(-h), s);
        const widthUp = shape(radius, s + h);
        const widthDown = shape(radius, s - h);
        for (let i = 0; i < grid.count; i++) {
          const byRadius = (radiusUp[i]! - radiusDown[i]!) / (2 * h);
          const byWidth = (widthUp[i]! - widthDown[i]!) / (2 * h);
          expect(Math.abs(gradient.byLogRadius[i]! - byRadius)).toBeLessThan(1e-6);
          expect(Math.abs(gradient.byPolydispersity[i]! - byWidth)).toBeLessThan(1e-6);
        }
      },
    ),
    { numRuns: 30 },
  );
});
