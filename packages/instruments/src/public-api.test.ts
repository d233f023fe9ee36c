import { expect, test } from 'vitest';
import * as instruments from './index.ts';

test('the package exports these names and no others', () => {
  expect(Object.keys(instruments).sort()).toMatchInlineSnapshot(`
    [
      "InstrumentError",
      "SILICA_SPACE",
      "createReplay",
      "fitSpheres",
      "measureSilica",
      "trueSilica",
    ]
  `);
});

test('the space of the silica instrument is plain data in the words of the explorer', () => {
  expect(JSON.parse(JSON.stringify(instruments.SILICA_SPACE))).toEqual(instruments.SILICA_SPACE);
  expect(instruments.SILICA_SPACE).toMatchInlineSnapshot(`
    [
      {
        "kind": "continuous",
        "max": 0.5,
        "min": 0.1,
        "name": "teos",
        "unit": "mol/L",
      },
      {
        "kind": "continuous",
        "max": 17,
        "min": 0.5,
        "name": "water",
        "unit": "mol/L",
      },
      {
        "kind": "continuous",
        "max": 3,
        "min": 0.5,
        "name": "ammonia",
        "unit": "mol/L",
      },
    ]
  `);
});
