import { resourceDescriptionSchema } from '@genesis/contracts';
import { platformPrincipal } from '../../door/index.ts';
import { putMachine } from '../inventory/register.ts';
import { listMachines, type MachineRow } from '../inventory/store.ts';
import type { ProjectParts } from './parts.ts';

const name = 'projects';

/** Whether a resource is the place where the folders of projects lie. */
export const isProjectStore = (row: Pick<MachineRow, 'organisation' | 'name' | 'type'>): boolean =>
  row.organisation === '' && row.name === name && row.type === 'storage:filesystem';

/** The folders of projects are a resource of their own from the first start. It is the platform's: it holds what that holds. */
export async function ensureProjectStore(parts: ProjectParts): Promise<void> {
  const known = await listMachines(parts.door.authorize(platformPrincipal, 'explore'), { name });
  if (known.some(({ row }) => isProjectStore(row))) return;
  const description = resourceDescriptionSchema.parse({
    name,
    description: 'The folders of projects.',
    type: 'storage:filesystem',
    authority: null,
  });
  await putMachine(parts, platformPrincipal, description, 'platform');
}
