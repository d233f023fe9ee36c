import { idSchema, invalidField } from '@genesis/contracts';
import { stepsOf } from '../filesystem/index.ts';
import { type CommandName, fileCommands } from './commands.ts';

/** A path as clients write it, taken apart: the project whose folder it is in, and the path below that. */
export type FilePlace = { project: string; path: string };

const projectId = idSchema('project');

/**
 * Clients name files by their absolute path, below the folder of a project. Nothing is looked at here.
 *
 * @throws GenesisError `invalid-input` for a path elsewhere, and for one that leads back
 */
function placeOf(projectsFolder: string, path: string, field: string): FilePlace {
  const refuse = (): never => {
    throw invalidField(
      field,
      'expected an absolute path in the folder of a project; storage/locations shows those of yours',
    );
  };
  if (!path.startsWith(`${projectsFolder}/`)) return refuse();
  const [project = '', ...rest] = path.slice(projectsFolder.length + 1).split('/');
  if (!projectId.safeParse(project).success) return refuse();
  return { project, path: stepsOf(rest.filter((step) => step !== '').join('/'), field).join('/') };
}

/** The one or two places that a command is about. */
export function placesOf(
  projectsFolder: string,
  name: CommandName,
  args: Record<string, unknown>,
): { first: FilePlace; second: FilePlace | undefined } {
  const command = fileCommands[name];
  const given = args['path'] ?? args['source_path'];
  if (typeof given !== 'string') throw invalidField('path', 'expected the path of a file or a folder');
  const first = placeOf(projectsFolder, given, 'path');
  if (!('second' in command)) return { first, second: undefined };
  const other = args[command.second];
  if (typeof other !== 'string') throw invalidField(command.second, 'expected a path');
  const second = placeOf(projectsFolder, other, command.second);
  if (second.project !== first.project && !('crosses' in command))
    throw invalidField(command.second, 'expected a path in the same project; copy to another one instead');
  return { first, second };
}
