import { writeFile } from 'node:fs/promises';
import {
  formatCard,
  governanceOf,
  levels,
  newCard,
  type Severity,
  scoreCard,
  severities,
  type ValidationLevel,
  validateCard,
} from '@genesis/datacard';
import type { Command } from 'commander';
import { declare, group, oneOf, type Registry, whole } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { UsageError } from '../failure.ts';
import { describeFindings, describeGovernance, describeScore, readCardFile } from '../work/card-file.ts';
import { interview } from '../work/card-interview.ts';
import { importCards } from '../work/import-cards.ts';

const nothing = { fields: {}, body: '' };

function writeCommands(registry: Registry, card: Command): void {
  declare<[string | undefined], { from?: string }>(registry, card, 'new [file]', {
    summary: 'Write a card: answer questions, or give the answers in a file',
    details:
      'Asks for the required fields of what the card is to tell, fills in what follows, and writes Markdown. With --from\n' +
      'nothing is asked: the file has answers as JSON, in the names of the fields. Overwrites nothing.',
    options: (command) => command.option('--from <file>', 'answers as JSON'),
    examples: ['genesis card new', 'genesis card new card.md --from answers.json'],
    act: async (call, { from }, file) => {
      const today = new Date().toISOString().slice(0, 10);
      const answers = from === undefined ? nothing : await readCardFile(from, 'json');
      const fields =
        from === undefined
          ? await interview({}, today, call.input, (text) => call.say(text))
          : answers.fields;
      const made = newCard({ fields, body: answers.body }, today);
      const { discoverability } = made.fields as { discoverability: { datacard: { filename?: unknown } } };
      const { filename } = discoverability.datacard;
      const path =
        file ?? (typeof filename === 'string' && /^[\w-]+\.md$/.test(filename) ? filename : undefined);
      if (path === undefined)
        throw new UsageError(
          'Without a name of the dataset the card has no file name: give one, genesis card new FILE.',
        );
      await writeFile(`${path.startsWith('/') ? '' : `${call.folder}/`}${path}`, formatCard(made), {
        flag: 'wx',
      });
      const open = validateCard(made);
      const next = open.length === 0 ? '' : `\nWhat is left: genesis card validate ${path}`;
      return {
        text: `Wrote ${path}, with ${open.length} findings.${next}`,
        json: { file: path, findings: open },
      };
    },
  });

  declare<[string], { format: 'json' | 'markdown'; output?: string }>(registry, card, 'export <file>', {
    summary: 'Write a card in another format',
    details: 'The same fields and the same text; comments are left out.',
    options: (command) =>
      command
        .option('--format <format>', 'json or markdown', oneOf(['json', 'markdown']), 'json')
        .option('--output <file>', 'write to this file instead of standard output'),
    examples: [
      'genesis card export card.md --format json',
      'genesis card export card.json --format markdown --output card.md',
    ],
    act: async (call, { format, output }, file) => {
      const text = formatCard(await readCardFile(file), format);
      if (output === undefined) {
        call.out.write(text);
        return { text: '', json: { file, format } };
      }
      await writeFile(output, text);
      return { text: `Wrote ${output}.`, json: { file, format, output } };
    },
  });
}

function importCommand(registry: Registry, card: Command): void {
  declare<[string], { organisation?: string }>(registry, card, 'import <folder>', {
    summary: 'Import all cards of a folder: their datasets are known before their data comes',
    details:
      'Every card is checked first; with a wrong one nothing is sent. They go in batches, each wholly or not at all. Run it\n' +
      'again after an interruption: what is there already is not made twice. The data of one follows later by\n' +
      'genesis dataset import FILE --dataset ID.',
    options: (command) =>
      command.option('--organisation <id>', 'who owns the datasets (default: your own organisation)'),
    examples: ['genesis card import cards/', 'genesis card import cards/ --json'],
    act: async (call, { organisation }, folder) => {
      const done = await importCards(call, folder, organisation);
      return {
        text: `Imported ${done.imported} cards; ${done.known} were there already.`,
        json: { ...done },
      };
    },
  });
}

type Validation = { level: ValidationLevel; least: Severity; previous?: string };

export function cardCommands(registry: Registry, program: Command): void {
  const card = group(program, 'card', 'Genesis Data Cards: what a dataset is, and what may be done with it');
  writeCommands(registry, card);
  importCommand(registry, card);

  declare<[string], Validation>(registry, card, 'validate <file>', {
    summary: 'Check a card against every rule; exit code 1 with findings',
    details:
      'Levels: draft (what is written is right), declared (what the card declares is there), thorough (every field that\n' +
      'may apply is answered). Each finding says what to write.',
    options: (command) =>
      command
        .option('--level <level>', levels.join(', '), oneOf(levels), 'declared')
        .option(
          '--least <severity>',
          `least severity that counts: ${severities.join(', ')}`,
          oneOf(severities),
          'suggestion',
        )
        .option(
          '--previous <file>',
          'the card as it was published before: its histories may only have grown',
        ),
    examples: [
      'genesis card validate card.md',
      'genesis card validate card.md --level draft --least warn',
      'genesis card validate card.md --previous published.md --json',
    ],
    act: async (_call, { level, least, previous }, file) => {
      const before = previous === undefined ? undefined : await readCardFile(previous);
      const all = validateCard(await readCardFile(file), { level, previous: before });
      const findings = all.filter(
        ({ severity }) => severities.indexOf(severity) <= severities.indexOf(least),
      );
      const exitCode = findings.length === 0 ? exitCodes.ok : exitCodes.failed;
      return { text: describeFindings(findings), json: { file, level, findings }, exitCode };
    },
  });

  declare<[string], { steps: number }>(registry, card, 'show <file>', {
    summary: 'How complete a card is, what to do next, and what it would mean as policy',
    details: 'It shows what the fields say. Nothing is granted by it, and no server knows of it.',
    options: (command) => command.option('--steps <count>', 'how many next steps', whole(0, 400), 10),
    examples: ['genesis card show card.md', 'genesis card show card.md --steps 30 --json'],
    act: async (_call, { steps }, file) => {
      const read = await readCardFile(file);
      const [score, governance] = [scoreCard(read), governanceOf(read)];
      const text = `${describeScore(score, steps)}\n\n${describeGovernance(governance)}`;
      return { text, json: { file, score: { ...score, next: score.next.slice(0, steps) }, governance } };
    },
  });
}
