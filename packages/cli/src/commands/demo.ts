import type { Command } from 'commander';
import { declare, type Registry } from '../command.ts';
import { runDemo } from '../demo/demo.ts';
import { addDemoOptions, type DemoOptions } from '../demo/options.ts';

export const demoCommand = (registry: Registry, program: Command): Command =>
  declare<[], DemoOptions>(registry, program, 'demo', {
    summary: 'The whole way once: explore, train, freeze, confirm, export and verify',
    details:
      'Starts a platform in a folder of its own, lets a clever and a random arm explore under equal budgets (the virtual\n' +
      'instrument stober-silica, or a table of yours), trains a model, freezes two hypotheses, tests them on what neither\n' +
      'arm has seen, exports the evidence crate, verifies it and writes the report.',
    options: addDemoOptions,
    examples: [
      'genesis demo',
      'genesis demo --target 450 --seed spheres --folder my-demo',
      'genesis demo --table barrels.csv --objective toughness --maximize',
      'genesis demo --table plate.csv --columns ni,fe,co,overpotential --objective overpotential --minimize --json',
    ],
    act: runDemo,
  });
