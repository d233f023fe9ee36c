import { invalidField } from '@genesis/contracts';
import { z } from 'zod';
import { logBatch, metricHistory, mostPoints, sampledHistory } from '../../tracking/index.ts';
import { double, int64, items, required, runId, tag, text, texts } from './fields.ts';
import { operation, runOf } from './operation.ts';
import { metricOf, nextPage } from './views.ts';

const point = {
  key: required(),
  value: double,
  timestamp: int64,
  step: int64,
  model_id: text(200),
  dataset_name: text(1000),
  dataset_digest: text(1000),
};
type Given = z.output<z.ZodObject<typeof point>>;

const pointOf = ({ timestamp, step = 0, model_id: model, ...given }: Given) => {
  if (timestamp === undefined) throw invalidField('timestamp', 'Missing value for required parameter');
  const { key, value, dataset_name: datasetName, dataset_digest: datasetDigest } = given;
  return { key, value, timestamp, step, model: model || undefined, datasetName, datasetDigest };
};

const offset = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

/** Most runs whose curves are asked for at once, as MLflow has it. */
const mostRuns = 100;

export const metricOperations = [
  operation(
    'POST',
    '/mlflow/runs/log-metric',
    z.object({ ...runId, ...point }),
    async ({ parts, caller, fields }) => {
      await logBatch(parts, caller, runOf(fields), { metrics: [pointOf(fields)], params: [], tags: [] });
      return {};
    },
  ),
  operation(
    'POST',
    '/mlflow/runs/log-parameter',
    z.object({ ...runId, ...tag.shape }),
    async ({ parts, caller, fields: { key, value, ...run } }) => {
      await logBatch(parts, caller, runOf(run), { metrics: [], params: [{ key, value }], tags: [] });
      return {};
    },
  ),
  operation(
    'POST',
    '/mlflow/runs/log-batch',
    z.object({ ...runId, metrics: items(z.object(point)), params: items(tag), tags: items(tag) }),
    async ({ parts, caller, fields }) => {
      const metrics = fields.metrics.map(pointOf);
      await logBatch(parts, caller, runOf(fields), { metrics, params: fields.params, tags: fields.tags });
      return {};
    },
  ),
  operation(
    'GET',
    '/mlflow/metrics/get-history',
    z.object({ ...runId, metric_key: required(), page_token: text(1000), max_results: int64 }),
    async ({ parts, caller, fields }) => {
      const { page_token: token, max_results: limit = mostPoints } = fields;
      if (limit < 1) throw invalidField('max_results', 'expected at least 1');
      const from =
        token === undefined || token === '' ? 0 : parts.cursors.decode('metric-history', token, offset);
      const run = runOf(fields);
      const page = await metricHistory(parts, caller, run, fields.metric_key, { limit, offset: from });
      const next = page.more ? parts.cursors.encode('metric-history', from + page.points.length) : undefined;
      return { metrics: page.points.map(metricOf), ...nextPage(next) };
    },
  ),
  operation(
    'GET',
    '/mlflow/metrics/get-history-bulk-interval',
    z.object({
      run_ids: texts,
      metric_key: required(),
      start_step: int64,
      end_step: int64,
      max_results: int64,
    }),
    async ({ parts, caller, fields }) => {
      const { run_ids: runs, start_step: from, end_step: to, max_results: limit = 320 } = fields;
      if (runs.length === 0 || runs.length > mostRuns)
        throw invalidField('run_ids', `expected 1 to ${mostRuns} runs`);
      if ((from === undefined) !== (to === undefined))
        throw invalidField('start_step', 'if one of start_step and end_step is given, the other must be too');
      if (limit < 1 || limit > 2500) throw invalidField('max_results', 'expected 1 to 2500');
      const points = await sampledHistory(parts, caller, runs, fields.metric_key, { from, to, limit });
      return { metrics: points.map((one) => ({ ...metricOf(one), run_id: one.run })) };
    },
  ),
];
