import { cardText } from '../card-for-tests.ts';
import { importTable, makePerson, type Person } from './people.ts';
import type { Place } from './place.ts';

/** A laboratory with datasets, a firm whose people ask for them, and those who decide and sign for both. */
export type GrantsWorld = {
  place: Place;
  lab: string;
  firm: string;
  stewards: readonly [Person, Person];
  labSigns: Person;
  firmSteward: Person;
  firmSigns: Person;
  guests: readonly Person[];
  datasets: readonly string[];
};

const internal = { level: 'internal', categories: [] };
const guests = 4;

export async function makeGrantsWorld(place: Place): Promise<GrantsWorld> {
  const { organisation: lab } = await place.admin<{ organisation: string }>('GET', '/v1/me');
  const { id: firm } = await place.admin<{ id: string }>('POST', '/v1/organisations', {
    ...{ name: 'Firm', kind: 'firm' },
  });
  const head = await makePerson(place, 'first steward', lab, { role: 'steward' });
  const firmHead = await makePerson(place, 'first steward of the firm', firm, { role: 'steward' });
  const ofLab = { clearance: internal, by: head };
  const ofFirm = { clearance: internal, by: firmHead };
  const steward = (name: string) => makePerson(place, name, lab, { role: 'steward', ...ofLab });
  const stewards = [await steward('one steward'), await steward('another steward')] as const;
  const world = {
    ...{ place, lab, firm, stewards },
    labSigns: await makePerson(place, 'director', lab, ofLab),
    firmSigns: await makePerson(place, 'president', firm, ofFirm),
    firmSteward: await makePerson(place, 'steward of the firm', firm, { role: 'steward', ...ofFirm }),
    guests: [] as Person[],
    datasets: [] as string[],
  };
  for (let number = 0; number < guests; number += 1) {
    world.guests.push(await makePerson(place, `guest ${number}`, firm, { role: 'researcher', ...ofFirm }));
    const name = `Alloys ${number}`;
    const card = cardText({ 'discoverability.identification.name': name });
    const request = { name, card, label: internal };
    world.datasets.push((await importTable(place, stewards[0], request, 'a,b\n1,2\n3,4\n')).dataset);
  }
  return world;
}

export const termsOf = (
  { lab, firm, labSigns, firmSigns, guests: people, datasets }: GrantsWorld,
  endsAt: number,
) => ({
  parties: [
    { organisation: lab, representative: labSigns.id },
    { organisation: firm, representative: firmSigns.id },
  ],
  ...{ people: people.map(({ id }) => id), datasets, purposes: ['explore', 'train'] },
  derived: { owner: lab, mayPublish: [lab, firm] },
  intellectualProperty: 'Each keeps its own.',
  startsAt: '2026-01-01T00:00:00Z',
  endsAt: new Date(endsAt).toISOString(),
});
