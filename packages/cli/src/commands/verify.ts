import type { Command } from 'commander';
import { declare, type Registry } from '../command.ts';
import { describeReport, verifyFile } from '../work/verify-file.ts';

export const verifyCommand = (registry: Registry, program: Command): Command =>
  declare<[string], { key?: string; witness?: string[] }>(registry, program, 'verify <crate>', {
    summary: 'Check an evidence crate, offline',
    details:
      'Checks every hash, signature and proof, and computes again every verdict whose rows are in the crate. Needs no\n' +
      'server. Without --key nobody vouches for where the crate comes from, and the exit code says so (3).',
    options: (command) =>
      command
        .option('--key <file>', 'verifier key of the ledger, known from elsewhere')
        .option('--witness <files...>', 'verifier keys of witnesses whom you trust'),
    examples: ['genesis verify crate.zip --key ledger.key', 'genesis verify crate.zip --json'],
    act: async (_call, { key, witness }, crate) => {
      const report = await verifyFile(crate, { key, witnesses: witness });
      return { text: describeReport(report), json: { ...report }, exitCode: report.exitCode };
    },
  });
