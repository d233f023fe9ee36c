import { machine } from './state-machine.ts';

export type { StateMachine } from './state-machine.ts';

/** A run in GMP's words. A retry adds an attempt to the same run: it goes back to queued. */
export const runStates = machine({
  queued: ['running', 'cancelled', 'failed'],
  running: ['queued', 'succeeded', 'failed', 'cancelled'],
  succeeded: [],
  failed: [],
  cancelled: [],
});
export type RunState = (typeof runStates)['states'][number];

/** A job at a facility, in the words of PSI/J and the IRI Facility API. */
export const jobStates = machine({
  new: ['queued', 'held', 'failed', 'canceled'],
  queued: ['held', 'active', 'completed', 'failed', 'canceled'],
  held: ['queued', 'active', 'failed', 'canceled'],
  active: ['completed', 'failed', 'canceled'],
  completed: [],
  failed: [],
  canceled: [],
});
export type JobState = (typeof jobStates)['states'][number];

/** A campaign explores until its budget is spent. Stopped campaigns resume where they were. */
export const campaignStates = machine({
  exploring: ['stopped', 'explored'],
  stopped: ['exploring'],
  explored: [],
});
export type CampaignState = (typeof campaignStates)['states'][number];

/** A hypothesis is frozen, opened once, and concluded. An abandoned one stays on every report. */
export const hypothesisStates = machine({
  frozen: ['opened', 'abandoned'],
  opened: ['concluded'],
  concluded: [],
  abandoned: [],
});
export type HypothesisState = (typeof hypothesisStates)['states'][number];

/**
 * A request for access. One of two approvals leaves it `approved-by-one`; whether it has lapsed follows from the clock when
 * somebody looks.
 */
export const requestStates = machine({
  asked: ['approved-by-one', 'granted', 'refused', 'withdrawn', 'lapsed'],
  'approved-by-one': ['granted', 'refused', 'withdrawn', 'lapsed'],
  granted: [],
  refused: [],
  withdrawn: [],
  lapsed: [],
});
export type RequestState = (typeof requestStates)['states'][number];
