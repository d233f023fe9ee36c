import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { invalidField, labelSchema, roleSchema } from '@genesis/contracts';
import { z } from 'zod';
import { errorCode } from '../../kernel/index.ts';

/** Whether a URL is safe to send secrets to: TLS, or this very machine. */
export const isSafeUrl = (url: URL): boolean =>
  url.protocol === 'https:' ||
  (url.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname));

const urlSchema = z
  .string()
  .max(500)
  .refine((text) => {
    const url = URL.parse(text);
    return url !== null && isSafeUrl(url) && !url.search && !url.hash && !url.username && !url.password;
  }, 'expected an https address without query and user name (http only on this machine, for example http://127.0.0.1:8080)');

/** What somebody gets. Roles hold in the organisation; those on the platform itself are named apart, on purpose. */
const giftShape = {
  roles: z.array(roleSchema).default([]),
  platformRoles: z.array(roleSchema).default([]),
  clearance: labelSchema.optional(),
};
const organisationSchema = z.string().trim().min(1).max(100);

const ruleSchema = z.strictObject({
  /** Claims and the value that each must have or contain; or everybody whom the provider signs in. */
  when: z.union([
    z.literal('everyone'),
    z
      .record(z.string().min(1).max(200), z.union([z.string().max(500), z.number(), z.boolean()]))
      .refine((claims) => Object.keys(claims).length > 0, 'name a claim, or write "everyone"'),
  ]),
  /** Id or name. */
  organisation: organisationSchema.optional(),
  ...giftShape,
});

const serviceSchema = z.strictObject({
  clientId: z.string().min(1).max(200),
  /** The `sub` of its tokens, where that is not the client id. */
  subject: z.string().min(1).max(255).optional(),
  name: z.string().trim().min(1).max(80),
  organisation: organisationSchema,
  ...giftShape,
});

const providerSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'expected lower-case letters, digits and hyphens'),
    title: z.string().trim().min(1).max(100),
    issuer: urlSchema,
    clientId: z.string().min(1).max(200),
    /** Without one the client is public. */
    clientSecretFile: z.string().min(1).optional(),
    scopes: z
      .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/))
      .default(['openid', 'profile', 'email']),
    nameClaim: z.string().min(1).max(200).default('name'),
    /** Days for which roles and clearance count without another sign-in. */
    trustDays: z.int().min(1).max(366).default(30),
    mapping: z.array(ruleSchema).max(1000).default([]),
    services: z
      .strictObject({
        audience: z.string().min(1).max(500),
        tokenType: z.enum(['at+jwt', 'JWT']).default('at+jwt'),
        clients: z.array(serviceSchema).min(1).max(1000),
      })
      .optional(),
  })
  .refine(({ scopes }) => scopes.includes('openid'), { path: ['scopes'], message: 'must include "openid"' })
  .refine(({ services, clientId }) => services?.audience !== clientId, {
    path: ['services', 'audience'],
    message: 'must not be the clientId: ID tokens of people have that one',
  });

const settingsSchema = z
  .strictObject({
    publicUrl: urlSchema
      .refine((text) => new URL(text).pathname === '/', 'expected an address without a path')
      .transform((text) => new URL(text).origin)
      .optional(),
    sessions: z
      .strictObject({
        idleMinutes: z.int().min(1).max(10_080).default(60),
        absoluteHours: z.int().min(1).max(720).default(12),
      })
      .prefault({}),
    providers: z.array(providerSchema).min(1).max(100),
  })
  .refine(({ providers }) => new Set(providers.map(({ name }) => name)).size === providers.length, {
    path: ['providers'],
    message: 'each needs a name of its own',
  })
  .refine(({ providers }) => new Set(providers.map(({ issuer }) => issuer)).size === providers.length, {
    path: ['providers'],
    message: 'each needs an issuer of its own: accounts are known by issuer and subject',
  });

type ProviderSettings = z.infer<typeof providerSchema> & { clientSecret: string | undefined };
export type MappingRule = z.infer<typeof ruleSchema>;
export type ServiceClient = z.infer<typeof serviceSchema>;
export type { ProviderSettings };
export type SignInSettings = {
  publicUrl: string | undefined;
  sessions: { idleMinutes: number; absoluteHours: number };
  providers: ProviderSettings[];
};

/** Without a file: no provider, and the usual limits. */
export const noProviders: SignInSettings = {
  publicUrl: undefined,
  sessions: { idleMinutes: 60, absoluteHours: 12 },
  providers: [],
};

async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw invalidField('signInFile', `${what} ${path} cannot be read (${errorCode(error)})`, {
      cause: error,
    });
  }
}

async function readSecret(path: string): Promise<string> {
  const text = (await readText(path, 'the client secret file')).trim();
  if (((await stat(path)).mode & 0o077) !== 0)
    throw invalidField('signInFile', `others can read the client secret file ${path}: chmod 600 it`);
  if (text === '') throw invalidField('signInFile', `the client secret file ${path} is empty`);
  return text;
}

/**
 * Reads the sign-in file and the secrets that it names, relative to its folder. Every wrong field is reported at once.
 *
 * @throws GenesisError `invalid-input`; no secret is in it
 */
export async function readSignInSettings(path: string): Promise<SignInSettings> {
  const text = await readText(path, 'the file');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalidField('signInFile', `the file ${path} is not JSON`);
  }
  const parsed = settingsSchema.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join('.') || 'file'}: ${issue.message}`,
    );
    throw invalidField('signInFile', `${path}: ${problems.join('; ')}`);
  }
  const { publicUrl, sessions, providers } = parsed.data;
  const read = providers.map(async (provider) => {
    const file = provider.clientSecretFile;
    const clientSecret = file === undefined ? undefined : await readSecret(resolve(dirname(path), file));
    return { ...provider, clientSecret };
  });
  return { publicUrl, sessions, providers: await Promise.all(read) };
}
