import { Command } from 'commander';
import type { Examples, Execute, Registry } from './command.ts';
import { demoCommand } from './commands/demo.ts';
import { serveCommand } from './commands/serve.ts';

/** The whole command line as commander knows it, and the examples of every command. */
export function createProgram(execute: Execute): { program: Command; examples: Examples } {
  const examples: Examples = new Map();
  const registry: Registry = { execute, examples };
  const program = new Command('genesis')
    .description(
      'Genesis: governed data, frozen hypotheses, a control beside every clever arm, evidence anyone can check.',
    )
    .version('0.1.0')
    .option(
      '--json',
      'one JSON object on the last line of standard output; everything else goes to standard error',
    )
    .option('--url <url>', 'address of the server (else GENESIS_URL, else the credentials file)')
    .option('--token <token>', 'bearer token (else GENESIS_TOKEN, else the credentials file)')
    .option(
      '--credentials <file>',
      'credentials file (default: genesis/credentials.json in your configuration folder)',
    )
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError();
  for (const add of [serveCommand, demoCommand]) add(registry, program);
  return { program, examples };
}
