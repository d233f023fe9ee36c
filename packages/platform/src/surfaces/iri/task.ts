import { z } from 'zod';
import { type Operation, operation } from './operation.ts';
import { idText } from './parameters.ts';
import { taskSchema } from './schemas.ts';
import type { FileTasks } from './tasks/index.ts';

type Row = Awaited<ReturnType<FileTasks['find']>>;

const viewTask = ({ id, state, result, command, args }: Row): z.output<typeof taskSchema> => ({
  id,
  status: state,
  result,
  command: { router: 'filesystem', command, args },
});

const taskParams = z.strictObject({ task_id: idText });

export const taskOperations = ({ tasks }: { tasks: FileTasks }): readonly Operation[] => [
  operation({
    id: 'getTask',
    method: 'GET',
    path: '/task/:task_id',
    summary: 'One of your tasks, with its result once it has ended',
    params: taskParams,
    answer: taskSchema,
    handle: async ({ scope, params }) => viewTask(await tasks.find(scope, params.task_id)),
  }),

  operation({
    id: 'deleteTask',
    method: 'DELETE',
    path: '/task/:task_id',
    summary: 'Remove a task and its result; one that waits is not carried out any more',
    params: taskParams,
    answer: z.string(),
    handle: async ({ scope, params }) => {
      await tasks.remove(scope, params.task_id);
      return `Task ${params.task_id} is removed.`;
    },
  }),

  operation({
    id: 'getTasks',
    method: 'GET',
    path: '/task',
    summary: 'Your tasks of the last day, newest first',
    answer: z.array(taskSchema),
    handle: async ({ scope }) => (await tasks.list(scope)).map(viewTask),
  }),
];
