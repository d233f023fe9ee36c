import type { FastifyReply, FastifyRequest } from 'fastify';
import { expect, test } from 'vitest';
import { createCookies } from './cookies.ts';

const reading = (cookie: string) => ({ headers: { cookie } }) as FastifyRequest;
function written(base: string): string {
  let line = '';
  const reply = { header: (_name: string, value: string) => (line = value) } as unknown as FastifyReply;
  createCookies(() => base).set(reply, 'session', 'abc', 60);
  return line;
}

test('over TLS a cookie is Secure and bound to its host by its name', () => {
  expect(written('https://genesis.example')).toBe(
    '__Host-genesis-session=abc; Max-Age=60; Path=/; HttpOnly; SameSite=Lax; Secure',
  );
  expect(written('http://127.0.0.1:7470')).toBe(
    'genesis-session=abc; Max-Age=60; Path=/; HttpOnly; SameSite=Lax',
  );
});

test('over TLS only the bound name counts, and of two cookies of one name neither', () => {
  const cookies = createCookies(() => 'https://genesis.example');
  const read = (request: FastifyRequest, name: string) => cookies.read(request, name);
  expect(read(reading('a=b; __Host-genesis-session=abc'), 'session')).toBe('abc');
  expect(read(reading('genesis-session=abc'), 'session')).toBeUndefined();
  expect(read(reading('__Host-genesis-session=abc; __Host-genesis-session=def'), 'session')).toBeUndefined();
  expect(read({ headers: {} } as FastifyRequest, 'session')).toBeUndefined();
});
