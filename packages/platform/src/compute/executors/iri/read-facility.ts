/** The public part of a facility: what it is and what it offers. No token goes with these calls. */
import { GenesisError, resourceStatusSchema, resourceTypes } from '@genesis/contracts';
import { z } from 'zod';
import type { RemoteFacility } from '../../inventory/sync-facility.ts';
import { CallFailed } from './bounded-fetch.ts';
import { asFailure, createFacilityHttp, type FacilityHttp } from './facility-http.ts';
import { standardTempo } from './tempo.ts';

const text = z.string().max(10_000);
/** Shown to people: nothing that a terminal would interpret. */
const words = (longest: number) =>
  text.transform((value) =>
    value
      .replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ')
      .trim()
      .slice(0, longest),
  );
const maybe = (longest: number) =>
  words(longest)
    .nullish()
    .transform((value) => value || null);

const common = { id: z.string().min(1).max(500), name: maybe(200), description: maybe(2000) };
const facilitySchema = z.object({
  ...common,
  short_name: maybe(100),
  organization_name: maybe(200),
  support_uri: z
    .url({ protocol: /^https?$/ })
    .max(1000)
    .nullish()
    .catch(null),
});
const siteSchema = z.object({ ...common, short_name: maybe(100) });
const resourceSchema = z.object({
  ...common,
  group: maybe(200),
  resource_type: text,
  current_status: resourceStatusSchema.nullish().catch('unknown'),
  site_uri: text.nullish(),
});

const page = 1_000;
const mostPages = 20;

/** v1 has short words, v2 URNs; one that nobody knows is `unknown`. */
const typeOf = (said: string): RemoteFacility['resources'][number]['type'] => {
  const word = said.replace(/^urn:doe-iri:resource:/, '');
  return (
    resourceTypes.find((type) => type === word) ??
    resourceTypes.find((type) => type === word.split(':')[0]) ??
    'unknown'
  );
};

async function readAll<T>(http: FacilityHttp, path: string, item: z.ZodType<T>): Promise<T[]> {
  const all: T[] = [];
  for (let n = 0; n < mostPages; n += 1) {
    const query = { offset: String(n * page), limit: String(page) };
    const answer = z.array(item).max(page);
    const call = { method: 'GET', path, query, repeatable: true, anonymous: true, answer };
    // some answer an empty list with "not found"
    const found = await http.call(call).catch((error: unknown) => {
      if (error instanceof CallFailed && error.status === 404) return [];
      throw error;
    });
    all.push(...found);
    if (found.length < page) break;
  }
  return all;
}

/** Reads a facility by v2, else by v1. Throws `unavailable` or `unsupported`, with what the facility said. */
export async function readFacility(url: string, warn: (message: string) => void): Promise<RemoteFacility> {
  const refuse = (): never => {
    throw new Error('no token goes with public calls');
  };
  const http = createFacilityHttp({
    ...{ url, tempo: { ...standardTempo, callTimeoutMs: 20_000 }, warn },
    tokens: { current: refuse, instead: refuse },
    signal: AbortSignal.timeout(120_000),
  });
  for (const version of ['v2', 'v1']) {
    try {
      const call = { method: 'GET', path: `/api/${version}/facility`, repeatable: true, anonymous: true };
      const facility = await http.call({ ...call, answer: facilitySchema });
      const sites = await readAll(http, `/api/${version}/facility/sites`, siteSchema);
      const resources = await readAll(http, `/api/${version}/status/resources`, resourceSchema);
      return asPlain(http.name, facility, sites, resources);
    } catch (error) {
      if (error instanceof CallFailed && error.status === 404 && version === 'v2') continue;
      throw asFailure(error, 'The facility cannot be read');
    }
  }
  throw new GenesisError({ code: 'unsupported', message: `${http.name} offers no IRI Facility API.` });
}

function asPlain(
  host: string,
  facility: z.infer<typeof facilitySchema>,
  sites: readonly z.infer<typeof siteSchema>[],
  resources: readonly z.infer<typeof resourceSchema>[],
): RemoteFacility {
  return {
    ...{ id: facility.id, name: facility.short_name ?? facility.name ?? host, longName: facility.name },
    ...{ description: facility.description ?? '', organizationName: facility.organization_name },
    supportUri: facility.support_uri ?? null,
    sites: sites.map((one) => ({
      ...{ id: one.id, name: one.short_name ?? one.name ?? one.id, longName: one.name },
      description: one.description ?? '',
    })),
    resources: resources.map((one) => ({
      ...{ id: one.id, name: one.name ?? one.id, description: one.description ?? '', group: one.group },
      ...{ type: typeOf(one.resource_type), status: one.current_status ?? 'unknown' },
      site: one.site_uri?.split('/').at(-1) ?? null,
    })),
  };
}
