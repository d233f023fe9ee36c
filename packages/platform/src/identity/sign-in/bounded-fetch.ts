import { GenesisError } from '@genesis/contracts';
import { isSafeUrl } from './settings.ts';

/** Limits of what is taken from a provider: bytes of an answer, and milliseconds until it is whole. */
export type FetchLimits = { bytes: number; milliseconds: number };
export const usualLimits: FetchLimits = { bytes: 256 * 1024, milliseconds: 5_000 };

const unavailable = (message: string): GenesisError =>
  new GenesisError({ code: 'unavailable', message, retryAfterSeconds: 5 });

async function readBounded(response: Response, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > bytes) throw unavailable(`Its answer is larger than ${bytes} bytes.`);
    chunks.push(chunk);
  }
  return Uint8Array.from(Buffer.concat(chunks));
}

/**
 * A fetch for what a provider answers: over TLS or within this machine only, without following redirects, and never
 * more bytes or a longer time than the limits. Resolves when the answer is whole.
 *
 * @throws GenesisError `unavailable`, in words that hold nothing of the request
 */
export const createBoundedFetch =
  ({ bytes, milliseconds }: FetchLimits = usualLimits) =>
  async (url: string, options: RequestInit = {}): Promise<Response> => {
    if (!isSafeUrl(new URL(url)))
      throw unavailable('It names an address without TLS, to which nothing is sent.');
    const time = AbortSignal.timeout(milliseconds);
    const signal = options.signal ? AbortSignal.any([options.signal, time]) : time;
    try {
      const response = await fetch(url, { ...options, redirect: 'manual', signal });
      const body = await readBounded(response, bytes);
      const { status, statusText, headers } = response;
      const init = { status, statusText, headers: new Headers(headers) };
      return new Response([204, 205, 304].includes(status) ? null : body, init);
    } catch (error) {
      if (error instanceof GenesisError) throw error;
      // What fetch says may hold addresses and headers, so only the kind of failure goes on.
      throw unavailable(
        signal.aborted ? `It did not answer within ${milliseconds / 1000} s.` : 'It cannot be reached.',
      );
    }
  };
