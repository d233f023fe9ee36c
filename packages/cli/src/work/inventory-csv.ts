import type { Answer } from '@genesis/client';
import { formatLabel } from './label.ts';

const columns = [
  ...['id', 'name', 'facility', 'site', 'type', 'group', 'description', 'status', 'statusReason', 'access'],
  ...[
    'authority',
    'label',
    'nodes',
    'coresPerNode',
    'memoryPerNode',
    'acceleratorsPerNode',
    'acceleratorType',
  ],
  ...['longestSeconds', 'mostNodes', 'mostJobs', 'unitsPerCoreHour', 'unitsPerGpuHour', 'unitsPerNodeHour'],
  ...['near', 'modifiedAt', 'sources'],
];

/** A cell of RFC 4180. What a spreadsheet would take for a formula is told apart by an apostrophe. */
function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The resources of an inventory, one on each line. */
export function inventoryCsv({ resources, facilities }: Answer<'/v1/compute', 'get'>): string {
  const facilityName = new Map(facilities.map(({ id, name }) => [id, name]));
  const rows = resources.map((one) => {
    const { hardware, limits, price, authority, provenance } = one;
    return [
      ...[one.id, one.name, facilityName.get(one.facility) ?? one.facility, one.site, one.type, one.group],
      ...[one.description, one.status, one.statusReason, one.access],
      ...[
        authority === null ? 'whatever the platform holds' : formatLabel(authority),
        formatLabel(one.label),
      ],
      ...[hardware.nodes, hardware.coresPerNode, hardware.memoryPerNode, hardware.acceleratorsPerNode],
      ...[hardware.acceleratorType, limits.durationSeconds, limits.nodes, limits.jobs],
      ...[price.coreHour, price.gpuHour, price.nodeHour, one.near.join(' '), one.modifiedAt],
      Object.entries(provenance)
        .map(([field, { source, at }]) => `${field}=${source}@${at}`)
        .join(' '),
    ];
  });
  return [columns, ...rows].map((line) => `${line.map(cell).join(',')}\r\n`).join('');
}
