import { dataOf } from '@genesis/client';
import { type Label, type ModelStage, modelStages } from '@genesis/contracts';
import type { Command } from 'commander';
import { declare, oneOf, type Registry } from '../command.ts';
import { UsageError } from '../failure.ts';
import { figure } from '../terminal/plain.ts';
import { table } from '../terminal/table.ts';
import { compareModels } from '../work/compare-models.ts';
import { parseLabel } from '../work/label.ts';
import { describeModelReport, verifyExport, writeExport } from '../work/model-export.ts';

const example = 'mdl_01jd8x3k2v9q7r5t1w4y6z8abc';
const other = 'mdl_01jd8x3k2v9q7r5t1w4y6z8abd';

function versionCommands(registry: Registry, model: Command): void {
  declare<[string], { name?: string }>(registry, model, 'register <run>', {
    summary: 'Register the model that a training run left',
    details:
      'A run with the purpose train that leaves model/model.json is registered when it ends. This registers it where that\n' +
      'was refused then, or under another name. A run has one model: again, it gives the one that is there.',
    options: (command) => command.option('--name <name>', 'versions of one name are counted'),
    examples: ['genesis model register run_01jd8x3k2v9q7r5t1w4y6z8abc --name steel-strength'],
    act: async (call, { name }, run) => {
      const { api } = await call.client();
      const body = { run, ...(name === undefined ? {} : { name }) };
      const made = dataOf(await api.POST('/v1/models', { body, signal: call.signal }));
      return { text: made.repeated ? `${made.id}  (registered before)` : made.id, json: { ...made } };
    },
  });

  declare<[string[]]>(registry, model, 'compare <ids...>', {
    summary: 'The measured figures of two or more versions side by side; ties are told as ties',
    examples: [`genesis model compare ${example} ${other}`],
    act: async (call, _options, ids) => {
      if (ids.length < 2) throw new UsageError('Give two or more models.');
      const { api } = await call.client();
      const found = await Promise.all(
        ids.map(async (id) =>
          dataOf(await api.GET('/v1/models/{id}', { params: { path: { id } }, signal: call.signal })),
        ),
      );
      const versions = found.map(({ id, name, version, metrics }) => ({
        id,
        title: `${name} ${version}`,
        metrics,
      }));
      const compared = compareModels(versions);
      const rows = compared.map(({ name, unit, on, values, verdict }) => [
        unit === null ? name : `${name} (${unit})`,
        ...values.map((value) => {
          if (value === null) return null;
          const { low, high } = value;
          const interval = low === null || high === null ? '' : ` [${figure(low)}, ${figure(high)}]`;
          return `${figure(value.value)}${interval}`;
        }),
        on,
        verdict,
      ]);
      const text = table(['Figure', ...versions.map(({ title }) => title), 'On', 'Says'], rows);
      return { text, json: { versions: found, compared } };
    },
  });
}

function stageCommands(registry: Registry, model: Command): void {
  declare<[string], { to: ModelStage; reason: string }>(registry, model, 'promote <id>', {
    summary: 'Move a version to another stage',
    details:
      'candidate becomes validated, validated becomes production, and each may be retired. For production the version is\n' +
      'proposed: another person of its owner decides with "genesis model approve". Production is taken back with --to validated.',
    options: (command) =>
      command
        .requiredOption('--to <stage>', `one of ${modelStages.states.join(', ')}`, oneOf(modelStages.states))
        .requiredOption('--reason <text>', 'why'),
    examples: [
      `genesis model promote ${example} --to validated --reason "within 5 % on the new batch"`,
      `genesis model promote ${example} --to production --reason "replaces version 2"`,
    ],
    act: async (call, { to, reason }, id) => {
      const { api } = await call.client();
      const body = { to, reason };
      const params = { path: { id } };
      const now = dataOf(await api.POST('/v1/models/{id}/stage', { params, body, signal: call.signal }));
      const text =
        now.proposal === null
          ? `${id} is ${now.stage}.`
          : `Proposed for production. Another person decides with: genesis model approve ${id} --agree --reason TEXT`;
      return { text, json: { id, ...now } };
    },
  });

  declare<[string], { agree?: boolean; refuse?: boolean; reason: string }>(registry, model, 'approve <id>', {
    summary: 'Decide whether a proposed version goes into production; whoever proposed it cannot',
    options: (command) =>
      command
        .option('--agree', 'it goes into production')
        .option('--refuse', 'it stays as it is')
        .requiredOption('--reason <text>', 'why'),
    examples: [`genesis model approve ${example} --agree --reason "card and figures reviewed"`],
    act: async (call, { agree = false, refuse = false, reason }, id) => {
      if (agree === refuse) throw new UsageError('Give either --agree or --refuse.');
      const { api } = await call.client();
      const params = { path: { id } };
      const now = dataOf(
        await api.POST('/v1/models/{id}/approval', { params, body: { agree, reason }, signal: call.signal }),
      );
      return { text: `${id} is ${now.stage}.`, json: { id, ...now } };
    },
  });

  declare<[string]>(registry, model, 'moves <id>', {
    summary: 'How a version came to its stage',
    examples: [`genesis model moves ${example}`],
    act: async (call, _options, id) => {
      const { api } = await call.client();
      const { items } = dataOf(
        await api.GET('/v1/models/{id}/moves', { params: { path: { id } }, signal: call.signal }),
      );
      const rows = items.map((one) => [one.at, one.from, one.to, one.askedBy, one.by, one.reason]);
      return { text: table(['At', 'From', 'To', 'Asked by', 'By', 'Why'], rows), json: { items } };
    },
  });
}

