import type { Label } from '@genesis/contracts';
import { afterEach, expect, test } from 'vitest';
import { commandManifest, type RunsUnderTest, startRuns } from '../../test/runs-platform.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { freshDatabase } from '../../test/test-database.ts';

/*
 * A person of one organisation with a role in another ran a command on that one's internal things, and the outputs
 * belonged to the organisation of the person: everybody there could read them.
 */

let platform: RunsUnderTest;
afterEach(async () => {
  await platform.stop();
});

test('a run on what is internal to an organisation belongs to that organisation, whoever submits it', async () => {
  platform = await startRuns({ database: await freshDatabase(), dataFolder: await temporaryFolder() });
  const internal: Label = { level: 'internal', categories: [] };
  const cleared = { clearance: internal };
  const owner = platform.person('org_b', cleared);
  const guest = platform.person('org_a', {
    ...cleared,
    roles: [
      { organisation: 'org_a', role: 'researcher' },
      { organisation: 'org_b', role: 'researcher' },
    ],
  });
  const colleague = platform.person('org_a', cleared);
  const { id: capability } = await platform.runs.register(
    owner,
    commandManifest('recipe', 'recipe', [], { labelRule: { atLeast: internal } }),
  );
  const wanted = { capability, input: {}, datasets: [], purpose: 'explore' as const };
  const { id } = await platform.runs.submit(guest, wanted);
  const status = async (by: typeof guest) => (await platform.ask(by, 'GET', `/v1/runs/${id}`)).status;
  expect(await status(guest)).toBe(200);
  expect(await status(owner)).toBe(200);
  expect(await status(colleague)).toBe(404);
  await expect(platform.runs.submit(colleague, wanted)).rejects.toThrow('no capability');
}, 60_000);
