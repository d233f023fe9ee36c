import { type Configuration, fetchUserInfo, type TokenEndpointResponse } from 'openid-client';
import type { Identity } from './accounts.ts';
import type { Claims } from './mapping.ts';
import type { Provider } from './provider.ts';

type Answer = TokenEndpointResponse & { claims(): Claims | undefined };

/**
 * The claims of a checked answer: those of the signed ID token, and beside them what the provider tells at its
 * UserInfo endpoint of the same subject.
 */
export async function claimsOf(configuration: Configuration, answer: Answer): Promise<Claims> {
  const signed = answer.claims();
  if (signed === undefined || typeof signed['sub'] !== 'string')
    throw new Error('the answer has no ID token');
  if (configuration.serverMetadata().userinfo_endpoint === undefined) return signed;
  const more = await fetchUserInfo(configuration, answer.access_token, signed['sub']);
  return { ...more, ...signed };
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' && value.length <= 320 ? value : undefined;

/** Who a person is. An e-mail counts only where `email_verified` is the value true. */
export function personOf({ settings }: Provider, claims: Claims): Identity {
  const subject = claims['sub'] as string;
  return {
    issuer: settings.issuer,
    subject,
    kind: 'person',
    name: text(claims[settings.nameClaim]) ?? text(claims['preferred_username']) ?? subject,
    verifiedEmail: claims['email_verified'] === true ? text(claims['email']) : undefined,
  };
}
