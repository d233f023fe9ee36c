export { type Clock, systemClock } from './clock.ts';
export { bytea } from './columns.ts';
export { loadConfig, persistentOrigin } from './config.ts';
export { type Database, openDatabase, type TransactionOptions, type Tx } from './database.ts';
export { asGenesisError, isUniqueViolation } from './database-error.ts';
export { createIds, type Ids } from './ids.ts';
export { createLog, type Log } from './log.ts';
export { errorCode } from './system-error.ts';
