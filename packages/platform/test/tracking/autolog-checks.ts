import type { Mlflow } from './mlflow-client.ts';

type Pair = { key: string; value: string };
type Run = {
  info: { run_id: string; run_name: string; status: string };
  data: { metrics: { key: string; value: number }[]; params: Pair[] };
  inputs: { dataset_inputs: unknown[] };
  outputs: { model_outputs: { model_id: string }[] };
};

/** What a script must have left behind, read back call by call. */
export type Check = { what: string; ok: boolean; found: unknown };

async function runsOf(mlflow: Mlflow, experiment: string): Promise<Run[]> {
  type Named = { experiment: { experiment_id: string } };
  const found = await mlflow.ask<Named>('GET', 'experiments/get-by-name', { experiment_name: experiment });
  const body = { experiment_ids: [found.experiment.experiment_id], max_results: 100 };
  return (await mlflow.ask<{ runs: Run[] }>('POST', 'runs/search', body)).runs;
}

const metricOf = (run: Run | undefined, key: string) =>
  run?.data.metrics.find((metric) => metric.key === key)?.value;
const paramOf = (run: Run | undefined, key: string) =>
  run?.data.params.find((param) => param.key === key)?.value;
const pointsOf = async (mlflow: Mlflow, run: Run | undefined, key: string): Promise<number> => {
  const query = { run_id: run?.info.run_id ?? '', metric_key: key };
  return (await mlflow.ask<{ metrics: unknown[] }>('GET', 'metrics/get-history', query)).metrics.length;
};
const filesOf = async (mlflow: Mlflow, run: Run | undefined): Promise<string[]> => {
  const { files } = await mlflow.ask<{ files: { path: string }[] }>('GET', 'artifacts/list', {
    run_id: run?.info.run_id ?? '',
  });
  return files.map(({ path }) => path);
};
const modelState = async (mlflow: Mlflow, run: Run | undefined): Promise<string | undefined> => {
  const id = run?.outputs.model_outputs[0]?.model_id;
  if (id === undefined) return undefined;
  return (await mlflow.ask<{ model: { info: { status: string } } }>('GET', `logged-models/${id}`)).model.info
    .status;
};

const check = (what: string, ok: boolean, found: unknown): Check => ({ what, ok, found });

/** Checks of each script, by its name. */
export const autologChecks: Readonly<Record<string, (mlflow: Mlflow) => Promise<Check[]>>> = {
  async sklearn(mlflow) {
    const runs = await runsOf(mlflow, 'autolog sklearn');
    const forest = runs.find(({ info }) => info.run_name === 'forest');
    const names = runs.map(({ info }) => `${info.run_name} ${info.status}`);
    const error = metricOf(forest, 'training_mean_squared_error');
    const files = await filesOf(mlflow, forest);
    return [
      check(
        'two runs and one for each setting of the search, all finished',
        runs.length === 4 && runs.every(({ info }) => info.status === 'FINISHED'),
        names,
      ),
      check('parameters of the forest', paramOf(forest, 'n_estimators') === '20', forest?.data.params.length),
      check('its error on the training data', error !== undefined && error > 100 && error < 10_000, error),
      check(
        'its score on the test data',
        metricOf(forest, 'RandomForestRegressor_score_x_test') !== undefined,
        forest?.data.metrics,
      ),
      check('the dataset it read', forest?.inputs.dataset_inputs.length === 1, forest?.inputs),
      check('its picture as a file', files.includes('estimator.html'), files),
      check('its model, ready', (await modelState(mlflow, forest)) === 'LOGGED_MODEL_READY', forest?.outputs),
    ];
  },
  async lightgbm(mlflow) {
    const [run] = await runsOf(mlflow, 'autolog lightgbm');
    const points = await pointsOf(mlflow, run, 'valid-binary_logloss');
    const files = await filesOf(mlflow, run);
    return [
      check('a finished run', run?.info.status === 'FINISHED', run?.info),
      check('30 points of the loss, one for each round', points === 30, points),
      check('parameters', paramOf(run, 'learning_rate') === '0.1', run?.data.params),
      check(
        'importances as files',
        files.some((path) => path.startsWith('feature_importance')),
        files,
      ),
      check('its model, ready', (await modelState(mlflow, run)) === 'LOGGED_MODEL_READY', run?.outputs),
    ];
  },
  async lightning(mlflow) {
    const [auto] = await runsOf(mlflow, 'autolog lightning');
    const [logger] = await runsOf(mlflow, 'lightning logger');
    const epochs = await pointsOf(mlflow, auto, 'train_loss_epoch');
    const steps = await pointsOf(mlflow, logger, 'train_loss_step');
    return [
      check('autolog: a finished run', auto?.info.status === 'FINISHED', auto?.info),
      check('autolog: 3 epochs of the loss', epochs === 3, epochs),
      check(
        'autolog: its model, ready',
        (await modelState(mlflow, auto)) === 'LOGGED_MODEL_READY',
        auto?.outputs,
      ),
      check('the logger: a finished run', logger?.info.status === 'FINISHED', logger?.info),
      check('the logger: 16 steps of the loss', steps === 16, steps),
      check('the logger: hyperparameters', paramOf(logger, 'width') === '8', logger?.data.params),
    ];
  },
};
