import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { databaseTrouble } from './database-error.ts';

/** How long a query waits for a server that is being started again. */
const patienceMs = 15_000;

/** Runs `act` again while the server cannot be reached, for fifteen seconds at most. `act` has had no effect then. */
export const whileAway = async <T>(
  act: () => Promise<T>,
  givenUp: () => boolean = () => false,
): Promise<T> => {
  const began = Date.now();
  for (let pause = 20; ; pause = Math.min(pause * 2, 500)) {
    try {
      return await act();
    } catch (error) {
      if (databaseTrouble(error) !== 'lost' || givenUp() || Date.now() - began > patienceMs) throw error;
    }
    await wait(pause);
  }
};

/** Opens a connection for `use` alone and closes it. What `use` leaves behind in the session is gone afterwards. */
export const withConnection = async <T>(
  connection: pg.ClientConfig,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> => {
  const client = new pg.Client({ connectionTimeoutMillis: 10_000, ...connection });
  // A connection that breaks rejects the query on it; the event of its own would end the process.
  client.on('error', () => undefined);
  let result: T;
  try {
    await client.connect();
    result = await use(client);
  } catch (error) {
    // Not awaited: the end of a broken connection may never be announced.
    client.end().catch(() => undefined);
    throw error;
  }
  await client.end();
  return result;
};
