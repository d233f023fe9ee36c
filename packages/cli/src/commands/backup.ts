import type { Command } from 'commander';
import { declare, type Registry } from '../command.ts';
import { runRestore } from '../server/server-process.ts';
import { facts } from '../terminal/table.ts';
import { saveAnswer } from '../work/documents.ts';
import { addConfigFlags, type ServeOptions, serverFlags } from './serve.ts';

export function backupCommands(registry: Registry, program: Command): void {
  declare<[string]>(registry, program, 'backup <file>', {
    summary: 'Save everything to a file, keys included, while the platform runs (administrators)',
    details:
      'Who has the file has everything: keep it where nobody else can read it. It is written with mode 0600.',
    examples: ['genesis backup monday.tar'],
    act: async (call, _options, file) => {
      const client = await call.client();
      await saveAnswer(await client.send('POST', '/v1/backup', { signal: call.signal }), file, 0o600);
      return { text: `Written to ${file}. Keep it safe: it holds the keys.`, json: { backup: file } };
    },
  });

  declare<[string], ServeOptions>(registry, program, 'restore <file>', {
    summary: 'Put a backup back, into an empty data folder, while no server runs',
    details:
      'Everything in the file is checked before anything is in its place; a file that was changed restores nothing.',
    options: addConfigFlags,
    examples: ['genesis restore monday.tar --data-folder ./lab'],
    act: async (call, options, archive) => {
      const { env, signal } = call;
      const done = await runRestore({ archive, flags: serverFlags(options), env, signal });
      const text = facts([
        ['Restored into', done.dataFolder],
        ['Backup of', done.createdAt],
        ['Rows', `${done.rows} in ${done.tables} tables`],
        ['Files', done.files],
      ]);
      return {
        text: `${text}\nNow: genesis serve, then genesis ledger verify --since CHECKPOINT`,
        json: { ...done },
      };
    },
  });
}
