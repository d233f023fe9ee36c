import { fetchQueue, harvestQueue } from './harvest/queues.ts';
import { catalogQueue } from './jobs.ts';
import { expiryQueue } from './uploads/uploads.ts';

/** For `createQueue`: the kinds of work that this domain adds. */
export const catalogQueues = [catalogQueue, expiryQueue, harvestQueue, fetchQueue];
