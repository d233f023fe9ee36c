import { type Card, isBlank, type Mapping, notApplicable, valueAt } from '../card.ts';
import { type Block, blocks, flagOf } from '../specification.ts';
import type { Problem } from './finding.ts';

/** Headings of the parts of a body, by the block that each part tells of. */
export const headings: Readonly<Record<Block, string>> = {
  discoverability: 'Discoverable',
  accessibility: 'Accessible',
  interoperability: 'Interoperable',
  reusability: 'Reusable',
  governed_use: 'Governed Use',
  ai_usability: 'AI Usable',
};

/** Rows of the snapshot table, and how each follows from the fields. */
export function snapshot(fields: Mapping): [row: string, answer: string][] {
  const flag = (block: Block): string => (valueAt(fields, flagOf(block)) === 'Yes' ? 'Yes' : 'No');
  const yes = (truth: boolean): string => (truth ? 'Yes' : 'No');
  const licence = valueAt(fields, 'reusability.license.spdx_id');
  return [
    ['Discoverability', flag('discoverability')],
    ['Accessibility', flag('accessibility')],
    ['Interoperability', flag('interoperability')],
    ['Reusability', flag('reusability')],
    ['Governed Use', flag('governed_use')],
    ['AI Usability', flag('ai_usability')],
    ['License Clarity', yes(!isBlank(licence) && licence !== 'pending' && licence !== notApplicable)],
    ['Checksum / Fixity', yes(valueAt(fields, 'reusability.integrity.checksum_available') === 'Yes')],
    ['Semantic Context', yes(!isBlank(valueAt(fields, 'interoperability.semantic_layer.semantic_context')))],
  ];
}

/** Lines of the body that are not in fenced blocks. */
function prose(body: string): string[] {
  let fenced = false;
  return body.split('\n').filter((line) => {
    if (!line.startsWith('```')) return !fenced;
    fenced = !fenced;
    return false;
  });
}

function snapshotProblems({ fields, body }: Card): Problem[] {
  const cells = prose(body)
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  return snapshot(fields).flatMap(([row, answer]) => {
    const found = cells.find((line) => line[1] === row);
    if (found?.[2] === answer) return [];
    return [
      { field: 'body', write: `in the snapshot table: | ${row} | ${answer} |`, missing: found === undefined },
    ];
  });
}

function sectionProblems({ fields, body }: Card): Problem[] {
  const given = new Set(
    prose(body).flatMap((line) => {
      const heading = /^#+ +(.*)$/.exec(line)?.[1];
      return heading === undefined ? [] : [heading.replace(/^[\s-]+|[\s-]+$/g, '').toLowerCase()];
    }),
  );
  return blocks
    .filter((block) => valueAt(fields, flagOf(block)) === 'Yes' && !given.has(headings[block].toLowerCase()))
    .map((block) => ({ field: 'body', write: `a part "# ---- ${headings[block]} ----"`, missing: true }));
}

export const bodyChecks = {
  snapshot_rows_equal_flags: snapshotProblems,
  sections_for_declared_capabilities: sectionProblems,
} as const;
