/** A page that a browser came to. */
export type Visit = { url: string; status: number; text: string; headers: Headers };

const secretNames: ReadonlySet<string> = new Set(['code', 'state', 'nonce', 'code_challenge']);

/**
 * As much of a browser as sign-in needs: follows redirects one by one, and keeps the cookies of each host and port
 * apart, as paths and host names would be.
 */
export function createBrowser() {
  const secrets = new Set<string>();
  const jars = new Map<string, Map<string, string>>();
  const jarOf = (url: string): Map<string, string> => {
    const { host } = new URL(url);
    const jar = jars.get(host) ?? new Map<string, string>();
    jars.set(host, jar);
    return jar;
  };

  /** One request, no redirect followed. */
  async function step(url: string, init: RequestInit = {}): Promise<Response> {
    for (const [name, value] of new URL(url).searchParams) if (secretNames.has(name)) secrets.add(value);
    const jar = jarOf(url);
    const headers = new Headers(init.headers);
    if (jar.size > 0) headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = '', ...flags] = cookie.split('; ');
      const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
      const expires = flags.find((flag) => /^expires=/i.test(flag))?.slice(8);
      const over =
        flags.some((flag) => /^max-age=0$/i.test(flag)) ||
        (expires !== undefined && Date.parse(expires) < Date.now());
      if (value !== '') secrets.add(value);
      if (over) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  }

  /** Goes on until a page comes that redirects no further, or until an address that `stopAt` says. */
  async function visit(
    url: string,
    init: RequestInit = {},
    stopAt?: (url: string) => boolean,
  ): Promise<Visit> {
    let at = url;
    let next = init;
    for (let steps = 0; steps < 20; steps++) {
      const response = await step(at, next);
      const location = response.headers.get('location');
      if (response.status < 300 || response.status >= 400 || location === null) {
        return { url: at, status: response.status, text: await response.text(), headers: response.headers };
      }
      at = new URL(location, at).href;
      next = {};
      if (stopAt?.(at) === true) return { url: at, status: 0, text: '', headers: response.headers };
    }
    throw new Error(`too many redirects, at ${at}`);
  }

  /** Sends the first form of a page, with its hidden fields and what is filled in. */
  async function submit(
    page: Visit,
    filled: Record<string, string> = {},
    stopAt?: (url: string) => boolean,
  ): Promise<Visit> {
    const action = /<form[^>]*action="([^"]+)"/.exec(page.text)?.[1];
    if (action === undefined) throw new Error(`no form on ${page.url}: ${page.text.slice(0, 500)}`);
    const fields = new URLSearchParams();
    for (const [input] of page.text.matchAll(/<input[^>]*>/g)) {
      const [name, value] = [/name="([^"]*)"/.exec(input)?.[1], /value="([^"]*)"/.exec(input)?.[1]];
      if (name !== undefined && value !== undefined) fields.set(name, value);
    }
    for (const [name, value] of Object.entries(filled)) fields.set(name, value);
    return await visit(new URL(action, page.url).href, { method: 'POST', body: fields }, stopAt);
  }

  return {
    step,
    visit,
    submit,
    jarOf,
    /** Values of cookies and of parameters that nobody else may learn. */ secrets,
  };
}
export type Browser = ReturnType<typeof createBrowser>;
