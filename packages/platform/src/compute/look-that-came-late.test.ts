import { GenesisError, resourceDescriptionSchema } from '@genesis/contracts';
import { expect, test } from 'vitest';
import { createMemoryExecutor, startRuns } from '../../test/runs-platform.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { freshDatabase } from '../../test/test-database.ts';
import { putMachine } from './inventory/register.ts';
import { findMachine } from './inventory/store.ts';

/*
 * A look that began while a resource was away, and ended after a newer one had found it up again, was taken as news:
 * the resource counted as away for another minute, and its runs waited.
 */
test('a look that ends late says nothing against a newer one', async () => {
  const folder = await temporaryFolder();
  const late = Promise.withResolvers<never>();
  let looks = 0;
  let shaky = '';
  const platform = await startRuns({
    ...{ database: await freshDatabase(), dataFolder: folder },
    open: async (machine) => ({
      ...createMemoryExecutor({ programs: {}, folder }),
      inspect: () => {
        if (machine === shaky) looks += 1;
        const isLate = machine === shaky && looks === 1;
        return isLate ? late.promise : Promise.resolve({ status: 'up', reason: null });
      },
    }),
  });
  const operator = platform.person('org_operators', {
    roles: [{ organisation: 'platform', role: 'operator' }],
  });
  const access = { kind: 'slurm', stagingFolder: folder };
  const described = resourceDescriptionSchema.parse({ name: 'shaky', access });
  shaky = (await putMachine(platform, operator, described)).id;
  const first = platform.compute.inspect();
  await expect.poll(() => looks).toBeGreaterThan(0);
  const second = platform.compute.inspect();
  const away = { code: 'unavailable', message: 'It is away.', retryAfterSeconds: 1 } as const;
  setTimeout(() => late.reject(new GenesisError(away)), 300);
  await Promise.all([first, second]);
  const scope = platform.door.authorize(operator, 'explore');
  const { row } = await findMachine(scope, shaky);
  expect(row.status).toBe('up');
  await platform.stop();
}, 60_000);
