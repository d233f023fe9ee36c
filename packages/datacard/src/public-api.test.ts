import { expect, test } from 'vitest';
import * as datacard from './index.ts';

test('the package exports these names and no others', () => {
  expect(Object.keys(datacard).sort()).toEqual([
    'CardError',
    'answer',
    'cardLabelOf',
    'describeEffect',
    'formatCard',
    'formatOf',
    'formats',
    'governanceOf',
    'levels',
    'listOf',
    'newCard',
    'nextQuestion',
    'notApplicable',
    'placesOf',
    'readCard',
    'scoreCard',
    'severities',
    'validateCard',
    'valueAt',
  ]);
});
