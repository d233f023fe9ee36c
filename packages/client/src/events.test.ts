import { expect, test } from 'vitest';
import { readEvents } from './events.ts';

const text =
  ': hello\n\nid: 1\nevent: progress\ndata: {"a":1}\n\n: still here\n\ndata: one\r\ndata: two\r\n\r\nevent: empty\n\ndata: täil\n\n';
const expected = [
  { id: '1', event: 'progress', data: '{"a":1}' },
  { id: '1', event: 'message', data: 'one\ntwo' },
  { id: '1', event: 'message', data: 'täil' },
];

async function* inPieces(size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

test.each([1, 2, 3, 7, 1000])('events are the same however the stream is cut (%i bytes)', async (size) => {
  const events: unknown[] = [];
  for await (const event of readEvents(inPieces(size))) events.push(event);
  expect(events).toEqual(expected);
});
