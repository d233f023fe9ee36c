import { writeFile } from 'node:fs/promises';
import { type Answer, dataOf } from '@genesis/client';
import type { Command } from 'commander';
import { declare, group, names, oneOf, type Registry } from '../command.ts';
import { UsageError } from '../failure.ts';
import { figure, short } from '../terminal/plain.ts';
import { facts, table } from '../terminal/table.ts';
import { inventoryCsv } from '../work/inventory-csv.ts';
import { readInventory } from '../work/inventory-file.ts';
import { formatLabel } from '../work/label.ts';

type Inventory = Answer<'/v1/compute', 'get'>;
type Resource = Inventory['resources'][number];

const size = (bytes: number | null): string => (bytes === null ? '-' : `${Math.round(bytes / 2 ** 30)} GiB`);
const holds = ({ authority }: Resource): string =>
  authority === null ? 'whatever the platform holds' : formatLabel(authority);
const accelerators = ({ hardware }: Resource): string => {
  const { acceleratorsPerNode: count, acceleratorType: type } = hardware;
  return count === null ? '-' : count === 0 ? 'none' : `${count}${type === null ? '' : ` ${type}`}`;
};

const percent = (share: number): string => `${Math.round(share * 100)} %`;
const foretold = (waiting: Answer<'/v1/compute/resources/{name}', 'get'>['waiting']): string =>
  waiting === null
    ? 'too few jobs yet to judge them'
    : `${percent(waiting.coverage)} of ${waiting.jobs} held-back jobs waited as the 80 % interval said ` +
      `(99 % interval ${percent(waiting.coverageLow)} to ${percent(waiting.coverageHigh)}); median error ` +
      `${figure(waiting.medianAbsoluteError)} s, of the median of all ${figure(waiting.naiveError)} s`;

