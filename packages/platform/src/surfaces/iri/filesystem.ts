import { invalidField } from '@genesis/contracts';
import { z } from 'zod';
import type { ReadScope } from '../../door/index.ts';
import { holdsFiles, readInventory, resourceOf, viewResource } from './inventory.ts';
import { type Operation, operation } from './operation.ts';
import { idText } from './parameters.ts';
import { resourceSchema, taskSubmittedSchema } from './schemas.ts';
import { type CommandName, commandNames, type FileTasks, fileCommands } from './tasks/index.ts';
import { readUpload } from './upload.ts';

const placeParams = z.strictObject({ resource_id: idText });

const summaries: Readonly<Record<CommandName, string>> = {
  chmod: 'Change the mode of a file or folder',
  chown: 'Give a file to another group',
  file: 'What kind of file it is',
  stat: 'Size, times and mode',
  mkdir: 'Make a folder',
  symlink: 'Make a link',
  ls: 'List a folder',
  head: 'The first part of a file',
  view: 'A part of a file, at most 5 MiB',
  tail: 'The last part of a file',
  checksum: 'The SHA-256 of a file',
  rm: 'Remove a file, or a folder with all that is in it',
  compress: 'Pack files into an archive',
  extract: 'Unpack an archive',
  mv: 'Move or rename',
  cp: 'Copy, also into another project whose label allows it',
  download: 'A whole file, at most 5 MiB, as base64',
  upload: 'Store a file, at most 5 MiB',
};

/** Calls that make something answer 201. */
const makes: ReadonlySet<CommandName> = new Set(['mkdir', 'symlink', 'compress', 'extract', 'mv', 'cp']);

/** A resource from which the folders of projects are reached. */
async function storeOf(scope: ReadScope, id: string): Promise<string> {
  const { row } = await resourceOf(scope, id);
  if (!holdsFiles(row))
    throw invalidField(
      'resource_id',
      `there are no files of projects on ${row.name}; filesystem/resources has where`,
    );
  return row.id;
}

const resources = operation({
  id: 'getFilesystemResources',
  method: 'POST',
  path: '/filesystem/resources',
  summary: 'Resources from which the folders of projects are reached',
  public: true,
  answer: z.array(resourceSchema),
  handle: async ({ scope, uris }) => {
    const { machines, sites } = await readInventory(scope);
    return machines.filter(holdsFiles).map((row) => viewResource(row, sites, uris));
  },
});

export function filesystemOperations({ tasks }: { tasks: FileTasks }): readonly Operation[] {
  const commands = commandNames.filter((name) => name !== 'upload');
  return [
    resources,

    ...commands.map((name) =>
      operation({
        id: name,
        method: 'POST',
        path: `/filesystem/${name}/:resource_id`,
        summary: summaries[name],
        params: placeParams,
        body: fileCommands[name].body as z.ZodType<Record<string, unknown>>,
        answer: taskSubmittedSchema,
        status: makes.has(name) ? 201 : 200,
        handle: async ({ scope, params, body, uris }) => {
          const machine = await storeOf(scope, params.resource_id);
          const id = await tasks.submit(scope, { name, args: body, machine });
          return { task_id: id, task_uri: uris.task(id) };
        },
      }),
    ),

    operation({
      id: 'upload',
      method: 'POST',
      path: '/filesystem/upload/:resource_id',
      summary: summaries.upload,
      params: placeParams,
      query: z.strictObject({ path: z.string().min(1).max(5000) }),
      consumes: 'multipart/form-data',
      answer: taskSubmittedSchema,
      handle: async ({ scope, params, query, body, header, uris }) => {
        const machine = await storeOf(scope, params.resource_id);
        const content = await readUpload(body, header('content-type'));
        const id = await tasks.submit(scope, { name: 'upload', args: query, machine, content });
        return { task_id: id, task_uri: uris.task(id) };
      },
    }),
  ];
}
