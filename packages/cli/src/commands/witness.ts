import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { createClient, dataOf, type GenesisClient } from '@genesis/client';
import { parseCheckpoint, parseNote, parseVerifierKey } from '@genesis/evidence';
import type { Command } from 'commander';
import { type Call, declare, type Registry } from '../command.ts';
import { credentialsPath } from '../connection.ts';
import { StepError, UsageError } from '../failure.ts';
import { facts } from '../terminal/table.ts';
import { cosignNote, readWitness, witnessKey, writeWitness } from '../work/file-witness.ts';
import { assertGrew, consistencyProof, freshCheckpoint, type Signed, serverKey } from '../work/ledger.ts';

type Cosigned = { note: string; witnessKey: string };

/** A file as witness: it remembers the newest checkpoint, refuses a fork, and cosigns. */
async function witnessByFile(
  call: Call,
  client: GenesisClient,
  path: string,
  now: Signed,
  key: string,
): Promise<Cosigned> {
  const witness = await readWitness(path);
  const before = witness.ledgers[now.checkpoint.origin];
  if (before !== undefined) {
    if (before.verifierKey !== key)
      throw new StepError(`The ledger ${now.checkpoint.origin} is signed by another key than before.`);
    await assertGrew(client, parseCheckpoint(parseNote(before.note).text), now.checkpoint, call.signal);
  }
  witness.ledgers[now.checkpoint.origin] = { verifierKey: key, note: now.note };
  await writeWitness(path, witness);
  return { note: cosignNote(witness, now.note, new Date()), witnessKey: witnessKey(witness) };
}

/** Where it is remembered which checkpoint another server has witnessed last, so that the next one can be proven. */
function memoryPath(call: Call, url: string, origin: string): string {
  const base = credentialsPath(call.env);
  if (base === undefined)
    throw new UsageError('Set HOME or XDG_CONFIG_HOME: the last witnessed checkpoint is kept there.');
  const name = createHash('sha256')
    .update(`${new URL(url).origin} ${origin}`)
    .digest('hex')
    .slice(0, 32);
  return join(dirname(base), 'witnessed', `${name}.json`);
}

/** Another Genesis as witness. */
async function witnessByServer(
  call: Call,
  client: GenesisClient,
  url: string,
  token: string | undefined,
  now: Signed,
  key: string,
): Promise<Cosigned> {
  if (token === undefined)
    throw new UsageError('Another server as witness needs --witness-token, a token of that server.');
  const { origin, size } = now.checkpoint;
  const path = memoryPath(call, url, origin);
  const memory = await readWitness(path);
  const last = memory.ledgers[origin];
  const from = last === undefined ? 0 : parseCheckpoint(parseNote(last.note).text).size;
  const other = createClient({ url, token });
  const proof = await consistencyProof(client, from, size, call.signal);
  const body = { note: now.note, verifierKey: key, proof };
  const cosigned = dataOf(await other.api.POST('/v1/ledger/witness', { body, signal: call.signal }));
  memory.ledgers[origin] = { verifierKey: key, note: now.note };
  await writeWitness(path, memory);
  return cosigned;
}

export const witnessCommand = (registry: Registry, ledger: Command): Command =>
  declare<[string], { witnessToken?: string }>(registry, ledger, 'witness <witness>', {
    summary: 'Have a witness attest the newest checkpoint: another Genesis (URL), or a file kept elsewhere',
    details:
      'The witness checks that the ledger only grew since it looked last, and cosigns (C2SP). The server keeps the\n' +
      'cosignature, and crates carry it: "genesis verify --witness KEYFILE" then knows that the order is attested by\n' +
      'somebody besides the operator. A file that does not exist yet is made; keep it where the operator cannot write.',
    options: (command) => command.option('--witness-token <token>', 'token of the other server'),
    examples: [
      'genesis ledger witness /mnt/usb/witness.json',
      'genesis ledger witness https://genesis.example.org --witness-token gen_example',
    ],
    act: async (call, { witnessToken }, given) => {
      const client = await call.client();
      const key = await serverKey(client, call.signal);
      const now = await freshCheckpoint(client, parseVerifierKey(key), call.signal);
      const cosigned = /^https?:\/\//.test(given)
        ? await witnessByServer(call, client, given, witnessToken, now, key)
        : await witnessByFile(call, client, given, now, key);
      const body = { note: cosigned.note, verifierKey: cosigned.witnessKey };
      await client.api.POST('/v1/ledger/cosignatures', { body, signal: call.signal });
      const { origin, size } = now.checkpoint;
      const text = facts([
        ['Ledger', origin],
        ['Entries', size],
        ['Witness', cosigned.witnessKey],
      ]);
      return { text, json: { origin, size, witnessKey: cosigned.witnessKey, note: cosigned.note } };
    },
  });
