import { openGrants } from './grants.ts';
import { openHarvests } from './harvests.ts';
import { openLabels } from './labels.ts';
import type { OpenScenario } from './series.ts';
import type { Kind } from './trial.ts';
import { openImports } from './uploads.ts';

export const scenarios: Record<Kind, OpenScenario> = {
  uploads: openImports,
  imports: openImports,
  harvests: openHarvests,
  grants: openGrants,
  labels: openLabels,
};
