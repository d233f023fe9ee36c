import { Command } from 'commander';
import type { Examples, Execute, Registry } from './command.ts';
import { accessCommands } from './commands/access.ts';
import { accessRequestCommands } from './commands/access-requests.ts';
import { agreementCommands } from './commands/agreement.ts';
import { backupCommands } from './commands/backup.ts';
import { campaignCommands } from './commands/campaign.ts';
import { capabilityCommands } from './commands/capability.ts';
import { cardCommands } from './commands/card.ts';
import { challengeCommands } from './commands/challenge.ts';
import { computeCommands } from './commands/compute.ts';
import { configCommand } from './commands/config.ts';
import { datasetCommands } from './commands/dataset.ts';
import { demoCommand } from './commands/demo.ts';
import { evaluationCommands } from './commands/evaluation.ts';
import { harvestCommands } from './commands/harvest.ts';
import { helpCommands } from './commands/help.ts';
import { hypothesisCommands } from './commands/hypothesis.ts';
import { kitCommands } from './commands/kit.ts';
import { labelCommands } from './commands/label.ts';
import { ledgerCommands } from './commands/ledger.ts';
import { lineageCommands } from './commands/lineage.ts';
import { modelCommands } from './commands/model.ts';
import { noticeCommands } from './commands/notices.ts';
import { policyCommands } from './commands/policy.ts';
import { projectCommands } from './commands/project.ts';
import { runCommands } from './commands/run.ts';
import { searchCommands } from './commands/search.ts';
import { serveCommand } from './commands/serve.ts';
import { accountCommands } from './commands/session.ts';
import { signInCommands } from './commands/sign-in.ts';
import { trainCommands } from './commands/train.ts';
import { verifyCommand } from './commands/verify.ts';

const groups: readonly (readonly [
  heading: string,
  ...add: ((registry: Registry, program: Command) => unknown)[],
])[] = [
  ['The platform:', serveCommand, demoCommand, configCommand, backupCommands],
  [
    'Research:',
    challengeCommands,
    datasetCommands,
    harvestCommands,
    cardCommands,
    searchCommands,
    capabilityCommands,
    computeCommands,
    projectCommands,
    runCommands,
    kitCommands,
    trainCommands,
    campaignCommands,
    hypothesisCommands,
    modelCommands,
    evaluationCommands,
  ],
  ['Evidence:', verifyCommand, ledgerCommands, lineageCommands],
  [
    'People and decisions:',
    signInCommands,
    accessCommands,
    accountCommands,
    agreementCommands,
    accessRequestCommands,
    noticeCommands,
    labelCommands,
    policyCommands,
  ],
  ['Help:', helpCommands],
];

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
  for (const [heading, ...adding] of groups) {
    program.commandsGroup(heading);
    for (const add of adding) add(registry, program);
  }
  return { program, examples };
}
