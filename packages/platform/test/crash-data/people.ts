import type { Role } from '@genesis/contracts';
import type { Ask } from '../crash/scenario.ts';
import { patiently } from './kill.ts';
import type { Place } from './place.ts';

/** Somebody whose requests wait out the kills; what they write, they write under a key. */
export type Person = {
  id: string;
  token: string;
  /** One request, whatever comes of it. */
  once: Ask;
  get<T>(path: string): Promise<T>;
  write<T>(method: 'POST' | 'PUT', path: string, body: unknown, key: string): Promise<T>;
};

type Label = { level: string; categories: readonly string[] };

/** A person, cleared by a steward of their organisation; the first steward of all, whom nobody clears, is made by the administrator. */
export async function makePerson(
  place: Place,
  name: string,
  organisation: string,
  { role, clearance, by }: { role?: Role; clearance?: Label; by?: Person },
): Promise<Person> {
  const { admin } = place;
  const { id } = await admin<{ id: string }>('POST', '/v1/principals', {
    kind: 'person',
    ...{ name, organisation },
  });
  if (role !== undefined) await admin('POST', `/v1/principals/${id}/roles`, { organisation, role });
  if (clearance !== undefined) await by?.once('PUT', `/v1/principals/${id}/clearance`, { clearance });
  const issue = by?.once ?? admin;
  const { secret } = await issue<{ secret: string }>('POST', `/v1/principals/${id}/tokens`, {
    name: 'crash test',
  });
  const once = place.asking(secret);
  return {
    ...{ id, token: secret, once },
    get: <T>(path: string) => patiently(place, () => once<T>('GET', path)),
    write: <T>(method: 'POST' | 'PUT', path: string, body: unknown, key: string) =>
      patiently(place, () => once<T>(method, path, body, key)),
  };
}

/** Imports a small table and waits for it. */
export async function importTable(
  place: Place,
  by: Person,
  request: object,
  csv: string,
): Promise<{ dataset: string; version: string; split: string | null }> {
  type Job = {
    id: string;
    state: string;
    failure: unknown;
    dataset: string;
    version: string;
    split: string | null;
  };
  const { id } = await by.once<Job>('POST', '/v1/imports', request);
  const sent = await fetch(`${place.server.url}/v1/imports/${id}/content`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${by.token}`, 'content-type': 'text/csv' },
    body: csv,
  });
  if (!sent.ok) throw new Error(`the table was not taken: ${sent.status} ${await sent.text()}`);
  for (;;) {
    const job = await by.get<Job>(`/v1/imports/${id}`);
    if (job.state === 'done') return job;
    if (job.state === 'failed') throw new Error(`the import failed: ${JSON.stringify(job.failure)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
