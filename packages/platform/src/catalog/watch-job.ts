import { setTimeout as wait } from 'node:timers/promises';
import type { ServerEvent } from '../kernel/index.ts';
import type { CatalogJobView } from './model.ts';

const pauseMs = 250;

/** The state of a job whenever it changes, until it ends. */
export async function* watchJob(
  look: () => Promise<CatalogJobView>,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  let last = '';
  while (!signal.aborted) {
    const view = await look();
    const text = JSON.stringify(view);
    if (text !== last) yield { event: 'import', data: view };
    if (view.state === 'done' || view.state === 'failed') return;
    last = text;
    await wait(pauseMs, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}
