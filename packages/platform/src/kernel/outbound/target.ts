import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { isPublicAddress } from './addresses.ts';
import { OutboundError } from './outbound-error.ts';

/** Where a request goes: an address that was checked, and that the connection is made to without asking again. */
export type Target = { url: URL; address: string; family: 4 | 6 };

/** All addresses of a name. */
export type Resolve = (host: string) => Promise<readonly { address: string; family: number }[]>;

const resolveByDns: Resolve = (host) => lookup(host, { all: true, verbatim: true });

const longestUrl = 4000;

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '').toLowerCase();

/** A number in place of an address, or an address in another spelling, becomes dotted by parsing: it is not what was written. */
const unusual = (text: string, host: string): boolean => {
  const written = /^[a-z]+:[/\\]*(?:[^/\\?#]*@)?(\[[^\]]*\]|[^/\\?#:]*)/i.exec(text.trim())?.[1] ?? '';
  return isIP(host) !== 0 && written.replace(/^\[|\]$/g, '').toLowerCase() !== host;
};

/**
 * Checks an address before it is asked. What is not on the public internet is refused, unless the operator named the host.
 *
 * @param allowed hosts (`data.lab.example` or `data.lab.example:8443`) that the operator trusts, wherever they are
 * @throws OutboundError that says nothing of what the name resolves to
 */
export async function targetOf(
  text: string,
  allowed: readonly string[],
  resolve: Resolve = resolveByDns,
): Promise<Target> {
  const url = text.length <= longestUrl && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw new OutboundError('this is no address of at most 4000 characters');
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new OutboundError('only http: and https: are asked');
  if (url.username !== '' || url.password !== '')
    throw new OutboundError('an address with a user or a password is not asked');
  const host = hostOf(url);
  const named = allowed.includes(host) || allowed.includes(url.host.toLowerCase());
  const refuse = (): OutboundError =>
    new OutboundError(
      `${url.host} is not on the public internet. An operator may name it in harvestHosts if it is to be asked`,
    );
  if (unusual(text, host) && !named) throw refuse();
  const literal = isIP(host);
  if (literal !== 0) {
    if (!named && !isPublicAddress(host)) throw refuse();
    return { url, address: host, family: literal as 4 | 6 };
  }
  const found = await resolve(host).catch((cause: unknown) => {
    throw new OutboundError(`the name ${host} is not known`, { transient: true, cause });
  });
  // One bad address among good ones would be the one that a second look-up gives.
  if (!named && !found.every(({ address }) => isPublicAddress(address))) throw refuse();
  const [first] = found;
  if (first === undefined) throw new OutboundError(`the name ${host} has no address`, { transient: true });
  return { url, address: first.address, family: first.family === 6 ? 6 : 4 };
}
