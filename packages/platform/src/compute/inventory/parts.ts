import type { Door } from '../../door/index.ts';
import type { Clock, Ids } from '../../kernel/index.ts';

/** What the inventory is made of. */
export type InventoryParts = { door: Door; clock: Clock; ids: Ids };
