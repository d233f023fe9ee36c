import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { isPublicAddress } from './addresses.ts';
import { createOutbound } from './outbound.ts';
import { targetOf } from './target.ts';

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0)) await step();
});

/** A server of this machine. */
async function serve(answer: RequestListener) {
  const server = createServer(answer);
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  cleanUp.push(
    () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  );
  return { port: (server.address() as AddressInfo).port };
}
const limits = { timeoutMs: 2000, mostBytes: 1000, accept: '*/*' };

test.each([
  '127.0.0.1',
  '127.8.8.8',
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '192.0.2.1',
  '198.18.0.1',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '::7f00:1',
  'fe80::1',
  'fc00::1',
  'fd12:3456::1',
  'ff02::1',
  '64:ff9b::7f00:1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::',
  '100::1',
  '3fff::1',
  'x',
])('%s is not on the public internet', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '193.0.0.1', '2606:4700::1111', '2a00:1450::1'])(
  '%s is on the public internet',
  (address) => {
    expect(isPublicAddress(address)).toBe(true);
  },
);

test.each([
  'file:///etc/passwd',
  'ftp://example.org/',
  'gopher://example.org',
  'data:text/plain,x',
  'javascript:1',
  'nothing',
  'http://',
  'http://127.0.0.1/',
  'http://127.1/',
  'http://2130706433/',
  'http://0x7f000001/',
  'http://0177.0.0.1/',
  'http://0x7f.0.0.1/',
  'http://127.0.0.1.:80/',
  'http://[::1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:7f00:1]/',
  'http://[fd00::1]/',
  'http://169.254.169.254/latest/meta-data/',
  'http://user:secret@example.org/',
  'http://134744072/',
  'http://0x8.8.8.8/',
  `http://example.org/${'a'.repeat(5000)}`,
])('%s is not asked', async (url) => {
  await expect(targetOf(url, [], async () => [{ address: '127.0.0.1', family: 4 }])).rejects.toMatchObject({
    name: 'OutboundError',
    transient: false,
  });
});

test('a name is asked only where all of its addresses are public, and at the one that was checked', async () => {
  const good = { address: '8.8.8.8', family: 4 };
  const target = await targetOf('https://data.example/x', [], async () => [good]);
  expect(target).toMatchObject({ address: '8.8.8.8', family: 4 });
  for (const bad of ['10.0.0.1', '::1', 'fd00::1']) {
    const both = targetOf('https://data.example/x', [], async () => [good, { address: bad, family: 4 }]);
    await expect(both).rejects.toThrow('not on the public internet');
    await expect(both).rejects.not.toThrow(bad);
  }
});

test('a name is looked up once: the connection goes to the address that was checked', async () => {
  const first = await serve((_request, response) => response.end('checked'));
  let asked = 0;
  const outbound = createOutbound({
    allowedHosts: ['rebinding.example'],
    // Another address at every further look.
    resolve: async () => {
      asked += 1;
      return [{ address: `127.0.0.${asked}`, family: 4 }];
    },
  });
  const answer = await outbound.get(`http://rebinding.example:${first.port}/`, limits);
  expect(answer.toString()).toBe('checked');
  expect(asked).toBe(1);
});

test('a host that the operator names is asked, with its own name', async () => {
  const { port } = await serve((request, response) => response.end(request.headers.host));
  const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
  const outbound = createOutbound({ allowedHosts: ['inside.example'], resolve });
  expect((await outbound.get(`http://inside.example:${port}/`, limits)).toString()).toBe(
    `inside.example:${port}`,
  );
  const other = createOutbound({ allowedHosts: [`inside.example:${port + 1}`], resolve });
  await expect(other.get(`http://inside.example:${port}/`, limits)).rejects.toThrow(
    'not on the public internet',
  );
});

test('every redirect is checked anew, and their number is bounded', async () => {
  const { port } = await serve((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://x');
    const to: Record<string, string> = {
      '/inside': 'http://127.0.0.1:1/',
      '/meta': 'http://169.254.169.254/',
      '/file': 'file:///etc/passwd',
      '/round': '/round',
      '/once': '/end',
    };
    const location = to[pathname];
    if (location === undefined) response.end('end');
    else response.writeHead(302, { location }).end();
  });
  const outbound = createOutbound({
    allowedHosts: ['named.example'],
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
  });
  const get = (path: string) => outbound.get(`http://named.example:${port}${path}`, limits);
  expect((await get('/once')).toString()).toBe('end');
  await expect(get('/inside')).rejects.toThrow('not on the public internet');
  await expect(get('/meta')).rejects.toThrow('not on the public internet');
  await expect(get('/file')).rejects.toThrow('only http: and https:');
  await expect(get('/round')).rejects.toThrow('more than 5 times');
});

test('answers that are too large, too slow, packed, cut or no success are refused', async () => {
  const { port } = await serve((request, response) => {
    if (request.url === '/large') response.end('x'.repeat(1001));
    else if (request.url === '/slow') response.write('x');
    else if (request.url === '/packed') response.writeHead(200, { 'content-encoding': 'gzip' }).end('x');
    else if (request.url === '/cut') {
      response.writeHead(200, { 'content-length': '100' }).write('x');
      setTimeout(() => response.destroy(), 20);
    } else if (request.url === '/busy') response.writeHead(503).end();
    else response.writeHead(404).end();
  });
  const outbound = createOutbound({ allowedHosts: ['127.0.0.1'] });
  const get = (path: string) =>
    outbound.get(`http://127.0.0.1:${port}${path}`, { ...limits, timeoutMs: 500 });
  await expect(get('/large')).rejects.toMatchObject({ message: 'the answer is larger than 1000 bytes' });
  await expect(get('/slow')).rejects.toMatchObject({
    transient: true,
    message: expect.stringContaining('500 ms'),
  });
  await expect(get('/packed')).rejects.toMatchObject({ transient: false });
  await expect(get('/cut')).rejects.toMatchObject({ transient: true });
  await expect(get('/busy')).rejects.toMatchObject({ transient: true });
  await expect(get('/none')).rejects.toMatchObject({ transient: false });
});
