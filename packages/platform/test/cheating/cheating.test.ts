import { expect, test } from 'vitest';
import { startServer } from '../noninterference/server.ts';
import { cheatingArm } from './arm.ts';

test('the cheating arm is caught each time', async () => {
  const results = await cheatingArm(await startServer());
  expect(results.length).toBeGreaterThan(8);
  for (const { trick, tried, caught } of results) {
    expect(tried, trick).toBeGreaterThan(0);
    expect.soft(caught, trick).toBe(tried);
  }
}, 400_000);
