import type { GenesisFailure } from '@genesis/contracts/errors';
import type { CutRequest, CutTable, RecognisedTable } from './cut-table.ts';
import type { SliceRequest, WrittenSlice } from './formats/slice.ts';
import type { Column, Ingested, IngestLimits, IngestProgress, IngestRequest } from './model.ts';

/** What the parent asks of the child, as one JSON document on its standard input. */
export type ChildJob =
  /** Turns uploaded bytes into a normalised table, a description of a tree, or nothing; describes a table where all of it may be seen. */
  | { kind: 'ingest'; request: IngestRequest; describe: boolean }
  | { kind: 'recognise'; request: Omit<CutRequest, 'fresh' | 'rule'> }
  /** Writes the sealed rows to descriptor 3. */
  | { kind: 'cut'; request: CutRequest }
  /** Writes rows as JSON lines, or as CSV with a header, to descriptor 3. */
  | {
      kind: 'rows';
      request: {
        parquetFile: string;
        columns: Column[];
        chosen: number[];
        form: 'json' | 'csv';
        range?: RowRange;
      };
    }
  /** Writes the table to a file of the staging folder, its columns under their own names. */
  | { kind: 'named'; request: { parquetFile: string; columns: Column[]; target: string } }
  /** Writes a part of one dataset of a tree to descriptor 3: a line that tells what it is, then its values; many that lie in the file as they are wanted are not written. */
  | { kind: 'slice'; request: SliceRequest & { file: string; format: 'hdf5' | 'zarr' } };

/** Rows from `start` to before `stop`, every `step`-th of them. */
export type RowRange = { start: number; stop: number; step: number };

export type JobMessage = { job: ChildJob; stagingFolder: string; limits: IngestLimits };

/** What each kind of job answers with. */
export type ChildResult<Kind extends ChildJob['kind']> = {
  ingest: Ingested;
  recognise: RecognisedTable;
  cut: CutTable;
  rows: { rows: number };
  named: { columns: number };
  slice: WrittenSlice;
}[Kind];

/** What the child says, one JSON document a line on its standard output. The last one is `result` or `failure`. */
export type ChildMessage =
  /** What its job will need is loaded. Said once, by a child that was asked to. */
  | { type: 'waiting' }
  | { type: 'progress'; progress: IngestProgress }
  | { type: 'result'; result: unknown }
  | { type: 'failure'; failure: GenesisFailure };
