import type { GenesisFailure } from '@genesis/contracts';
import type { IngestedTable, IngestLimits, IngestProgress, IngestRequest } from './model.ts';

/** What the parent asks of the child, as one JSON document on its standard input. */
export type ChildJob = { kind: 'ingest'; request: IngestRequest; limits: IngestLimits };

/** What each kind of job answers with. */
export type ChildResult<Kind extends ChildJob['kind']> = { ingest: IngestedTable }[Kind];

/** What the child says, one JSON document a line on its standard output. The last one is `result` or `failure`. */
export type ChildMessage =
  | { type: 'progress'; progress: IngestProgress }
  | { type: 'result'; result: unknown }
  | { type: 'failure'; failure: GenesisFailure };
