import type { CapabilityManifest } from '@genesis/contracts';
import { afterEach, expect, test } from 'vitest';
import { commandManifest, type RunsUnderTest, startRuns } from '../../test/runs-platform.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { freshDatabase } from '../../test/test-database.ts';
import type { PrincipalFacts } from '../policy/index.ts';

/*
 * A name meant the newest visible capability of that name, whoever owned it: somebody could put theirs under a name that
 * others trust. And names were unique over all organisations, so that a refusal told of what one must not know.
 */

let platform: RunsUnderTest;
afterEach(async () => {
  await platform.stop();
});
const shown = async (by: PrincipalFacts, name: string) =>
  (await platform.ask<{ capabilityId: string }>(by, 'GET', `/v1/capabilities/${name}`)).json().capabilityId;
const register = async (by: PrincipalFacts, name: string, change: Partial<CapabilityManifest> = {}) =>
  (await platform.runs.register(by, commandManifest(name, 'job', [], change))).id;

test('a name means what the platform ships, then what the own organisation has; others go by id', async () => {
  platform = await startRuns({ database: await freshDatabase(), dataFolder: await temporaryFolder() });
  await platform.runs.start();
  const [ours, theirs] = [platform.person('org_a'), platform.person('org_b')];
  const silica = await shown(ours, 'stober-silica');
  const own = await register(ours, 'fit');
  const other = await register(theirs, 'fit', { version: '9.0.0' });
  const squatted = await register(theirs, 'stober-silica', { version: '9.0.0' });
  const alone = await register(theirs, 'alone');

  expect(await shown(ours, 'fit')).toBe(own);
  expect(await shown(theirs, 'fit')).toBe(other);
  expect(await shown(ours, 'stober-silica')).toBe(silica);
  expect(await shown(theirs, 'stober-silica')).toBe(silica);
  expect((await platform.ask(ours, 'GET', '/v1/capabilities/alone')).status).toBe(404);
  expect((await platform.ask(ours, 'GET', '/v1/capabilities/stober-silica@9.0.0')).status).toBe(404);
  // What is public can still be used by whoever means it.
  expect(await shown(ours, alone)).toBe(alone);
  expect(await shown(ours, squatted)).toBe(squatted);
}, 60_000);

test('a name that another organisation has taken is free, and one of the own is not', async () => {
  platform = await startRuns({ database: await freshDatabase(), dataFolder: await temporaryFolder() });
  const [ours, theirs] = [platform.person('org_a'), platform.person('org_b')];
  await register(theirs, 'taken');
  await register(ours, 'taken');
  await expect(register(ours, 'taken')).rejects.toThrow('raise the version');
  await register(ours, 'taken', { version: '1.0.1' });
}, 60_000);
