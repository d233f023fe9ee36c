import { readFile, writeFile } from 'node:fs/promises';
import type { GenesisClient } from '@genesis/client';
import { formatVerifierKey, parseVerifierKey, type VerifierKey } from '@genesis/evidence';
import type { Command } from 'commander';
import { declare, group, type Registry } from '../command.ts';
import { StepError, UsageError } from '../failure.ts';
import { plain, plainLines } from '../terminal/plain.ts';
import { facts } from '../terminal/table.ts';
import { witnessedNote } from '../work/file-witness.ts';
import { assertGrew, freshCheckpoint, openCheckpoint, provenEntry, serverKey } from '../work/ledger.ts';
import { readKey } from '../work/verify-file.ts';
import { witnessCommand } from './witness.ts';

/** The key given by the person, which the server must have too; else the one that the server names. */
async function keyOf(
  client: GenesisClient,
  file: string | undefined,
  signal: AbortSignal,
): Promise<VerifierKey> {
  const named = await serverKey(client, signal);
  if (file === undefined) return parseVerifierKey(named);
  const known = await readKey(file);
  if (formatVerifierKey(known) !== named)
    throw new StepError(`The server signs with another key than the one in ${file}.`);
  return known;
}

const keyOption = (command: Command): Command =>
  command.option(
    '--key <file>',
    'verifier key of the ledger, known from elsewhere (default: what the server names)',
  );

export function ledgerCommands(registry: Registry, program: Command): void {
  const ledger = group(program, 'ledger', 'The ledger: everything that happened, signed and provable');

  declare<[], { output?: string }>(registry, ledger, 'key', {
    summary: 'The key that checks the signatures of this ledger',
    options: (command) => command.option('--output <file>', 'write it to a file, for "genesis verify --key"'),
    examples: ['genesis ledger key --output ledger.key'],
    act: async (call, { output }) => {
      const key = await serverKey(await call.client(), call.signal);
      if (output !== undefined) await writeFile(output, `${key}\n`);
      return { text: output === undefined ? plain(key) : `Written to ${output}`, json: { verifierKey: key } };
    },
  });

  declare<[], { output?: string; key?: string }>(registry, ledger, 'checkpoint', {
    summary: 'A signed checkpoint over everything committed so far (C2SP tlog-checkpoint)',
    options: (command) =>
      keyOption(command).option('--output <file>', 'keep it, for a later "genesis ledger verify --since"'),
    examples: ['genesis ledger checkpoint --output monday.note'],
    act: async (call, { output, key }) => {
      const client = await call.client();
      const signed = await freshCheckpoint(client, await keyOf(client, key, call.signal), call.signal);
      if (output !== undefined) await writeFile(output, signed.note);
      const { origin, size } = signed.checkpoint;
      return { text: plainLines(signed.note.trimEnd()), json: { origin, size, note: signed.note } };
    },
  });

  declare<[string], { key?: string }>(registry, ledger, 'prove <entry>', {
    summary: 'The body of an entry, and the proof that the ledger holds it, checked here',
    options: keyOption,
    examples: ['genesis ledger prove ent_01jd8x3k2v9q7r5t1w4y6z8abc'],
    act: async (call, { key }, id) => {
      const client = await call.client();
      const proven = await provenEntry(client, id, await keyOf(client, key, call.signal), call.signal);
      const text = facts([
        ['Entry', proven.id],
        ['Place', `${proven.index} of ${proven.size}`],
        ['Proof', `${proven.proof.length} hashes, checked: it holds`],
        ['Body', proven.body],
      ]);
      return { text, json: { ...proven } };
    },
  });

  declare<[], { since?: string; witness?: string; key?: string }>(registry, ledger, 'verify', {
    summary:
      'Check the signature of the newest checkpoint, and that the ledger only grew since an earlier one',
    details:
      'A ledger that was restored from a backup, or changed, forks from checkpoints that were taken later: that is said.',
    options: (command) =>
      keyOption(command)
        .option('--since <file>', 'an earlier checkpoint, kept with "ledger checkpoint --output"')
        .option('--witness <file>', 'a witness made with "ledger witness", and what it has seen last'),
    examples: [
      'genesis ledger verify',
      'genesis ledger verify --since monday.note --key ledger.key',
      'genesis ledger verify --witness /mnt/usb/witness.json',
    ],
    act: async (call, { since, witness, key }) => {
      const client = await call.client();
      const known = await keyOf(client, key, call.signal);
      const before = since === undefined ? undefined : openCheckpoint(await readFile(since, 'utf8'), known);
      const now = await freshCheckpoint(client, known, call.signal);
      const { origin, size } = now.checkpoint;
      if (before !== undefined) await assertGrew(client, before.checkpoint, now.checkpoint, call.signal);
      const seen = witness === undefined ? undefined : await witnessedNote(witness, origin);
      if (witness !== undefined && seen === undefined)
        throw new UsageError(`The witness in ${witness} has seen no checkpoint of ${origin}.`);
      const witnessed = seen === undefined ? undefined : openCheckpoint(seen, known).checkpoint;
      if (witnessed !== undefined)
        await assertGrew(client, witnessed, now.checkpoint, call.signal, 'witnessed');
      const text = [
        `The checkpoint of ${plain(origin)} over ${size} entries is signed by its key.`,
        ...[before?.checkpoint, witnessed].flatMap((one) =>
          one === undefined
            ? []
            : [`It continues the one over ${one.size} entries: nothing was changed or taken away.`],
        ),
      ];
      return {
        text: text.join('\n'),
        json: {
          origin,
          size,
          since: before?.checkpoint.size ?? null,
          witnessed: witnessed?.size ?? null,
          ok: true,
        },
      };
    },
  });

  witnessCommand(registry, ledger);
}
