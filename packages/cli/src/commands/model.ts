import { type Answer, dataOf } from '@genesis/client';
import type { Command } from 'commander';
import { declare, group, type Registry, whole } from '../command.ts';
import { figure, plainLines } from '../terminal/plain.ts';
import { facts, table } from '../terminal/table.ts';
import { formatLabel } from '../work/label.ts';
import { predictCommands } from './model-predict.ts';
import { registryCommands } from './model-registry.ts';

type Model = Answer<'/v1/models/{id}', 'get'>;

const metricsOf = ({ metrics }: Model): string =>
  metrics
    .map(({ name, value, on, n, low, high }) => {
      const between = low === undefined || high === undefined ? '' : `${figure(low)} to ${figure(high)}, `;
      return `${name} ${figure(value)} (${between}n = ${n}) on ${on}`;
    })
    .join('; ');

const inUnit = (name: string, unit: string | null): string => (unit === null ? name : `${name} in ${unit}`);

const predictsOf = ({ trainedOn, registered }: Model): string =>
  trainedOn === null
    ? (registered?.outputs ?? []).map(({ name, unit }) => inUnit(name, unit)).join(', ')
    : inUnit(trainedOn.objective, trainedOn.unit);

/** What a version was made of. */
function originOf({ trainedOn, registered, campaign }: Model): (readonly [string, string])[] {
  if (trainedOn !== null) {
    const { measured, failed, censored } = trainedOn;
    const text = `${measured} measured, ${failed} failed, ${censored} censored experiments of ${campaign}`;
    return [['Learned from', text]];
  }
  if (registered === null) return [];
  const { data, capability, environmentHash, seeds, files, servable } = registered;
  return [
    [
      'Learned from',
      data.map(({ name, version }) => `${name} (${version})`).join(', ') || 'no governed data',
    ],
    ['Code', `${capability.name} ${capability.version}, sha256 ${capability.digest}`],
    ['Environment', `sha256 ${environmentHash}`],
    ['Seeds', seeds.join(', ') || 'none stated'],
    ['Files', files.map(({ path, format }) => `${path} (${format})`).join(', ')],
    ['Can be served', servable ? 'yes' : 'no'],
  ];
}

function readingCommands(registry: Registry, model: Command): void {
  declare<[], { limit: number }>(registry, model, 'list', {
    summary: 'The newest models that you may see',
    options: (command) => command.option('--limit <n>', 'at most this many', whole(1, 200), 50),
    examples: ['genesis model list'],
    act: async (call, { limit }) => {
      const { api } = await call.client();
      const { items } = dataOf(
        await api.GET('/v1/models', { params: { query: { limit } }, signal: call.signal }),
      );
      const rows = items.map((one) => [
        ...[one.id, `${one.name} ${one.version}`, one.stage, predictsOf(one)],
        ...[formatLabel(one.label), one.campaign ?? one.run],
      ]);
      return {
        text: table(['Model', 'Version', 'Stage', 'Predicts', 'Label', 'From'], rows),
        json: { items },
      };
    },
  });

  declare<[string]>(registry, model, 'show <id>', {
    summary: 'A model version: what it learned from, its label and measured metrics',
    examples: ['genesis model show mdl_01jd8x3k2v9q7r5t1w4y6z8abc'],
    act: async (call, _options, id) => {
      const { api } = await call.client();
      const found = dataOf(
        await api.GET('/v1/models/{id}', { params: { path: { id } }, signal: call.signal }),
      );
      const { proposal } = found;
      const text = facts([
        ['Model', found.id],
        ['Name', `${found.name}, version ${found.version}`],
        ['Stage', found.stage],
        ...(proposal === null
          ? []
          : [['Proposed', `for production by ${proposal.by}: ${proposal.reason}`] as const]),
        ['Predicts', predictsOf(found)],
        ['Label', formatLabel(found.label)],
        ['Licences', found.conditions.licences.join(', ') || 'none stated'],
        ['Purposes', found.conditions.purposes.join(', ')],
        ...originOf(found),
        ['Metrics', metricsOf(found)],
        ['Artifact', `sha256 ${found.artifactHash}`],
        ['Made', `${found.createdAt} by ${found.run}`],
      ]);
      return { text, json: { ...found } };
    },
  });

  declare<[string]>(registry, model, 'card <id>', {
    summary: 'The model card, as Markdown with front matter',
    examples: ['genesis model card mdl_01jd8x3k2v9q7r5t1w4y6z8abc > README.md'],
    act: async (call, _options, id) => {
      const client = await call.client();
      const answer = await client.send('GET', `/v1/models/${encodeURIComponent(id)}/card`, {
        signal: call.signal,
      });
      const card = await answer.text();
      return { text: plainLines(card.trimEnd()), json: { id, card } };
    },
  });
}

export function modelCommands(registry: Registry, program: Command): void {
  const model = group(program, 'model', 'Models: versions, their way into production, predictions');
  readingCommands(registry, model);
  registryCommands(registry, model);
  predictCommands(registry, model);
}
