import { type Answer, dataOf } from '@genesis/client';
import { type Label, type WhenSpent, whenSpent } from '@genesis/contracts';
import { type Command, InvalidArgumentError } from 'commander';
import { declare, group, oneOf, type Registry } from '../command.ts';
import { facts, table } from '../terminal/table.ts';
import { formatLabel, parseLabel } from '../work/label.ts';

type Found = Answer<'/v1/projects/{id}', 'get'>;

function units(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('expected a number, 0 or more');
  return value;
}

function textOf({ project, folder, allocations }: Found, names: ReadonlyMap<string, string>): string {
  const heading = facts([
    ['Project', `${project.name} (${project.id})`],
    ['Description', project.description || '-'],
    ['Organisation', project.organisation ?? 'the platform'],
    ['Label', formatLabel(project.label)],
    ['Purposes', project.conditions.purposes.join(', ')],
    ['Files', folder],
    ['Members', project.members.join(', ') || 'nobody yet'],
  ]);
  const rows = allocations.map((one) => [
    ...[names.get(one.machine) ?? one.machine, one.granted, one.used, one.whenSpent, one.endsAt ?? 'open'],
    one.members.map(({ principal, granted }) => `${principal}: ${granted}`).join(', '),
  ]);
  const head = ['Resource', 'Granted', 'Used', 'When spent', 'Until', 'For members'];
  return rows.length === 0 ? `${heading}\n\nNo allocations.` : `${heading}\n\n${table(head, rows)}`;
}

function readCommands(registry: Registry, project: Command): void {
  declare(registry, project, 'list', {
    summary: 'The projects that you may see',
    examples: ['genesis project list'],
    act: async (call) => {
      const { api } = await call.client();
      const { items } = dataOf(await api.GET('/v1/projects', { signal: call.signal }));
      const rows = items.map(({ id, name, label, members }) => [
        id,
        name,
        formatLabel(label),
        members.length,
      ]);
      return { text: table(['Project', 'Name', 'Label', 'Members'], rows), json: { items } };
    },
  });

  declare<[string]>(registry, project, 'show <id>', {
    summary: 'A project: its members, what it may use, and where its files are',
    examples: ['genesis project show prj_01jd8x3k2v9q7r5t1w4y6z8abc'],
    act: async (call, _options, id) => {
      const { api } = await call.client();
      const found = dataOf(
        await api.GET('/v1/projects/{id}', { params: { path: { id } }, signal: call.signal }),
      );
      const { resources } = dataOf(await api.GET('/v1/compute', { signal: call.signal }));
      const names = new Map(resources.map((one) => [one.id, one.name]));
      return { text: textOf(found, names), json: { ...found } };
    },
  });
}

function memberCommands(registry: Registry, project: Command): void {
  declare<[string, string]>(registry, project, 'add-member <id> <principal>', {
    summary: 'Let somebody with a role in the organisation use files and submit jobs (stewards, operators)',
    examples: ['genesis project add-member prj_01jd8x3k2v9q7r5t1w4y6z8abc prn_01jd8x3k2v9q7r5t1w4y6z8abc'],
    act: async (call, _options, id, principal) => {
      const { api } = await call.client();
      const params = { path: { id, principal } };
      dataOf(await api.PUT('/v1/projects/{id}/members/{principal}', { params, signal: call.signal }));
      return { text: `${principal} is a member of ${id}.`, json: { project: id, member: principal } };
    },
  });

  declare<[string, string]>(registry, project, 'remove-member <id> <principal>', {
    summary: 'End a membership; jobs that were submitted go on',
    examples: ['genesis project remove-member prj_01jd8x3k2v9q7r5t1w4y6z8abc prn_01jd8x3k2v9q7r5t1w4y6z8abc'],
    act: async (call, _options, id, principal) => {
      const { api } = await call.client();
      const params = { path: { id, principal } };
      dataOf(await api.DELETE('/v1/projects/{id}/members/{principal}', { params, signal: call.signal }));
      return { text: `${principal} is no member of ${id}.`, json: { project: id, removed: principal } };
    },
  });
}

type Grant = { units: number; whenSpent: WhenSpent; until?: string; member?: string };

function allocationCommands(registry: Registry, project: Command): void {
  declare<[string, string], Grant>(registry, project, 'allocate <id> <resource>', {
    summary: 'Grant a project units on a resource, or one member a part of them (stewards, operators)',
    options: (command) =>
      command
        .requiredOption('--units <number>', 'allocation units, by the price of the resource', units)
        .option('--when-spent <what>', whenSpent.join(', '), oneOf(whenSpent), 'stop')
        .option('--until <time>', 'when it ends, as 2027-01-31T00:00:00Z')
        .option('--member <principal>', 'the part for this member, instead'),
    examples: [
      'genesis project allocate prj_01jd8x3k2v9q7r5t1w4y6z8abc slurm --units 5000 --until 2027-01-31T00:00:00Z',
      'genesis project allocate prj_01jd8x3k2v9q7r5t1w4y6z8abc slurm --units 100 --member prn_01jd8x3k2v9q7r5t1w4y6z8abc',
    ],
    act: async (call, { units: granted, whenSpent: spent, until, member }, id, machine) => {
      const { api } = await call.client();
      const { signal } = call;
      const path = { id, machine };
      const { id: allocation } =
        member === undefined
          ? dataOf(
              await api.PUT('/v1/projects/{id}/allocations/{machine}', {
                params: { path },
                body: { granted, whenSpent: spent, endsAt: until ?? null },
                signal,
              }),
            )
          : dataOf(
              await api.PUT('/v1/projects/{id}/allocations/{machine}/members/{principal}', {
                params: { path: { ...path, principal: member } },
                body: { granted },
                signal,
              }),
            );
      return {
        text: `${member ?? id} may use ${granted} units on ${machine}.`,
        json: { allocation, project: id, machine, granted, ...(member === undefined ? {} : { member }) },
      };
    },
  });
}

export function projectCommands(registry: Registry, program: Command): void {
  const project = group(program, 'project', 'Projects: people who share files, jobs and allocations');
  readCommands(registry, project);

  declare<[string], { description: string; label: Label }>(registry, project, 'create <name>', {
    summary: 'Make a project of your organisation, with a folder (stewards, operators)',
    options: (command) =>
      command
        .option('--description <text>', 'what it is for', '')
        .option('--label <label>', 'what its files and jobs carry; it does not change', parseLabel, {
          level: 'public',
          categories: [],
        }),
    examples: [
      'genesis project create fusion',
      'genesis project create fusion --label internal --description "Plasma edge"',
    ],
    act: async (call, { description, label }, name) => {
      const { api } = await call.client();
      const body = { name, description, label };
      const { id } = dataOf(await api.POST('/v1/projects', { body, signal: call.signal }));
      return { text: `Project ${id}. Add members: genesis project add-member ${id} PRINCIPAL`, json: { id } };
    },
  });

  memberCommands(registry, project);
  allocationCommands(registry, project);
}
