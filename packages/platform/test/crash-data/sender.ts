import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Lost } from '../crash/scenario.ts';

const pieceBytes = 3 * 1024 * 1024;
const patienceMs = 300_000;

/** Sends content by the tus protocol, however often the server goes away, and holds it to every offset that it acknowledged. */
export async function sendAll(
  url: () => string,
  token: string,
  id: string,
  content: Buffer,
  /** Told of every acknowledged offset. */
  acknowledge: (offset: number) => void,
): Promise<{ resumed: number }> {
  const headers = { authorization: `Bearer ${token}`, 'tus-resumable': '1.0.0' };
  const begun = Date.now();
  let acknowledged: number | undefined;
  let resumed = 0;

  const speak = (method: string, more: Record<string, string>, body?: Buffer): Promise<Response> =>
    fetch(`${url()}/v1/imports/${id}/upload`, {
      method,
      headers: { ...headers, ...more },
      ...(body === undefined ? {} : { body: new Uint8Array(body) }),
      signal: AbortSignal.timeout(90_000),
    });
  const told = (answer: Response): number => {
    acknowledged = Number(answer.headers.get('upload-offset'));
    acknowledge(acknowledged);
    return acknowledged;
  };
  const look = async (): Promise<number> => {
    const answer = await speak('HEAD', {});
    if (answer.status === 404 && acknowledged === undefined) {
      const length = String(content.length);
      const made = await speak('POST', { 'upload-length': length });
      if (made.status !== 201) throw new Error(`the upload was not begun: ${made.status}`);
      return 0;
    }
    if (answer.status >= 500) throw new Error(`${answer.status}`);
    if (answer.status !== 200) throw new Lost(`an upload that was acknowledged answers ${answer.status}`);
    const offset = Number(answer.headers.get('upload-offset'));
    if (offset < (acknowledged ?? 0))
      throw new Lost(`${acknowledged} bytes were acknowledged, and ${offset} are there`);
    return told(answer);
  };

  for (;;) {
    try {
      let offset = await look();
      while (offset < content.length) {
        const piece = content.subarray(offset, offset + pieceBytes);
        const checksum = createHash('sha256').update(piece).digest('base64');
        // every second piece without a checksum: then a part of it counts too
        const more: Record<string, string> =
          offset % 2 === 0 ? { 'upload-checksum': `sha256 ${checksum}` } : {};
        const type = { 'content-type': 'application/offset+octet-stream' };
        const answer = await speak('PATCH', { ...type, ...more, 'upload-offset': String(offset) }, piece);
        if (answer.status !== 204) throw new Error(`PATCH: ${answer.status} ${await answer.text()}`);
        offset = told(answer);
      }
      return { resumed };
    } catch (error) {
      if (error instanceof Lost || Date.now() - begun > patienceMs) throw error;
      resumed += 1;
      await pause(200);
    }
  }
}
