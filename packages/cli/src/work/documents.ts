import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { GenesisClient } from '@genesis/client';
import type { Label } from '@genesis/contracts';

/** Writes what the server answers to a file, as it comes; a failure leaves no half of a file behind. */
export async function saveAnswer(response: Response, path: string, mode = 0o666): Promise<void> {
  const temporary = `${path}.part`;
  try {
    const body = response.body === null ? Readable.from([]) : Readable.fromWeb(response.body as never);
    await pipeline(body, createWriteStream(temporary, { mode, flush: true }));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Who the crate is for: what its label does not cover stays out, as commitments. */
export type CrateOptions = { destination: Label; includeSealedRows: boolean };

/** Exports a campaign as an evidence crate into a file. */
export async function saveCrate(
  client: GenesisClient,
  campaign: string,
  path: string,
  options: CrateOptions,
  signal: AbortSignal,
): Promise<void> {
  const url = `/v1/campaigns/${encodeURIComponent(campaign)}/crate`;
  const body = JSON.stringify(options);
  await saveAnswer(await client.send('POST', url, { body, contentType: 'application/json', signal }), path);
}

/** Writes the report of a campaign, one HTML page, into a file. */
export async function saveReport(client: GenesisClient, campaign: string, path: string, signal: AbortSignal) {
  const url = `/v1/campaigns/${encodeURIComponent(campaign)}/report`;
  await saveAnswer(await client.send('GET', url, { accept: 'text/html', signal }), path);
}
