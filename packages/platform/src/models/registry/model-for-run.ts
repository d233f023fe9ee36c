import { GenesisError, type Purpose } from '@genesis/contracts';
import type { Door } from '../../door/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import type { GivenModel } from '../../runs/index.ts';
import type { Models } from '../models.ts';

/**
 * A registered model whose files a run is to read. Decided at this call, and entered where the model is not public.
 *
 * @throws GenesisError `not-found` or `denied` as policy says, `conflict` where there are no files to give
 */
export async function findModelForRun(
  { door, models }: { door: Door; models: Models },
  principal: PrincipalFacts,
  id: string,
  purpose: Purpose,
): Promise<GivenModel> {
  const { scope } = await door.use(principal, 'model.read', id, purpose, { for: 'run' });
  const { row, facts } = await models.find(scope, id);
  const conflict = (message: string) => new GenesisError({ code: 'conflict', message });
  if (row.kind !== 'registered')
    throw conflict(
      'A surrogate of a campaign has no files for a run: genesis model predict asks it as it is.',
    );
  if (row.stage === 'retired') throw conflict('A retired version is not read by new runs.');
  return { facts, files: row.files };
}
