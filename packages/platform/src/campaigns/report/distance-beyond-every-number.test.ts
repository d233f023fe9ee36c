import { expect, test } from 'vitest';
import { assembleReport } from './assemble.ts';
import { renderReport } from './render.ts';
import { sampleExperiments, sampleFacts } from './sample-facts.ts';

/* A value and a target at the two ends of all numbers are further apart than any number: the page said "Infinity". */

test('a page is sound when a value lies beyond every distance from the target', () => {
  const facts = sampleFacts();
  const { plan } = facts.campaign;
  const goal = { kind: 'target' as const, value: 1.7e308 };
  const outcome = { status: 'measured' as const, value: -1.7e308 };
  const value = sampleExperiments(3, 10).map((one) => ({ ...one, outcome }));
  const experiments = { shown: true as const, value };
  const campaign = { ...facts.campaign, plan: { ...plan, objective: { ...plan.objective, goal } } };
  expect(renderReport(assembleReport({ ...facts, campaign, experiments }))).not.toMatch(/Infinity|NaN/);
});
