import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * Cookies are HttpOnly and SameSite=Lax, for the whole platform and for no other host. Where it is reached over TLS
 * they are Secure, and their names say so, which keeps other hosts of the domain and plain HTTP from setting them.
 */
export function createCookies(base: () => string) {
  const secure = (): boolean => base().startsWith('https:');
  const fullName = (name: string): string => `${secure() ? '__Host-' : ''}genesis-${name}`;
  const set = (reply: FastifyReply, name: string, value: string, seconds: number): void => {
    const flags = `Path=/; HttpOnly; SameSite=Lax${secure() ? '; Secure' : ''}`;
    reply.header('set-cookie', `${fullName(name)}=${value}; Max-Age=${seconds}; ${flags}`);
  };
  return {
    read(request: FastifyRequest, name: string): string | undefined {
      const start = `${fullName(name)}=`;
      const found = (request.headers.cookie ?? '').split('; ').filter((part) => part.startsWith(start));
      // Two cookies of one name were set by two hosts or paths: neither can be trusted.
      return found.length === 1 ? found[0]?.slice(start.length) : undefined;
    },
    set,
    clear: (reply: FastifyReply, name: string): void => set(reply, name, '', 0),
  };
}
export type Cookies = ReturnType<typeof createCookies>;
