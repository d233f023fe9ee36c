import { dataOf } from '@genesis/client';
import type { Label } from '@genesis/contracts';
import type { Command } from 'commander';
import { declare, group, type Registry, whole } from '../command.ts';
import { figure } from '../terminal/plain.ts';
import { facts, table } from '../terminal/table.ts';
import { saveCrate, saveReport } from '../work/documents.ts';
import { formatLabel, parseLabel } from '../work/label.ts';
import { trainModel } from '../work/train-model.ts';
import { bestOfArm, type CampaignProgress, watchCampaign } from '../work/watch-campaign.ts';
import { peopleCommands } from './campaign-people.ts';
import { addPlanOptions, type PlanOptions, planFromFile, planFromOptions } from './campaign-plan.ts';

const example = 'cmp_01jd8x3k2v9q7r5t1w4y6z8abc';

const armTable = ({ arms }: CampaignProgress): string =>
  table(
    ['Arm', 'Strategy', 'Experiments', 'Failed', 'Censored', 'Best (median of repeats)'],
    arms.map((arm) => [
      arm.name,
      arm.strategy,
      `${arm.recorded} of ${arm.budget}`,
      arm.failed,
      arm.censored,
      figure(bestOfArm(arm)),
    ]),
  );

function openingCommands(registry: Registry, campaign: Command): void {
  declare<[string | undefined], PlanOptions & { watch?: boolean }>(registry, campaign, 'create [file]', {
    summary: 'Open a campaign: its plan is fixed, and exploring begins',
    details:
      'The plan comes from a JSON file, or from options. A random arm with the same budget is always part of it.',
    options: (command) => addPlanOptions(command).option('--watch', 'follow it until it has explored'),
    examples: [
      'genesis campaign create --capability stober-silica --objective diameter --unit nm --target 300 --budget 25 --repeats 3 --watch',
      `genesis campaign create --data-version ver_${example.slice(4)} --split spl_${example.slice(4)} --objective yield --maximize --budget 50`,
      `genesis campaign create --people --objective strength --maximize --vary 'cure=20..90 degC' --vary 'filler=none|silica' --budget 12`,
      'genesis campaign create plan.json',
    ],
    act: async (call, options, file) => {
      const client = await call.client();
      const plan =
        file === undefined ? await planFromOptions(client, options, call.signal) : await planFromFile(file);
      const made = dataOf(
        await client.api.POST('/v1/campaigns', { body: plan as never, signal: call.signal }),
      );
      if (options.watch !== true) return { text: made.id, json: { ...made } };
      call.say(made.id);
      const { name, goal, unit = null } = plan.objective;
      const progress = await watchCampaign(call, client, made.id, { name, goal, unit });
      return { text: armTable(progress), json: { ...made, progress } };
    },
  });

  declare<[string]>(registry, campaign, 'watch <id>', {
    summary: 'Follow a campaign until it rests',
    examples: [`genesis campaign watch ${example}`],
    act: async (call, _options, id) => {
      const client = await call.client();
      const at = { params: { path: { id } }, signal: call.signal };
      const { campaign: found } = dataOf(await client.api.GET('/v1/campaigns/{id}', at));
      const progress = await watchCampaign(call, client, id, found.plan.objective);
      return { text: armTable(progress), json: { id, progress } };
    },
  });
}

function readingCommands(registry: Registry, campaign: Command): void {
  declare<[], { limit: number; cursor?: string }>(registry, campaign, 'list', {
    summary: 'Campaigns that you may see, newest first',
    options: (command) =>
      command
        .option('--limit <n>', 'at most this many', whole(1, 200), 50)
        .option('--cursor <text>', 'go on after an earlier page'),
    examples: ['genesis campaign list'],
    act: async (call, { limit, cursor }) => {
      const { api } = await call.client();
      const query = { limit, ...(cursor === undefined ? {} : { cursor }) };
      const page = dataOf(await api.GET('/v1/campaigns', { params: { query }, signal: call.signal }));
      const rows = page.items.map((one) => [
        one.id,
        one.plan.title,
        one.state,
        formatLabel(one.label),
        one.createdAt,
      ]);
      const more = page.nextCursor === null ? '' : `\nMore with: --cursor ${page.nextCursor}`;
      return {
        text: `${table(['Campaign', 'Title', 'State', 'Label', 'Made'], rows)}${more}`,
        json: { ...page },
      };
    },
  });

  declare<[string], { experiments?: boolean }>(registry, campaign, 'show <id>', {
    summary: 'A campaign with the progress of its arms',
    options: (command) =>
      command.option('--experiments', 'list every experiment, the failed and censored ones too'),
    examples: [`genesis campaign show ${example}`, `genesis campaign show ${example} --experiments --json`],
    act: async (call, { experiments }, id) => {
      const { api } = await call.client();
      const at = { params: { path: { id } }, signal: call.signal };
      const { campaign: found, progress } = dataOf(await api.GET('/v1/campaigns/{id}', at));
      const { plan } = found;
      const { goal } = plan.objective;
      const heading = facts([
        ['Campaign', found.id],
        ['Title', plan.title],
        ['Challenge', plan.challenge ?? null],
        [
          'Objective',
          `${goal.kind} ${plan.objective.name}${goal.kind === 'target' ? ` ${goal.value}` : ''} ${plan.objective.unit ?? ''}`.trim(),
        ],
        ['State', found.state],
        ['Label', formatLabel(found.label)],
        ['Plan', `sha256 ${found.planHash}`],
        ['Made', found.createdAt],
      ]);
      const text = `${heading}\n\n${armTable(progress)}`;
      if (experiments !== true) return { text, json: { campaign: found, progress } };
      const { items } = dataOf(await api.GET('/v1/campaigns/{id}/experiments', at));
      const rows = items.map(({ arm, repeat, index, design, outcome }) => [
        arm,
        repeat,
        index,
        JSON.stringify(design),
        outcome === null
          ? 'waiting'
          : outcome.status === 'measured'
            ? figure(outcome.value)
            : `${outcome.status}: ${outcome.reason}`,
      ]);
      const list = table(['Arm', 'Repeat', 'No', 'Design', 'Result'], rows);
      return { text: `${text}\n\n${list}`, json: { campaign: found, progress, experiments: items } };
    },
  });
}

