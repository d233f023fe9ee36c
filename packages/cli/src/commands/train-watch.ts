import { type Purpose, purposes } from '@genesis/contracts';
import type { Command } from 'commander';
import { declare, names, oneOf, type Registry } from '../command.ts';
import { watchCurves } from '../work/watch-curves.ts';

/** `watch`, below trainings and below runs. */
export function watchCommand(registry: Registry, parent: Command): Command {
  type Options = { metrics?: string[]; purpose: Purpose; once?: boolean; json?: boolean };
  return declare<[string], Options>(registry, parent, 'watch <id>', {
    summary: 'The curves of what a run tracks, live',
    details:
      'The run is one of Genesis (run_...), whose code tracks itself with MLflow, or one tracked run (trn_...). It ends when the tracked runs are over.',
    options: (command) =>
      command
        .option('--metrics <a,b>', 'these metrics only (default: the first eight)', names)
        .option('--once', 'show what is there now, and end')
        .option('--purpose <purpose>', `what for: ${purposes.join(', ')}`, oneOf(purposes), 'train'),
    examples: [
      `genesis ${parent.name()} watch run_01jd8x3k2v9q7r5t1w4y6z8abc`,
      `genesis ${parent.name()} watch trn_01jd8x3k2v9q7r5t1w4y6z8abc --metrics loss,val_loss --once --json`,
    ],
    act: async (call, options, id) => {
      const watched = await watchCurves(call, await call.client(), id, options);
      return { text: '', json: { id, runs: watched } };
    },
  });
}
