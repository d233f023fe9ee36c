import type { Command } from 'commander';
import { declare, oneOf, type Registry } from '../command.ts';
import { completionScript, type Shell, shells } from '../completion.ts';
import { exitCodeMeanings } from '../exit-codes.ts';
import { UsageError } from '../failure.ts';
import { table } from '../terminal/table.ts';

/** What `--help` of the command prints: with what belongs below its options, unlike `helpInformation`. */
function helpOf(command: Command): string {
  let text = '';
  const usual = { ...command.configureOutput() };
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  command.configureOutput(usual);
  return text;
}

/** Texts that belong to no single command. */
const topics: Readonly<Record<string, () => string>> = {
  'exit-codes': () =>
    table(
      ['Code', 'Meaning'],
      exitCodeMeanings.map(({ code, meaning }) => [code, meaning]),
    ),
  connection: () =>
    [
      'Which server, and who asks, in this order:',
      '  1. --url and --token',
      '  2. GENESIS_URL and GENESIS_TOKEN',
      '  3. the credentials file: --credentials FILE, else genesis/credentials.json in XDG_CONFIG_HOME or ~/.config.',
      '     "genesis login" and "genesis serve" write it (mode 0600); "genesis demo" leaves one in its folder.',
      'A token from the file is sent only to the address that stands beside it.',
    ].join('\n'),
};

export function helpCommands(registry: Registry, program: Command): void {
  program.helpCommand(false);
  declare<[string[]]>(registry, program, 'help [topic...]', {
    summary: `Help on a command, or on: ${Object.keys(topics).join(', ')}`,
    examples: ['genesis help exit-codes', 'genesis help campaign create'],
    act: async (_call, _options, words) => {
      const topic = words.length === 1 ? topics[words[0]!] : undefined;
      let command: Command = program;
      for (const word of topic === undefined ? words : []) {
        const inner = command.commands.find((one) => one.name() === word);
        if (inner === undefined) throw new UsageError(`There is no command or topic "${words.join(' ')}".`);
        command = inner;
      }
      const text = topic === undefined ? helpOf(command) : topic();
      return await Promise.resolve({ text: text.trimEnd(), json: { help: text } });
    },
  });

  declare<[Shell]>(registry, program, 'completion <shell>', {
    summary: `Completion for a shell: ${shells.join(', ')}`,
    examples: [
      'genesis completion bash >> ~/.bashrc',
      'genesis completion fish > ~/.config/fish/completions/genesis.fish',
    ],
    act: async (_call, _options, shell) => {
      const script = completionScript(oneOf(shells)(shell), program);
      return await Promise.resolve({ text: script.trimEnd(), json: { script } });
    },
  });
}
