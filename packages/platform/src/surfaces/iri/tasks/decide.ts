import type { Action } from '@genesis/contracts';
import { type FoundProject, findProject } from '../../../compute/index.ts';
import type { ReadScope, WriteRequest } from '../../../door/index.ts';
import type { ResourceFacts } from '../../../policy/index.ts';
import { type CommandName, fileCommands } from './commands.ts';
import type { FilePlace } from './places.ts';

export type Places = { first: FilePlace; second: FilePlace | undefined };

/** A project as policy sees its files: with its members. */
const factsOf = ({ facts, members }: FoundProject): ResourceFacts => ({ ...facts, members });

/**
 * What has to be decided for a command: whether the principal may read the one project and write the other. What goes
 * from one project to another is a source of it: a folder with a lower label does not take it.
 */
export async function requestsOf(
  scope: ReadScope,
  name: CommandName,
  { first, second }: Places,
): Promise<{ project: string; requests: [WriteRequest, ...WriteRequest[]] }> {
  const { principal } = scope;
  const source = await findProject(scope, first.project);
  const ask = (action: Action, one: FoundProject, sources: string[] = []): WriteRequest => ({
    ...{ principal, action, resource: { about: factsOf(one) }, purpose: 'explore', sources },
  });
  if (!fileCommands[name].writes) return { project: first.project, requests: [ask('file.read', source)] };
  if (second === undefined || second.project === first.project)
    return { project: first.project, requests: [ask('file.write', source)] };
  const target = await findProject(scope, second.project);
  return {
    project: second.project,
    requests: [ask('file.write', target, [first.project]), ask('file.read', source)],
  };
}
