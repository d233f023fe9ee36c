import { labelHash, modelArtifactHash } from '../crate/hashes.ts';
import { reasonOf } from './campaign.ts';
import type { Contents, ModelContents } from './contents.ts';
import { factAt } from './facts.ts';
import type { LedgerView } from './ledger.ts';
import { counted, type Findings } from './report.ts';

function checkModel(
  name: string,
  model: ModelContents,
  contents: Contents,
  ledger: LedgerView,
  findings: Findings,
): void {
  const place = `models/${name}/model.json`;
  const { record, config, tensors } = model;
  if (record === undefined) {
    findings.notRecomputed(place, 'model', reasonOf(contents, place));
    return;
  }
  const fact = factAt(ledger, record.entryId, 'model');
  if (fact === 'withheld') {
    findings.notRecomputed(place, 'the commitment to the model', `entry ${record.entryId} is not opened`);
  } else if (typeof fact === 'string') {
    findings.fail(`${place}#/entryId`, 'model', `entry ${record.entryId} is not that of a model`);
  } else if (
    fact.details.modelId !== record.modelId ||
    fact.details.artifactHash !== record.artifactHash ||
    fact.details.labelHash !== labelHash(record.label)
  ) {
    findings.fail(place, 'model', `entry ${record.entryId} commits to another model, artifact or label`);
  }
  if (config === undefined || tensors === undefined) {
    const missing = config === undefined ? 'config.json' : 'model.safetensors';
    findings.notRecomputed(place, 'artifact hash', reasonOf(contents, `models/${name}/${missing}`));
  } else if (modelArtifactHash(config, tensors) !== record.artifactHash) {
    findings.fail(`${place}#/artifactHash`, 'model', 'the files are not those of the artifact');
  }
}

/** Every model is the one that its ledger entry commits to, with its label. */
export function checkModels(contents: Contents, ledger: LedgerView, findings: Findings): void {
  if (contents.models.size === 0) return;
  findings.group(
    'models/',
    'model',
    (n) => `artifact and label of ${counted(n, 'model')}`,
    () => {
      for (const [name, model] of contents.models) checkModel(name, model, contents, ledger, findings);
      return contents.models.size;
    },
  );
}
