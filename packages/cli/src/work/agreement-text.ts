import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Body, GenesisClient } from '@genesis/client';
import { InvalidArgumentError } from 'commander';
import { readJson } from './json-input.ts';

export type Draft = Body<'/v1/agreements', 'post'>;

/** `--fill name=value`, given as often as there are blanks. */
export function addFill(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('expected NAME=TEXT');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

type Given = { text?: string; template?: string; fill?: Record<string, string> };

/** What the parties are to sign: the terms from a JSON file, and the text from a file or a template. */
export async function readDraft(
  terms: string,
  { text, template, fill }: Given,
  input: AsyncIterable<Uint8Array>,
): Promise<Pick<Draft, 'terms' | 'text' | 'template' | 'fill'>> {
  const given = /^[@-]/.test(terms) ? terms : `@${terms}`;
  return {
    terms: (await readJson(given, 'The terms', input)) as Draft['terms'],
    ...(text === undefined ? {} : { text: await readFile(text, 'utf8') }),
    ...(template === undefined ? {} : { template }),
    ...(fill === undefined ? {} : { fill }),
  };
}

/** The exact text of a version, with its SHA-256. */
export async function fetchText(
  client: GenesisClient,
  id: string,
  version: number | undefined,
  signal: AbortSignal,
): Promise<{ text: string; sha256: string }> {
  const query = version === undefined ? '' : `?version=${version}`;
  const answer = await client.send('GET', `/v1/agreements/${id}/text${query}`, {
    ...{ accept: 'text/markdown', signal },
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  return { text: bytes.toString('utf8'), sha256: createHash('sha256').update(bytes).digest('hex') };
}

export const sha256Of = async (file: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex');

/** Terms to begin from. */
export const exampleTerms = {
  parties: [
    { organisation: 'org_...', representative: 'prn_...', everybody: false },
    { organisation: 'org_...', representative: 'prn_...', everybody: true },
  ],
  people: ['prn_...'],
  datasets: ['dst_...'],
  purposes: ['explore', 'train'],
  derived: { owner: 'org_...', mayPublish: ['org_...'] },
  intellectualProperty: 'Each party keeps what was its own before.',
  inventions: { disclosure: true, withinDays: 60, owner: null },
  secondParty: false,
  startsAt: '2027-01-01T00:00:00Z',
  endsAt: '2029-01-01T00:00:00Z',
};
