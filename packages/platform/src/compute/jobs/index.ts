export { createJobs, type Jobs, jobQueues } from './jobs.ts';
export { type FoundJob, findJob, type JobRow, listJobs, liveStates } from './store.ts';
