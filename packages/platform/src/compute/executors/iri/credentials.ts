/**
 * Credentials of one facility: a file of the operator, mode 0600. A fixed token is used as it is; OAuth2 credentials
 * (RFC 6749, 4.4 and 6) give access tokens that are renewed before they end. Nothing of it reaches a log or an error.
 */
import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GenesisError } from '@genesis/contracts';
import { z } from 'zod';
import { syncFolder } from '../../../kernel/index.ts';
import { boundedFetch, CallFailed } from './bounded-fetch.ts';

const secret = z
  .string()
  .min(1)
  .max(20_000)
  .regex(/^[\x21-\x7e]+$/, 'expected printable characters without spaces');
const credentialsSchema = z.union([
  z.strictObject({ token: secret }),
  z.strictObject({
    tokenUrl: z.url({ protocol: /^https?$/ }),
    clientId: z.string().min(1).max(1_000),
    clientSecret: secret.optional(),
    refreshToken: secret.optional(),
    scope: z.string().min(1).max(2_000).optional(),
  }),
]);
type Credentials = z.infer<typeof credentialsSchema>;
type OAuthCredentials = Exclude<Credentials, { token: string }>;

const grantSchema = z.object({
  access_token: secret,
  token_type: z.string().regex(/^bearer$/i, 'expected a bearer token'),
  expires_in: z.number().positive().max(1e9).optional(),
  refresh_token: secret.optional(),
});
const refusalSchema = z.object({
  error: z.string().max(100),
  error_description: z.string().max(500).optional(),
});

const mostBytes = 2 ** 18;
/** A token whose end is not told is asked for anew after this time. */
const assumedSeconds = 600;

export type TokenSource = {
  /** A token that is good for a while. */
  current(): Promise<string>;
  /** Another token than one that was refused; null where there is none to be had. */
  instead(refused: string): Promise<string | null>;
};

const misconfigured = (message: string, cause?: unknown): GenesisError =>
  new GenesisError({ code: 'unsupported', message }, { cause });

async function readCredentials(file: string): Promise<Credentials> {
  const handle = await open(file, 'r').catch((cause: unknown) => {
    throw misconfigured(`The credentials ${file} cannot be read.`, cause);
  });
  try {
    const { mode } = await handle.stat();
    if ((mode & 0o077) !== 0)
      throw misconfigured(`The credentials ${file} can be read by others: set their mode to 0600.`);
    const parsed = credentialsSchema.safeParse(parseJson(await handle.readFile('utf8')));
    // the words of the schema would repeat what was found
    if (!parsed.success)
      throw misconfigured(
        `The credentials ${file} are neither {"token"} nor {"tokenUrl", "clientId", "clientSecret"?, "refreshToken"?, "scope"?}.`,
      );
    return parsed.data;
  } finally {
    await handle.close();
  }
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // told by the caller, without the text
    return undefined;
  }
};

/** The new file is whole and on disk under its name, or the old one still is. */
async function replaceCredentials(file: string, content: Credentials): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(content, null, 2)}\n`);
    await handle.sync();
    await handle.close();
    await rename(draft, file);
    await syncFolder(dirname(file));
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function askForToken(
  credentials: OAuthCredentials,
  timeoutMs: number,
): Promise<z.infer<typeof grantSchema>> {
  const { tokenUrl, clientId, clientSecret, refreshToken, scope } = credentials;
  const url = new URL(tokenUrl);
  const body = new URLSearchParams({
    grant_type: refreshToken === undefined ? 'client_credentials' : 'refresh_token',
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    ...(scope === undefined ? {} : { scope }),
    ...(clientSecret === undefined ? { client_id: clientId } : {}),
  });
  const basic = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret ?? '')}`;
  const headers = {
    accept: 'application/json',
    ...(clientSecret === undefined
      ? {}
      : { authorization: `Basic ${Buffer.from(basic).toString('base64')}` }),
  };
  const answer = await boundedFetch({ method: 'POST', url, headers, body, timeoutMs, mostBytes });
  const json = parseJson(answer.body.toString('utf8'));
  if (answer.status === 200) {
    const grant = grantSchema.safeParse(json);
    if (grant.success) return grant.data;
    throw misconfigured(`${url.host} gave no bearer token in the form of RFC 6749.`);
  }
  if (answer.status === 429 || answer.status >= 500)
    throw new CallFailed(`${url.host} gave no token: HTTP ${answer.status}`, {
      ...{ transient: true, unclear: false, status: answer.status },
    });
  const refusal = refusalSchema.safeParse(json);
  const why = refusal.success ? refusal.data.error.replaceAll(/[^a-z0-9_]/gi, '') : `HTTP ${answer.status}`;
  throw misconfigured(`${url.host} refused the credentials (${why}). Place new ones.`);
}

export function createTokenSource(file: string, timeoutMs = 30_000): TokenSource {
  let known: { token: string; goodUntil: number } | null = null;
  let renewing: Promise<string> | null = null;

  const renew = async (): Promise<string> => {
    const credentials = await readCredentials(file);
    if ('token' in credentials) {
      known = { token: credentials.token, goodUntil: Number.POSITIVE_INFINITY };
      return credentials.token;
    }
    const asked = performance.now();
    const grant = await askForToken(credentials, timeoutMs);
    // a refresh token that was used up must not be the only one that is known after a crash
    if (grant.refresh_token !== undefined && grant.refresh_token !== credentials.refreshToken)
      await replaceCredentials(file, { ...credentials, refreshToken: grant.refresh_token });
    const seconds = grant.expires_in ?? assumedSeconds;
    known = {
      token: grant.access_token,
      goodUntil: asked + 1_000 * (seconds - Math.min(60, seconds / 10)),
    };
    return grant.access_token;
  };
  /** One renewal for all that wait for it. */
  const renewOnce = (): Promise<string> => {
    renewing ??= renew().finally(() => {
      renewing = null;
    });
    return renewing;
  };
  return {
    current: async () =>
      known !== null && performance.now() < known.goodUntil ? known.token : await renewOnce(),
    instead: async (refused) => {
      if (known !== null && known.token !== refused) return known.token;
      const token = await renewOnce();
      return token === refused ? null : token;
    },
  };
}
