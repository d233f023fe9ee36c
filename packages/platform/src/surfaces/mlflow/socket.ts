import { chmod, rm } from 'node:fs/promises';
import { GenesisError } from '@genesis/contracts';
import { principalOf, requireAuthentication } from '../../identity/index.ts';
import { createApp, type Log } from '../../kernel/index.ts';
import type { Caller, RunTokens, RunToTrack, TrackingParts } from '../../tracking/index.ts';
import { mlflowRoutes } from './routes.ts';

/** What the code of a run needs to track itself. */
export interface RunTracking {
  /** The folder that holds nothing but the socket: mounted whole, it shows the socket of a platform that started again. */
  readonly folder: string;
  /** Name of the socket in that folder. */
  readonly socket: string;
  /**
   * The socket and a fresh token for an attempt of a run that begins, and the tracked run that it goes on with; tokens
   * that the run had end.
   */
  trackingFor(
    run: RunToTrack,
    lifetimeMs: number,
  ): Promise<{ socketPath: string; token: string; expiresAt: number; tracked: string | null }>;
  /** Ends the tokens of a run that is over. */
  end(run: RunToTrack): Promise<void>;
  close(): Promise<void>;
}

const socketName = 'tracking.sock';

/** Routes of MLflow, and nothing else of the platform. */
const isTracking = (url: string): boolean => /^\/api\/[23]\.0\/mlflow(?:-artifacts)?\//.test(url);

/**
 * Listens on a Unix socket for the code of runs. It serves MLflow's routes alone, and takes the tokens of runs alone: no other
 * token works there, and theirs work nowhere else.
 *
 * @param folder of mode 0700, with a path that is short enough for a socket
 */
export async function openRunTracking(given: {
  parts: TrackingParts;
  tokens: RunTokens;
  folder: string;
  bodyLimitBytes: number;
  log: Log & Parameters<typeof createApp>[0]['log'];
}): Promise<RunTracking> {
  const { parts, tokens, folder, log } = given;
  const callers = new WeakMap<object, Caller>();
  const app = await createApp({ log, bodyLimitBytes: given.bodyLimitBytes, title: 'Tracking', version: '1' });
  app.addHook('onRequest', async (request) => {
    if (!isTracking(request.url))
      throw new GenesisError({ code: 'not-found', message: 'There is nothing here but tracking.' });
  });
  requireAuthentication(app, {
    async authenticate(bearer) {
      const caller = await tokens.authenticate(bearer);
      if (caller !== undefined) callers.set(caller.principal, caller);
      return caller?.principal;
    },
  });
  mlflowRoutes(app, parts, (request) => callers.get(principalOf(request))!);
  const socketPath = `${folder}/${socketName}`;
  // What a killed process left there answers nobody. The folder belongs to this process alone.
  await rm(socketPath, { force: true });
  await app.listen({ path: socketPath });
  // Within a folder that is ours alone, so that whoever it is mounted for may reach it under any user id.
  await chmod(socketPath, 0o666);
  return {
    folder,
    socket: socketName,
    async trackingFor(run, lifetimeMs) {
      return { socketPath, ...(await tokens.issue(run, lifetimeMs)) };
    },
    end: (run) => tokens.revoke(run),
    close: () => app.close(),
  };
}