function ageOf(at: string): string {
  const minutes = Math.max(0, Math.round((Date.now() - Date.parse(at)) / 60_000));
  if (minutes < 120) return `${minutes} min`;
  return minutes < 2880 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} days`;
}

const listOf = (resources: readonly Resource[]): string =>
  table(
    ['Name', 'Status', 'Reached by', 'Nodes', 'Cores', 'Memory', 'Accelerators', 'May hold'],
    resources.map((one) => [
      ...[one.name, one.status, one.access ?? 'nothing'],
      ...[one.hardware.nodes, one.hardware.coresPerNode, size(one.hardware.memoryPerNode)],
      ...[accelerators(one), short(holds(one), 40)],
    ]),
  );

function readCommands(registry: Registry, compute: Command): void {
  declare(registry, compute, 'list', {
    summary: 'The resources that you may know of',
    examples: ['genesis compute list'],
    act: async (call) => {
      const { api } = await call.client();
      const found = dataOf(await api.GET('/v1/compute', { signal: call.signal }));
      return { text: listOf(found.resources), json: { ...found } };
    },
  });

  declare<[string]>(registry, compute, 'show <name>', {
    summary: 'One resource: what it is, what it may hold, and who says so',
    examples: ['genesis compute show slurm'],
    act: async (call, _options, name) => {
      const { api } = await call.client();
      const at = { params: { path: { name } }, signal: call.signal };
      const { resource, events, waiting } = dataOf(await api.GET('/v1/compute/resources/{name}', at));
      const { price, limits, hardware } = resource;
      const text = facts([
        ...([
          ['Resource', `${resource.name} (${resource.id})`],
          ['Type', `urn:doe-iri:resource:${resource.type}`],
          ['Description', resource.description],
          ['Site', resource.site],
          ['Status', `${resource.status}${resource.statusReason ? `: ${resource.statusReason}` : ''}`],
          ['May hold', holds(resource)],
          ['Reached by', resource.access ?? 'nothing: it can be read about, not used'],
          ['Nodes', hardware.nodes],
          ['Cores of a node', hardware.coresPerNode],
          ['Memory of a node', size(hardware.memoryPerNode)],
          ['Accelerators', accelerators(resource)],
          ['Longest job', limits.durationSeconds === null ? null : `${limits.durationSeconds} s`],
          ['Most nodes', limits.nodes],
          [
            'Price',
            `${price.coreHour} a core-hour, ${price.gpuHour} a GPU-hour, ${price.nodeHour} a node-hour`,
          ],
          ['Near', resource.near.join(', ') || 'nothing'],
          ['Foretold waits', foretold(waiting)],
        ] as [string, string | number | null][]),
        ...Object.entries(resource.provenance).map(([field, { source, at: when }]): [string, string] => [
          `  ${field}`,
          `said by ${source}, ${ageOf(when)} ago`,
        ]),
      ]);
      const rows = events.map((one) => [one.occurredAt, one.status, one.description]);
      return {
        text: `${text}\n\n${table(['Since', 'Status', 'Why'], rows)}`,
        json: { resource, events, waiting },
      };
    },
  });

  declare(registry, compute, 'status', {
    summary: 'What is up, what is not, and which incidents last',
    examples: ['genesis compute status'],
    act: async (call) => {
      const { api } = await call.client();
      const { resources, incidents } = dataOf(await api.GET('/v1/compute', { signal: call.signal }));
      const lasting = incidents.filter(({ resolution }) => resolution === 'unresolved');
      const rows = resources.map((one) => [one.name, one.status, one.statusReason]);
      const trouble = lasting.map((one) => [one.id, one.type, one.status, one.name, one.startsAt]);
      const told =
        lasting.length === 0
          ? 'No incidents.'
          : table(['Incident', 'Type', 'Status', 'What', 'Since'], trouble);
      return {
        text: `${table(['Resource', 'Status', 'Why'], rows)}\n\n${told}`,
        json: {
          resources: resources.map(({ name, status, statusReason }) => ({ name, status, statusReason })),
          incidents: lasting,
        },
      };
    },
  });

  declare<[], { campaign?: string; project?: string; challenge?: string }>(registry, compute, 'usage', {
    summary: 'What a campaign, project or challenge used, by resource',
    options: (command) =>
      command
        .option('--campaign <id>', 'of a campaign')
        .option('--project <id>', 'of a project')
        .option('--challenge <number>', 'of a challenge: of its campaigns that you may see'),
    examples: [
      'genesis compute usage --campaign cmp_01jd8x3k2v9q7r5t1w4y6z8abc',
      'genesis compute usage --challenge 11',
    ],
    act: async (call, { campaign, project, challenge }) => {
      if ([campaign, project, challenge].filter((one) => one !== undefined).length !== 1)
        throw new UsageError('expected one of --campaign, --project and --challenge');
      const query = {
        ...(campaign === undefined ? {} : { campaign }),
        ...(project === undefined ? {} : { project }),
        ...(challenge === undefined ? {} : { challenge }),
      };
      const { api } = await call.client();
      const { total, byResource } = dataOf(
        await api.GET('/v1/usage', { params: { query }, signal: call.signal }),
      );
      const line = (name: string, { runs, coreHours, gpuHours, nodeHours, units }: typeof total) => [
        ...[name, runs, figure(coreHours), figure(gpuHours), figure(nodeHours), figure(units)],
      ];
      const rows = [...byResource.map(({ name, usage }) => line(name, usage)), line('all', total)];
      return {
        text: table(['Resource', 'Runs', 'Core-hours', 'GPU-hours', 'Node-hours', 'Units'], rows),
        json: { total, byResource },
      };
    },
  });

  declare<[], { output: string; format: 'json' | 'csv' }>(registry, compute, 'export', {
    summary: 'The whole inventory as a file',
    options: (command) =>
      command
        .option('--format <format>', 'json or csv', oneOf(['json', 'csv'] as const), 'json')
        .requiredOption('--output <file>', 'where to write it'),
    examples: [
      'genesis compute export --output inventory.json',
      'genesis compute export --format csv --output inventory.csv',
    ],
    act: async (call, { output, format }) => {
      const { api } = await call.client();
      const found = dataOf(await api.GET('/v1/compute', { signal: call.signal }));
      const text = format === 'csv' ? inventoryCsv(found) : `${JSON.stringify(found, null, 2)}\n`;
      await writeFile(output, text);
      return {
        text: `${found.resources.length} resources written to ${output}`,
        json: { output, resources: found.resources.length },
      };
    },
  });
}

function operatorCommands(registry: Registry, compute: Command): void {
  declare<[string]>(registry, compute, 'add <file>', {
    summary: 'Add resources from a YAML file, or change those of the same name (operators)',
    details:
      'The file may have `facility`, `sites` and `resources`. Only operators of the platform may say how a resource is\n' +
      'reached (`access`). docs/compute.md has the fields, with examples.',
    examples: ['genesis compute add slurm.yaml'],
    act: async (call, _options, path) => {
      const { facility, sites, resources } = await readInventory(path);
      if (facility === undefined && sites.length === 0 && resources.length === 0)
        throw new UsageError(`${path} has nothing in it: expected facility, sites or resources`);
      const { api } = await call.client();
      const { signal } = call;
      if (facility !== undefined) await api.PUT('/v1/compute/facility', { body: facility, signal });
      for (const body of sites) await api.PUT('/v1/compute/sites', { body, signal });
      const done: { name: string; id: string; created: boolean }[] = [];
      for (const body of resources) {
        const put = dataOf(await api.PUT('/v1/compute/resources', { body: body as never, signal }));
        done.push({ name: body.name, ...put });
        call.say(`${body.name}: ${put.created ? 'added' : 'changed'}`);
      }
      const statuses = new Map<string, string>();
      if (resources.some(({ access }) => access !== null)) {
        call.say('Looking at them. One that does not answer takes up to half a minute.');
        await api.POST('/v1/compute/inspect', { signal });
        const found = dataOf(await api.GET('/v1/compute', { signal }));
        for (const { id, status, statusReason: why } of found.resources)
          statuses.set(id, `${status}${why === null || status === 'up' ? '' : `: ${why}`}`);
      }
      const told = done.map(({ name, id }) => `${name} is ${statuses.get(id) ?? 'entered'}`);
      return {
        text: [...told, 'See them with: genesis compute list'].join('\n'),
        json: { resources: done, sites: sites.length },
      };
    },
  });

  declare<
    [string],
    { resource: string[]; status: 'down' | 'degraded'; planned?: boolean; description?: string }
  >(registry, compute, 'incident <name>', {
    summary: 'Report an outage or maintenance (operators)',
    options: (command) =>
      command
        .requiredOption('--resource <a,b>', 'the resources that it concerns', names)
        .option('--status <status>', 'down or degraded', oneOf(['down', 'degraded'] as const), 'down')
        .option('--planned', 'it was announced')
        .option('--description <text>', 'more about it'),
    examples: ['genesis compute incident "Cooling of hall 2" --resource slurm --planned'],
    act: async (call, { resource, status, planned, description }, name) => {
      const { api } = await call.client();
      const body = {
        ...{ name, status, resources: resource, description: description ?? '' },
        ...{ type: planned === true ? ('planned' as const) : ('unplanned' as const), endsAt: null },
      };
      const { id } = dataOf(await api.POST('/v1/compute/incidents', { body, signal: call.signal }));
      return { text: `${id}: end it with genesis compute resolve ${id}`, json: { id } };
    },
  });

  declare<[string]>(registry, compute, 'sync <url>', {
    summary: 'Take in what a facility with the IRI Facility API offers (operators of the platform)',
    details:
      'Enters its resources, or what is new of them. Nothing can be run there until `genesis compute add` says how each\n' +
      'is reached and what it may hold.',
    examples: ['genesis compute sync https://api.iri.nersc.gov'],
    act: async (call, _options, url) => {
      const { api } = await call.client();
      const done = dataOf(await api.POST('/v1/compute/sync', { body: { url }, signal: call.signal }));
      const gone = done.gone === 0 ? '' : `, ${done.gone} not listed any more`;
      return {
        text: `${done.name}: ${done.seen} resources, ${done.added} of them new${gone}. See them with: genesis compute list`,
        json: { ...done },
      };
    },
  });

  declare<[string]>(registry, compute, 'resolve <incident>', {
    summary: 'End an incident: its resources are up again (operators)',
    examples: ['genesis compute resolve inc_01jd8x3k2v9q7r5t1w4y6z8abc'],
    act: async (call, _options, id) => {
      const { api } = await call.client();
      const at = { params: { path: { id } }, signal: call.signal };
      await api.POST('/v1/compute/incidents/{id}/resolve', at);
      return { text: `${id} is resolved.`, json: { id, resolved: true } };
    },
  });
}

export function computeCommands(registry: Registry, program: Command): void {
  const compute = group(program, 'compute', 'Machines: what there is, what each may hold, and how it is');
  readCommands(registry, compute);
  operatorCommands(registry, compute);
}
