import { idSchema } from '@genesis/contracts';
import { z } from 'zod';
import type { QueueDefinition } from '../../kernel/index.ts';

/** Reading of other catalogs: one job for each harvest. */
export const harvestQueue: QueueDefinition<{ source: string; run: number }> = {
  name: 'harvest',
  payload: z.strictObject({ source: idSchema('harvest'), run: z.int() }),
};

/** Bringing files in that lie elsewhere: the content of one import each. */
export const fetchQueue: QueueDefinition<{ job: string; remote: string; file: number }> = {
  name: 'remote-fetch',
  payload: z.strictObject({ job: idSchema('upload'), remote: idSchema('remote'), file: z.int().min(0) }),
};
