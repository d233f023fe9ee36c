import { GenesisError } from '@genesis/contracts';
import { type Table as ArrowTable, tableToIPC } from 'apache-arrow';
import { tableOfArrow } from '../src/models/serving/read-arrow.ts';

/** An Arrow table as a call would bring it. */
export const readArrow = (table: ArrowTable) => tableOfArrow(Buffer.from(tableToIPC(table, 'stream')));

/** The words with which something is refused as input; another error, or none, fails the test. */
export function refusalOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof GenesisError && error.failure.code === 'invalid-input') return error.message;
    throw error;
  }
  throw new Error('it was not refused');
}
