import { dataOf } from '@genesis/client';
import { type Label, type Purpose, purposes } from '@genesis/contracts';
import type { Command } from 'commander';
import { type Call, declare, group, names, oneOf, type Registry, whole } from '../command.ts';
import { UsageError } from '../failure.ts';
import { facts, table } from '../terminal/table.ts';
import { formatLabel, parseLabel } from '../work/label.ts';

type Effect = {
  changes: Record<string, number>;
  becomesPublic: boolean;
  people: { principal: string; gains: number; loses: number }[];
};

const purposeList = (text: string): Purpose[] => names(text).map(oneOf(purposes));

/** What a change of labels does, for people. */
function describe({ changes, becomesPublic, people }: Effect): string {
  const counts = Object.entries(changes).map(([kind, count]) => `${count} ${kind}`);
  const heading = facts([
    ['Changes', counts.join(', ') || 'nothing'],
    ...(becomesPublic ? ([['Afterwards', 'everybody may see it']] as [string, string][]) : []),
  ]);
  if (people.length === 0) return `${heading}\nNobody sees more or less than before.`;
  const rows = people.map(({ principal, gains, loses }) => [principal, gains, loses]);
  return `${heading}\n\n${table(['Person', 'Sees more', 'Sees fewer'], rows)}`;
}

const foreseen = (effect: Effect) => ({
  text: `${describe(effect)}\n\nNothing was changed. Give --yes to do it.`,
  json: { done: false, ...effect },
});

const at = (id: string, call: Call) => ({ params: { path: { id } }, signal: call.signal });

export function labelCommands(registry: Registry, program: Command): void {
  const label = group(program, 'label', 'Labels: raise them, for everything derived as well');
  declare<[string], { label?: Label; purposes?: Purpose[]; reason: string; yes?: boolean }>(
    registry,
    label,
    'raise <id>',
    {
      summary:
        'Raise the label of a dataset, or narrow its purposes, and those of everything derived from it',
      details:
        'Without --yes it shows what would change, and who would see less. Lowering takes two people: genesis release.',
      options: (command) =>
        command
          .option('--label <label>', 'at least this, for example controlled+cui', parseLabel)
          .option('--purposes <list>', `only these: ${purposes.join(', ')}`, purposeList)
          .requiredOption('--reason <text>', 'why')
          .option('--yes', 'do it; without this, only what would happen is shown'),
      examples: [
        'genesis label raise dst_01jd8x3k2v9q7r5t1w4y6z8abc --label controlled+cui --reason "review of 3 March" --yes',
        'genesis label raise dst_01jd8x3k2v9q7r5t1w4y6z8abc --purposes explore,evaluate --reason test --yes',
      ],
      act: async (call, { label: least, purposes: only, reason, yes }, id) => {
        if (least === undefined && only === undefined)
          throw new UsageError('Give --label, --purposes, or both.');
        const body = {
          ...(least === undefined ? {} : { label: least }),
          ...(only === undefined ? {} : { purposes: only }),
        };
        const { api } = await call.client();
        const effect = dataOf(await api.POST('/v1/resources/{id}/raise/preview', { ...at(id, call), body }));
        if (yes !== true) return foreseen(effect);
        const done = dataOf(
          await api.POST('/v1/resources/{id}/raise', { ...at(id, call), body: { ...body, reason } }),
        );
        return { text: `${done.changed} things have stricter terms now.`, json: { ...done } };
      },
    },
  );
  releaseCommands(registry, program);
}

type Release = {
  id: string;
  resource: string;
  from: Label;
  label: Label;
  state: string;
  reason: string;
  askedBy: string;
  decidedBy: string | null;
  decision: string | null;
};

const describeRelease = (release: Release): string =>
  facts([
    ['Release', release.id],
    ['Of', release.resource],
    ['Label', `${formatLabel(release.from)} to ${formatLabel(release.label)}`],
    ['State', release.state],
    ['Asked', `${release.askedBy}: ${release.reason}`],
    ['Decided', release.decidedBy === null ? 'not yet' : `${release.decidedBy}: ${release.decision}`],
  ]);

function releaseCommands(registry: Registry, program: Command): void {
  const release = group(program, 'release', 'Releases at a lower label: one person asks, another decides');

  declare<[string], { label: Label; purposes?: Purpose[]; reason: string; yes?: boolean }>(
    registry,
    release,
    'ask <id>',
    {
      summary: 'Ask for something to be released at a lower label',
      details:
        'Without --yes it shows what would become visible to whom. Nothing changes until another person agrees.',
      options: (command) =>
        command
          .requiredOption('--label <label>', 'the label that it is to have', parseLabel)
          .option('--purposes <list>', `purposes to open besides: ${purposes.join(', ')}`, purposeList)
          .requiredOption('--reason <text>', 'why')
          .option('--yes', 'do it; without this, only what would happen is shown'),
      examples: [
        'genesis release ask mdl_01jd8x3k2v9q7r5t1w4y6z8abc --label public --reason "holds nothing of the data"',
      ],
      act: async (call, { label, purposes: open = [], reason, yes }, id) => {
        const { api } = await call.client();
        const body = { label, purposes: open };
        const effect = dataOf(
          await api.POST('/v1/resources/{id}/releases/preview', { ...at(id, call), body }),
        );
        if (yes !== true) return foreseen(effect);
        const made = dataOf(
          await api.POST('/v1/resources/{id}/releases', { ...at(id, call), body: { ...body, reason } }),
        );
        return { text: describeRelease(made), json: { ...made } };
      },
    },
  );

  declare<[], { limit: number; cursor?: string }>(registry, release, 'list', {
    summary: 'Releases of what you may see, newest first',
    options: (command) =>
      command
        .option('--limit <n>', 'at most this many', whole(1, 200), 50)
        .option('--cursor <text>', 'go on after an earlier page'),
    examples: ['genesis release list'],
    act: async (call, { limit, cursor }) => {
      const { api } = await call.client();
      const query = { limit, ...(cursor === undefined ? {} : { cursor }) };
      const page = dataOf(await api.GET('/v1/releases', { params: { query }, signal: call.signal }));
      const rows = page.items.map((one) => [
        ...[one.id, one.resource, one.state],
        ...[formatLabel(one.from), formatLabel(one.label), one.askedBy],
      ]);
      const more = page.nextCursor === null ? '' : `\nMore with: --cursor ${page.nextCursor}`;
      const head = ['Release', 'Of', 'State', 'From', 'To', 'Asked by'];
      return { text: `${table(head, rows)}${more}`, json: { ...page } };
    },
  });

  declare<[string], { agree?: boolean; refuse?: boolean; reason: string }>(registry, release, 'decide <id>', {
    summary: 'Agree to a release, or refuse it; whoever asked cannot',
    options: (command) =>
      command
        .option('--agree', 'release it')
        .option('--refuse', 'leave it as it is')
        .requiredOption('--reason <text>', 'why'),
    examples: ['genesis release decide rel_01jd8x3k2v9q7r5t1w4y6z8abc --agree --reason "reviewed"'],
    act: async (call, { agree = false, refuse = false, reason }, id) => {
      if (agree === refuse) throw new UsageError('Give either --agree or --refuse.');
      const { api } = await call.client();
      const body = { agree, reason };
      const done = dataOf(await api.POST('/v1/releases/{id}/decide', { ...at(id, call), body }));
      return { text: describeRelease(done), json: { ...done } };
    },
  });
}