function stateCommands(registry: Registry, campaign: Command): void {
  declare<[string]>(registry, campaign, 'stop <id>', {
    summary: 'Stop exploring; nothing is lost',
    examples: [`genesis campaign stop ${example}`],
    act: async (call, _options, id) => {
      const { api } = await call.client();
      await api.POST('/v1/campaigns/{id}/stop', { params: { path: { id } }, signal: call.signal });
      return {
        text: `${id} is stopped. Go on with: genesis campaign resume ${id}`,
        json: { id, state: 'stopped' },
      };
    },
  });

  declare<[string]>(registry, campaign, 'resume <id>', {
    summary: 'Go on exploring where it stopped',
    examples: [`genesis campaign resume ${example}`],
    act: async (call, _options, id) => {
      const { api } = await call.client();
      await api.POST('/v1/campaigns/{id}/resume', { params: { path: { id } }, signal: call.signal });
      return { text: `${id} explores again.`, json: { id, state: 'exploring' } };
    },
  });

  declare<[string], { name: string }>(registry, campaign, 'train <id>', {
    summary: 'Train a model on everything that was recorded so far',
    options: (command) => command.option('--name <text>', 'name of the model', 'surrogate'),
    examples: [`genesis campaign train ${example}`],
    act: async (call, { name }, id) => {
      const model = await trainModel(await call.client(), id, name, call.signal);
      const metrics = model.metrics.map((one) => `${one.name} ${figure(one.value)} on ${one.on}`).join('; ');
      return { text: `${model.id}  ${metrics}`, json: { ...model } };
    },
  });
}

function evidenceCommands(registry: Registry, campaign: Command): void {
  declare<[string, string | undefined]>(registry, campaign, 'report <id> [file]', {
    summary: 'The report as one HTML page that needs nothing else (default: report.html)',
    examples: [`genesis campaign report ${example} report.html`],
    act: async (call, _options, id, file = 'report.html') => {
      await saveReport(await call.client(), id, file, call.signal);
      return { text: `Written to ${file}`, json: { campaign: id, report: file } };
    },
  });

  type ExportOptions = { destination: Label; includeSealedRows?: boolean };
  declare<[string, string], ExportOptions>(registry, campaign, 'export <id> <file>', {
    summary: 'Export a campaign as an evidence crate that anyone can check offline',
    details:
      'What the destination is not cleared for stays out, as commitments. Sealed rows stay sealed, unless you say otherwise:\nexporting them retires the split for good.',
    options: (command) =>
      command
        .option(
          '--destination <label>',
          'what the place is cleared for that the crate goes to',
          parseLabel,
          parseLabel('public'),
        )
        .option('--include-sealed-rows', 'also the confirm rows, which retires the split for good'),
    examples: [
      `genesis campaign export ${example} crate.zip`,
      `genesis campaign export ${example} crate.zip --destination internal`,
    ],
    act: async (call, { destination, includeSealedRows = false }, id, file) => {
      await saveCrate(await call.client(), id, file, { destination, includeSealedRows }, call.signal);
      return {
        text: `Written to ${file}. Check it with: genesis verify ${file} --key KEYFILE`,
        json: { campaign: id, crate: file },
      };
    },
  });
}

export function campaignCommands(registry: Registry, program: Command): void {
  const campaign = group(program, 'campaign', 'Campaigns: arms that explore under equal budgets');
  openingCommands(registry, campaign);
  readingCommands(registry, campaign);
  peopleCommands(registry, campaign);
  stateCommands(registry, campaign);
  evidenceCommands(registry, campaign);
}
