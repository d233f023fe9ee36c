export { type CommandName, commandNames, fileCommands } from './commands.ts';
export { createFileTasks, type FileTasks, fileTaskQueues } from './tasks.ts';
