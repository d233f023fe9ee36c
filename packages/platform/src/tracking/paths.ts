import { invalidField } from '@genesis/contracts';

const longestPath = 1000;
const longestStep = 255;

/**
 * A path of an artifact below its owner, as it is kept.
 *
 * @throws GenesisError `invalid-input` for what leads elsewhere: absolute paths, `.` and `..`, backslashes, `#`, control characters
 */
export function artifactPath(text: string, field = 'path'): string {
  const steps = text.split('/');
  const wrong =
    text === '' ||
    text.length > longestPath ||
    /[\p{Cc}\\#]/u.test(text) ||
    !text.isWellFormed() ||
    /^[a-zA-Z]:/.test(text) ||
    steps.some((step) => step === '' || step === '.' || step === '..' || step.length > longestStep);
  if (wrong)
    throw invalidField(
      field,
      'expected a relative path such as plots/loss.png, without "..", "#" or backslashes',
    );
  return text;
}

/** A folder of artifacts; undefined for the whole. */
export const artifactFolder = (text: string | undefined): string | undefined => {
  const trimmed = text?.replace(/\/+$/, '') ?? '';
  return trimmed === '' ? undefined : artifactPath(trimmed);
};

/** Where an artifact lies in the proxy: whose it is, and its path below that. */
export type ProxyPlace = { experiment: string; owner: string; path: string | undefined };

/** Reads `EXPERIMENT/RUN/artifacts/PATH` or `EXPERIMENT/models/MODEL/artifacts/PATH`, with or without a path; undefined for others. */
export function proxyPlace(text: string): ProxyPlace | undefined {
  const match = /^\/?([\w-]{1,64})\/(?:models\/)?([\w-]{1,64})\/artifacts(?:\/(.*))?$/s.exec(text);
  const [, experiment, owner, rest] = match ?? [];
  if (experiment === undefined || owner === undefined) return undefined;
  return { experiment, owner, path: artifactFolder(rest) };
}

/** The address of the artifacts of a run, as clients hand it back. */
export const runArtifacts = (experiment: string, run: string): string =>
  `mlflow-artifacts:/${experiment}/${run}/artifacts`;

/** The address of the artifacts of a logged model. */
export const modelArtifacts = (experiment: string, model: string): string =>
  `mlflow-artifacts:/${experiment}/models/${model}/artifacts`;
