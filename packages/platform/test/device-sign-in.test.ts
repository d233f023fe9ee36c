import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBrowser } from './cookie-jar.ts';
import { type SignInWorld, signInWorld } from './sign-in-world.ts';
import { temporaryFolder } from './temporary-folder.ts';

let world: SignInWorld;
let folder = '';
beforeAll(async () => {
  world = await signInWorld();
  folder = await temporaryFolder();
});
afterAll(() => world.close());

const bin = fileURLToPath(new URL('../../cli/src/bin.ts', import.meta.url));

/** The real command line as a process, with a home folder of its own. */
function genesis(...words: string[]) {
  const child = spawn(process.execPath, [bin, ...words, '--url', world.url], {
    env: { PATH: process.env['PATH'], HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, errors] = ['', ''];
  const lines: string[] = [];
  const reader = createInterface(child.stdout);
  reader.on('line', (line) => {
    lines.push(line);
    out += `${line}\n`;
  });
  child.stderr.on('data', (part: Buffer) => (errors += part.toString('utf8')));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, out, errors }));
  return { child, lines, reader, ended };
}

/** Opens the page that the command names, enters nothing but the login, and agrees. */
async function agree(address: string, login: string): Promise<string> {
  const browser = createBrowser();
  let page = await browser.visit(address);
  for (let forms = 0; page.text.includes('<form') && forms < 6; forms++) {
    page = await browser.submit(page, page.text.includes('name="login"') ? { login } : {});
  }
  return page.text;
}

async function addressIn(command: ReturnType<typeof genesis>): Promise<string> {
  for (;;) {
    const found = command.lines.flatMap((line) => /or open (\S+)/.exec(line)?.[1] ?? [])[0];
    if (found !== undefined) return found;
    await Promise.race([once(command.reader, 'line'), command.ended]);
    if (command.child.exitCode !== null) throw new Error((await command.ended).errors);
  }
}

test('login shows a code, waits for the browser, and keeps the session where only its owner reads it', async () => {
  const several = await genesis('login').ended;
  expect(several.code).toBe(2);
  expect(several.errors).toContain('--provider lab, other');
  const login = genesis('login', '--provider', 'lab');
  const address = await addressIn(login);
  expect(address.startsWith(`${world.lab.issuer}/device?user_code=`)).toBe(true);
  expect(await agree(address, 'ada')).toMatch(/sign-in success/i);
  const done = await login.ended;
  expect(done.code, done.errors).toBe(0);
  expect(done.out).toContain('You are signed in as Ada L.');
  const file = join(folder, '.config', 'genesis', 'credentials.json');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const { token } = JSON.parse(await readFile(file, 'utf8')) as { token: string };
  expect(token).toMatch(/^genesis_ses_/);
  expect(done.out + done.errors).not.toContain(token);

  const who = await genesis('whoami', '--json').ended;
  expect(JSON.parse(who.out)).toMatchObject({ kind: 'person', clearance: { level: 'controlled' } });
  const sessions = await genesis('session', 'list').ended;
  expect(sessions.out).toContain('command-line (this one)');

  const out = await genesis('logout').ended;
  expect(out.code, out.errors).toBe(0);
  expect(out.out).toContain('The session has ended.');
  expect(await readFile(file, 'utf8')).not.toContain(token);
  expect((await world.call('GET', '/v1/me', { token })).status).toBe(401);
  expect((await genesis('logout').ended).out).toContain('You are not signed in.');
});

test('Ctrl-C ends the waiting at once', async () => {
  const login = genesis('login', '--provider', 'lab');
  await addressIn(login);
  const began = performance.now();
  login.child.kill('SIGINT');
  expect((await login.ended).code).toBe(130);
  expect(performance.now() - began).toBeLessThan(4000);
});

type Begun = { id: string; secret: string; verificationUriComplete: string };
const begin = async (): Promise<Begun> =>
  (await world.call('POST', '/v1/sign-in/lab/device')).json as unknown as Begun;
const poll = (id: string, secret: string, provider = 'lab') =>
  world.call('POST', `/v1/sign-in/${provider}/device/${id}`, { body: { secret } });

test('only who began a device sign-in gets its session, at its provider, and once', async () => {
  const begun = await begin();
  await agree(begun.verificationUriComplete, 'bob');
  expect((await poll(begun.id, 'another secret')).status).toBe(401);
  expect((await poll(begun.id, begun.secret, 'other')).status).toBe(401);
  const asked = world.lab.asked.get('/token') ?? 0;
  const early = await Promise.all(Array.from({ length: 10 }, () => poll(begun.id, begun.secret)));
  expect(early.map(({ json }) => json['state'])).toEqual(Array(10).fill('pending'));
  expect((world.lab.asked.get('/token') ?? 0) - asked).toBe(0);
  await new Promise((resolve) => setTimeout(resolve, 5500));
  const answers = await Promise.all(Array.from({ length: 5 }, () => poll(begun.id, begun.secret)));
  expect(answers.filter(({ json }) => json['state'] === 'signed-in').length).toBe(1);
  expect((world.lab.asked.get('/token') ?? 0) - asked).toBe(1);
  expect((await poll(begun.id, begun.secret)).status).toBe(401);
});

test('who belongs to no organisation gets no session by a device either', async () => {
  const begun = await begin();
  await agree(begun.verificationUriComplete, 'nobody');
  await new Promise((resolve) => setTimeout(resolve, 5500));
  const answer = await poll(begun.id, begun.secret);
  expect(answer.status).toBe(401);
  expect(answer.text).toContain('no organisation');
  expect(world.log()).not.toContain(begun.secret);
});
