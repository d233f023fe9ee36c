import { GenesisError } from '@genesis/contracts/errors';
import { type BadCell, listedBadCells } from './model.ts';

const short = (text: string): string => {
  const quoted = JSON.stringify(text);
  return quoted.length > 80 ? `${quoted.slice(0, 76)}..."` : quoted;
};

const placeOf = (bad: BadCell): string =>
  bad.column === null
    ? `line ${bad.line}`
    : `line ${bad.line}, column ${bad.column}${bad.name === null ? '' : ` (${JSON.stringify(bad.name)})`}`;

/** The error for a table with bad cells: the first twenty by line and column, and the count of all. */
export const badCellsError = (
  bad: readonly BadCell[],
  total: number,
  atLeast: boolean,
  hint?: string,
): GenesisError => {
  const listed = bad.slice(0, listedBadCells).map((cell) => ({
    field: placeOf(cell),
    message: `expected ${cell.expected}, found ${short(cell.found)}`,
  }));
  const count = `${atLeast ? 'at least ' : ''}${total} bad ${total === 1 ? 'cell or row' : 'cells or rows'}`;
  const rest = total > listed.length ? ` (the first ${listed.length} are listed)` : '';
  const lines = listed.map((problem) => `${problem.field}: ${problem.message}`).join('; ');
  return new GenesisError({
    code: 'invalid-input',
    message: `nothing was imported: ${count}${rest}: ${lines}${hint === undefined ? '' : `. ${hint}`}`,
    problems: listed,
  });
};
