import { GenesisError } from '@genesis/contracts';
import { errors as jose } from 'jose';
import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client';

const refused = (message: string): GenesisError => new GenesisError({ code: 'unauthenticated', message });
const unavailable = (message: string): GenesisError =>
  new GenesisError({ code: 'unavailable', message, retryAfterSeconds: 5 });

/** An error code of OAuth is shown as far as it looks like one. */
const plainCode = (code: unknown): string =>
  typeof code === 'string' && /^[A-Za-z_]{1,60}$/.test(code) ? code : 'unknown';

/** Codes of answers that are not understood at all, as opposed to those that were checked and found wrong. */
const notUnderstood = new Set([
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_PARSE_ERROR',
  'OAUTH_INVALID_SERVER_METADATA',
  'OAUTH_MISSING_SERVER_METADATA',
  'OAUTH_KEY_SELECTION_FAILED',
  'OAUTH_WWW_AUTHENTICATE_CHALLENGE',
]);

/**
 * What went wrong with a provider, in words for a person. Bodies, tokens and codes that the provider sent are not in
 * it, and there is no cause: what is logged of it holds no secret.
 */
export function providerFailure(title: string, error: unknown): GenesisError {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    if (at instanceof GenesisError) {
      const { failure } = at;
      return failure.code === 'unavailable'
        ? unavailable(`The sign-in provider "${title}" does not work just now. ${failure.message}`)
        : at;
    }
  }
  if (error instanceof AuthorizationResponseError)
    return refused(`"${title}" did not sign you in (${plainCode(error.error)}). Begin again.`);
  if (error instanceof ResponseBodyError) {
    const code = plainCode(error.error);
    if (error.status >= 500 || code === 'invalid_client' || code === 'unauthorized_client')
      return unavailable(
        `The sign-in provider "${title}" refused this platform (${code}). Tell your operator.`,
      );
    return refused(`"${title}" did not accept this sign-in (${code}). Begin again.`);
  }
  if (error instanceof jose.JOSEError)
    return refused(`An answer of "${title}" failed its check (${error.code}).`);
  if (error instanceof ClientError) {
    const code = plainCode(error.code);
    return notUnderstood.has(code)
      ? unavailable(`The sign-in provider "${title}" gave an answer that is not understood (${code}).`)
      : refused(`An answer of "${title}" failed its check (${code}). Begin again.`);
  }
  return unavailable(`The sign-in provider "${title}" gave an answer that is not understood.`);
}
