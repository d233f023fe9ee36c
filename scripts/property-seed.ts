/**
 * Property tests draw the same cases on every run, so that a red run can be repeated and means a change. To look for
 * new cases: `GENESIS_PROPERTY_SEED=random npm test`, or a number; a failure prints the seed that shows it again.
 */
import fc from 'fast-check';

const wanted = process.env['GENESIS_PROPERTY_SEED'] ?? '20261123';
if (wanted !== 'random') {
  const seed = Number(wanted);
  if (!Number.isSafeInteger(seed))
    throw new Error('GENESIS_PROPERTY_SEED: expected a whole number or "random"');
  fc.configureGlobal({ seed });
}
