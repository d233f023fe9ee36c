export { untilBeat } from './absence-beat.ts';
export { createBackup } from './backup.ts';
export type { BlobRef, BlobStore, SealedRef } from './blobs/model.ts';
export { openBlobStore } from './blobs/open.ts';
export { s3PlaceOf } from './blobs/s3-client.ts';
export { type Clock, systemClock } from './clock.ts';
export { bytea } from './columns.ts';
export { loadConfig, persistentOrigin } from './config.ts';
export { type CrashPoints, createCrashPoints, noCrashPoints } from './crash-points.ts';
export { type Database, openDatabase, type Tx } from './database.ts';
export { asGenesisError, isUniqueViolation } from './database-error.ts';
export { createDurably, syncFolder } from './durable-file.ts';
export { type ServerEvent, sendEvents } from './event-stream.ts';
export { freshTogether } from './fresh-together.ts';
export { type App, createApp } from './http.ts';
export {
  answerOnce,
  type Idempotency,
  idempotencyKeySchema,
  requestHash,
} from './idempotency.ts';
export { createIds, type Ids } from './ids.ts';
export { isAbsent, readKernelFile } from './kernel-file.ts';
export { type Keyring, openKeyring } from './keys.ts';
export { createLog, type Log } from './log.ts';
export { createOutbound, type Outbound } from './outbound/outbound.ts';
export { OutboundError } from './outbound/outbound-error.ts';
export { type Cursors, createCursors, type Page, pageOf, pageQuery, toPage } from './pages.ts';
export { type Outgoing, problemDocument, toOutgoing } from './problem.ts';
export {
  createQueue,
  type JobContext,
  type Queue,
  type QueueDefinition,
} from './queue.ts';
export { assertWritable } from './request-body.ts';
export { restoreBackup } from './restore.ts';
export { socketFolderFor } from './socket-folder.ts';
export { createSpaceGuard, type SpaceGuard } from './space-guard.ts';
export { errorCode, nullIfAbsent } from './system-error.ts';
export { tarEnd, tarHeader, tarPadding } from './tar.ts';
