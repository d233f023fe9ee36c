import { readFile } from 'node:fs/promises';
import { type Answer, dataOf } from '@genesis/client';
import { capabilityManifestSchema } from '@genesis/contracts';
import type { Command } from 'commander';
import { declare, group, type Registry } from '../command.ts';
import { UsageError } from '../failure.ts';
import { facts, table } from '../terminal/table.ts';
import { formatLabel } from '../work/label.ts';

async function readManifest(path: string) {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(`${path} is not JSON: ${error.message}`, { cause: error });
  }
  const parsed = capabilityManifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(
    ({ path: at, message }) => `  - ${at.join('.') || 'manifest'}: ${message}`,
  );
  throw new UsageError(`${path} is not a manifest of a capability:\n${lines.join('\n')}`);
}

type Manifest = Answer<'/v1/capabilities/{id}', 'get'>['manifest'];

function waysOf({ implementation }: Manifest): string {
  switch (implementation.kind) {
    case 'function':
      return 'built-in function';
    case 'kit':
      return `${implementation.module} of the kit ${implementation.kit}, Python ${implementation.python}`;
    case 'own':
      return 'the program that a run brings (genesis train -- COMMAND)';
    case 'command':
      return implementation.executable;
  }
}

export function capabilityCommands(registry: Registry, program: Command): void {
  const capability = group(program, 'capability', 'What can be run: instruments, simulators, analyses');

  declare(registry, capability, 'list', {
    summary: 'What can be run',
    examples: ['genesis capability list'],
    act: async (call) => {
      const { api } = await call.client();
      const { items } = dataOf(await api.GET('/v1/capabilities', { signal: call.signal }));
      const rows = items.map((one) => [
        `${one.name}@${one.version}`,
        one.manifest.profile,
        one.status,
        one.manifest.summary,
      ]);
      return { text: table(['Capability', 'Profile', 'Status', 'About'], rows), json: { items } };
    },
  });

  declare<[string]>(registry, capability, 'show <name>', {
    summary: 'A capability with its manifest, by id, name or name@version',
    examples: ['genesis capability show stober-silica', 'genesis capability show stober-silica@1.0.0 --json'],
    act: async (call, _options, id) => {
      const { api } = await call.client();
      const found = dataOf(
        await api.GET('/v1/capabilities/{id}', { params: { path: { id } }, signal: call.signal }),
      );
      const { manifest } = found;
      const { memoryBytes, cpuCores, durationSeconds } = manifest.resources;
      const text = facts([
        ['Capability', `${found.name}@${found.version} (${found.capabilityId})`],
        ['About', manifest.summary],
        ['Profile', manifest.profile],
        ['Status', `${found.status}, ${found.reproducibilityTier}`],
        ['Label', formatLabel(found.label)],
        ['Runs as', waysOf(manifest)],
        ['At most', `${memoryBytes} bytes of memory, ${cpuCores} cores, ${durationSeconds} s`],
        ['Digest', found.digest],
      ]);
      const schemas = [
        `Input:\n${JSON.stringify(manifest.input, null, 2)}`,
        `Output:\n${JSON.stringify(manifest.output, null, 2)}`,
      ];
      return { text: [text, ...schemas].join('\n\n'), json: { ...found } };
    },
  });

  declare<[string]>(registry, capability, 'register <file>', {
    summary: 'Declare a capability by its manifest (JSON)',
    examples: ['genesis capability register manifest.json'],
    act: async (call, _options, path) => {
      const manifest = await readManifest(path);
      const { api } = await call.client();
      const made = dataOf(
        await api.POST('/v1/capabilities', { body: manifest as never, signal: call.signal }),
      );
      const text = facts([
        ['Capability', `${manifest.name}@${manifest.version}`],
        ['Id', made.capabilityId],
        ['Digest', made.digest],
      ]);
      return { text, json: { ...made } };
    },
  });
}