function exportCommands(registry: Registry, model: Command): void {
  declare<[string]>(registry, model, 'bom <id>', {
    summary: 'The bill of materials of a version, CycloneDX 1.6',
    examples: [`genesis model bom ${example} > bom.cdx.json`],
    act: async (call, _options, id) => {
      const client = await call.client();
      const url = `/v1/models/${encodeURIComponent(id)}/bom`;
      const text = await (await client.send('GET', url, { signal: call.signal })).text();
      return { text: text.trimEnd(), json: JSON.parse(text) as Record<string, unknown> };
    },
  });

  declare<[string], { output: string; destination: Label }>(registry, model, 'export <id>', {
    summary:
      'A version with its card, its bill of materials and signed provenance, as a folder or a zip file',
    options: (command) =>
      command
        .requiredOption('-o, --output <path>', 'a new folder, or a file that ends in .zip')
        .option(
          '--destination <label>',
          'what the place is cleared for that the model goes to',
          parseLabel,
          parseLabel('public'),
        ),
    examples: [
      `genesis model export ${example} -o steel-strength`,
      `genesis model export ${example} -o steel-strength.zip --destination internal`,
    ],
    act: async (call, { output, destination }, id) => {
      const client = await call.client();
      const url = `/v1/models/${encodeURIComponent(id)}/export`;
      const body = JSON.stringify({ destination });
      const answer = await client.send('POST', url, {
        body,
        contentType: 'application/json',
        signal: call.signal,
      });
      await writeExport(Buffer.from(await answer.arrayBuffer()), output);
      const text = `Written to ${output}. Check it with: genesis model verify ${output} --key KEYFILE`;
      return { text, json: { model: id, output } };
    },
  });

  declare(registry, model, 'key', {
    summary: 'The key that checks the provenance of exported models',
    examples: ['genesis model key > provenance.key'],
    act: async (call) => {
      const { api } = await call.client();
      const { verifierKey } = dataOf(await api.GET('/v1/provenance/key', { signal: call.signal }));
      return { text: verifierKey, json: { verifierKey } };
    },
  });

  declare<[string], { key?: string }>(registry, model, 'verify <path>', {
    summary: 'Check an exported model, offline',
    details:
      'Checks the signature over the provenance statement, and every file against it. Needs no server and runs nothing of\n' +
      'the model. Without --key nobody vouches for where it comes from, and the exit code says so (3).',
    options: (command) =>
      command.option('--key <file>', 'provenance key of the platform, known from elsewhere'),
    examples: [
      'genesis model verify steel-strength --key provenance.key',
      'genesis model verify steel-strength.zip --json',
    ],
    act: async (_call, { key }, path) => {
      const report = await verifyExport(path, key);
      return { text: describeModelReport(report), json: { ...report }, exitCode: report.exitCode };
    },
  });
}

/** Versions, stages and taking elsewhere. */
export function registryCommands(registry: Registry, model: Command): void {
  versionCommands(registry, model);
  stageCommands(registry, model);
  exportCommands(registry, model);
}
