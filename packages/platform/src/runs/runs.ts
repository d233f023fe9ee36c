import {
  type CapabilityManifest,
  GenesisError,
  type JobOutcome,
  type OwnTraining,
  type PlacementPlan,
  type Purpose,
  type RunState,
  runStates,
} from '@genesis/contracts';
import { eq } from 'drizzle-orm';
import { listMachines } from '../compute/index.ts';
import { join, joinConditions, type PrincipalFacts, unrestricted } from '../policy/index.ts';
import { askKit, type KitQuestion } from './ask-kit.ts';
import { ownTrainingName } from './builtin.ts';
import { packCode } from './code-archive.ts';
import { executeRun } from './execute-run.ts';
import { measureByCommand, type WantedMeasurement } from './measure-command.ts';
import type { RunParts } from './parts.ts';
import { assertRequirements, needsPython, pythonOf } from './python-run.ts';
import { registerCapability, seedCapabilities } from './registry.ts';
import { definedOf, resourcesOf, runQueue, type SubmitRun, sourcesOf, submitRun } from './submit-run.ts';
import { run } from './tables.ts';

/** The kinds of background work that runs need. */
export const runQueues = [runQueue];

/** Capabilities and their runs. */
export function createRuns(parts: RunParts) {
  /** Runs under way in this process, so that they can be cancelled at once. */
  const running = new Map<string, AbortController>();

  /** A run under way here ends with its worker; any other ends at once, and no worker's outcome counts after that. */
  async function cancel(principal: PrincipalFacts, id: string): Promise<void> {
    const { result } = await parts.door.perform(
      { principal, action: 'run.cancel', resource: id, purpose: null },
      async (tx) => {
        const [row] = await tx.select().from(run).where(eq(run.id, id)).for('update');
        if (row === undefined)
          throw new GenesisError({ code: 'not-found', message: `There is no run ${id}.` });
        const state = row.state as RunState;
        if (runStates.isFinal(state))
          throw new GenesisError({ code: 'conflict', message: `The run is ${state} already.` });
        const worker = state === 'running' ? running.get(id) : undefined;
        if (worker === undefined)
          await tx
            .update(run)
            .set({ state: 'cancelled', endedAt: parts.clock.now().getTime() })
            .where(eq(run.id, id));
        return { result: worker, details: { state } };
      },
    );
    result?.abort(new Error('cancelled'));
  }

  return {
    register: (principal: PrincipalFacts, manifest: CapabilityManifest) =>
      registerCapability(parts, principal, manifest),
    submit: (principal: PrincipalFacts, wanted: SubmitRun, idempotencyKey?: string) =>
      submitRun(parts, principal, wanted, idempotencyKey),
    /** A program of one's own on granted data; what it may train on is decided before anything starts. */
    async train(
      principal: PrincipalFacts,
      wanted: Omit<SubmitRun, 'capability' | 'input' | 'purpose'> & { program: OwnTraining },
      idempotencyKey?: string,
    ) {
      const { program: training, ...request } = wanted;
      pythonOf(parts);
      if (training.requirements !== null) assertRequirements(training.requirements);
      const program = { training, code: packCode(training.code) };
      const submitted: SubmitRun = {
        ...request,
        ...{ capability: ownTrainingName, purpose: 'train', input: { command: training.command } },
      };
      return await submitRun(parts, principal, submitted, idempotencyKey, program);
    },
    cancel,
    /** Where a run would go, and why. Nothing is submitted, reserved or entered. */
    async plan(principal: PrincipalFacts, wanted: SubmitRun): Promise<PlacementPlan> {
      const { sources, row, versions } = await sourcesOf(parts, principal, wanted);
      const label = sources.reduce((all, { label: one }) => join(all, one), row.manifest.labelRule.atLeast);
      const { resources: among = [], project = null } = wanted.compute ?? {};
      const data = versions.map(({ version }) => ({ bytes: version.visible.bytes, at: null }));
      const { environments } = sources.reduce(
        (all, { conditions }) => joinConditions(all, conditions),
        unrestricted,
      );
      const resources = resourcesOf(row.manifest, { resources: definedOf(wanted.resources) });
      const folders = needsPython(row.manifest.implementation);
      const request = { label, resources, among, environments, data, folders };
      return await parts.compute.plan(parts.door.authorize(principal, wanted.purpose), request, project);
    },
    /** A plan without the resources that a reader may not know of: it was made for the one who submitted. */
    async visiblePlan(
      principal: PrincipalFacts,
      purpose: Purpose,
      plan: PlacementPlan,
    ): Promise<PlacementPlan> {
      const known = await listMachines(parts.door.authorize(principal, purpose));
      const ids = new Set(known.map(({ row }) => row.id));
      const considered = plan.considered.filter(({ resource }) => ids.has(resource));
      return { chosen: plan.chosen !== null && ids.has(plan.chosen) ? plan.chosen : null, considered };
    },
    /** One experiment of a campaign by a command capability. */
    measure: (principal: PrincipalFacts, purpose: Purpose, wanted: WantedMeasurement, signal: AbortSignal) =>
      measureByCommand(parts, principal, parts.door.authorize(principal, purpose), wanted, signal),
    /** Has a kit answer something for the platform itself. See `askKit`. */
    askKit: <T>(
      principal: PrincipalFacts,
      purpose: Purpose,
      wanted: KitQuestion,
      take: (job: JobOutcome) => Promise<T>,
      signal: AbortSignal,
    ) => askKit(parts, principal, parts.door.authorize(principal, purpose), wanted, take, signal),
    /** Registers what ships with Genesis and takes up background work, also what an earlier process left. */
    async start(): Promise<void> {
      await seedCapabilities(parts, parts.python?.kits.manifests());
      await parts.queue.work(runQueue, (job, { signal }) => executeRun(parts, job, running, signal), {
        concurrency: parts.concurrency,
      });
    },
  };
}
export type Runs = ReturnType<typeof createRuns>;
