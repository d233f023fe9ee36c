import { expect, test } from 'vitest';
import { verifyCrate } from '../src/index.ts';
import { logSigner, sampleCrate, samplePredict } from './sample-crate.ts';

test('an honest crate', async () => {
  const crate = await sampleCrate();
  const t = performance.now();
  const report = verifyCrate(crate, { key: logSigner().key, predict: samplePredict });
  console.log(crate.length, performance.now() - t);
  console.log(report);
  expect(report.status).toBe('verified');
});
