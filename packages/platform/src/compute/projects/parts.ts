import type { Door, PrincipalDirectory } from '../../door/index.ts';
import type { Clock, Ids } from '../../kernel/index.ts';

/** What projects are made of; `main.ts` gives it. */
export type ProjectParts = {
  door: Door;
  directory: PrincipalDirectory;
  clock: Clock;
  ids: Ids;
  /** Holds one folder for each project, named by its id. */
  projectsFolder: string;
};
