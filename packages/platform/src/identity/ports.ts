import type { PrincipalFacts } from '../policy/index.ts';

/** Turns what a request presents into a principal. Local tokens, sessions and the access tokens of services are ways. */
export interface Authenticator {
  /** The principal, or undefined where this authenticator does not recognise the credential or it is no longer valid. */
  authenticate(bearer: string): Promise<PrincipalFacts | undefined>;
}
