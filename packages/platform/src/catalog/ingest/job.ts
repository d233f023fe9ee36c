import type { GenesisFailure } from '@genesis/contracts';
import type { CutRequest, CutTable, RecognisedTable } from './cut-table.ts';
import type { Column, IngestedTable, IngestLimits, IngestProgress, IngestRequest } from './model.ts';

/** What the parent asks of the child, as one JSON document on its standard input. */
export type ChildJob =
  /** Turns uploaded bytes into a normalised table; describes it where all of it may be seen. */
  | { kind: 'ingest'; request: IngestRequest; describe: boolean }
  | { kind: 'recognise'; request: Omit<CutRequest, 'fresh' | 'rule'> }
  /** Writes the sealed rows to descriptor 3. */
  | { kind: 'cut'; request: CutRequest }
  /** Writes rows as JSON lines, or as CSV with a header, to descriptor 3. */
  | {
      kind: 'rows';
      request: { parquetFile: string; columns: Column[]; chosen: number[]; form: 'json' | 'csv' };
    };

export type JobMessage = { job: ChildJob; stagingFolder: string; limits: IngestLimits };

/** What each kind of job answers with. */
export type ChildResult<Kind extends ChildJob['kind']> = {
  ingest: IngestedTable;
  recognise: RecognisedTable;
  cut: CutTable;
  rows: { rows: number };
}[Kind];

/** What the child says, one JSON document a line on its standard output. The last one is `result` or `failure`. */
export type ChildMessage =
  | { type: 'progress'; progress: IngestProgress }
  | { type: 'result'; result: unknown }
  | { type: 'failure'; failure: GenesisFailure };
